/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_TASK_H
#define DENYBOX_CMD_TASK_H

#include <sys/stat.h>

#include "batch/inputs.h"
#include "batch/results.h"
#include "evidence/bundle.h"
#include "plan/plan.h"

/* What a batch prepares once. Each of its tasks has a copy. */
struct groundwork {
    struct plan *plan; /* checked, but for the places of a single run */
    struct binding shared;
    struct stat payload; /* as it was when its digest was taken */
    struct results results;
    struct inputs inputs;
};

/*
 * One run of a batch, in a process of its own, whose standard descriptors and plan it changes: the
 * input of that name, its result made where unfinished ones are. Status lines go to `report`; when
 * the run could not be begun, the event `failed` among them says why. Returns the exit status.
 */
int task_run(struct groundwork *g, const char *name, int report);

#endif
