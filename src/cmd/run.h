/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_RUN_H
#define DENYBOX_CMD_RUN_H

#include "evidence/bundle.h"
#include "plan/plan.h"

/*
 * Scans the payload where the plan says so, carries the plan out, settles the outputs and writes
 * the evidence; what is wrong is printed. `shared` has the digests that were taken before, for many
 * runs; in a run by itself it is empty. Returns the exit status; *interrupted is whether it is that
 * of a Ctrl-C at the terminal.
 */
int run_once(const struct plan *plan, const struct binding *shared, bool *interrupted);

#endif
