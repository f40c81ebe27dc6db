/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_PROVE_H
#define DENYBOX_LAUNCH_PROVE_H

#include "launch/supervise.h"

/* The way to a sandbox that has proved itself, which launches and controls have in common. There is
 * one at a time. */

/* Begins: *sv is filled in, nothing is done yet. */
void prove_begin(struct supervisor *sv, const struct plan *plan, const struct launch_hooks *hooks,
                 struct launch_result *result, struct error *e);

/* Opens what is needed on the host. False and *sv->e. */
bool prove_prepare(struct supervisor *sv);

/* Starts the sandbox and waits for what it finds in itself. False and *sv->e. */
bool prove_sandbox(struct supervisor *sv);

/* Ends and releases all of it, whatever came before. */
void prove_end(struct supervisor *sv);

#endif
