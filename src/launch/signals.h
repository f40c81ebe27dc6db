/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_SIGNALS_H
#define DENYBOX_LAUNCH_SIGNALS_H

#include <stdbool.h>

struct supervisor;

/*
 * What is sent to the launcher is the payload's. What its terminal sends goes to the process group
 * that the payload leads, as it would have without denybox; before Linux 6.9 to the payload alone.
 */

/* Blocks the signals that are forwarded and opens sv->signals. */
bool signals_open(struct supervisor *sv);

/* Sees to one that has come. False and *sv->e: it ends the launcher, there being no payload yet. */
bool signals_take(struct supervisor *sv);

/* The same after the payload's end, while the rest of its output is carried. */
bool signals_take_late(struct supervisor *sv);

/* To the payload alone, or to its process group. */
void payload_signal(struct supervisor *sv, int number);
void payload_signal_group(struct supervisor *sv, int number);

/* SIGCONT to that group, except while the payload is stopped in its exec to be looked at. */
void payload_continue(struct supervisor *sv);

#endif
