/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_SIGNALS_H
#define DENYBOX_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Its name without SIG; NULL: it has none, as the real-time signals. Static storage. */
const char *signal_name(int number);

/*
 * Is it ignored? From the start it is one that the caller wants nobody to get: nohup(1), and SIGINT
 * for what a shell without job control has put into the background. Who blocks it and asks what has
 * come would take it all the same.
 */
bool signal_is_ignored(int number);

/* Ends this program by it: whoever waits for it sees the signal, and not only a number. */
void signal_end_by(int number);

/* Those by which somebody asks a program to end, and that are not ignored: SIGINT, SIGTERM, SIGHUP
 * and SIGQUIT. */
void signals_to_end(sigset_t *set);

/* While they are blocked: has one of those come? */
bool signals_pending(void);

#endif
