/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_RUN_H
#define DENYBOX_CMD_RUN_H

#include "cmd/inspect.h"
#include "evidence/bundle.h"
#include "plan/plan.h"
#include "record/result.h"

/* What does not depend on the input of a run. Zero-initialised it is empty. */
struct groundwork {
    struct inspection inspection;
    struct scan_record scan;
    struct binding binding; /* with the digests that are shared; none in a run by itself */
};

/* Scans the payload, where the plan says so; a gate stays shut for what is denied or was not
 * scanned. False and *e. */
bool groundwork_take(const struct plan *plan, struct groundwork *g, struct error *e);

void groundwork_free(struct groundwork *g);

/* Carries the plan out, settles the outputs and writes the evidence; what is wrong is printed.
 * Returns the exit status. */
int run_once(const struct plan *plan, const struct groundwork *g);

#endif
