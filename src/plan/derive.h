/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_DERIVE_H
#define DENYBOX_PLAN_DERIVE_H

#include "plan/plan.h"

/* May paths be opened by openat2 here, and files by /proc? Asked before any is, so that a filter
 * around denybox, a kernel that is too old, or a missing /proc is not taken for a fault of the
 * path. False and *e (BLOCKED) if not. */
bool plan_possible(struct error *e);

/*
 * Checks the declared part against the host and fills in the derived part: opens every directory
 * and the payload as descriptors (owned by the plan), refuses what overlaps, is missing or could
 * never run. False and *e otherwise.
 */
bool plan_derive(struct plan *plan, struct error *e);

/*
 * The part of it that differs from run to run of a batch: /in, /out and the place of the evidence.
 * plan_derive does it, but for COMMAND_BATCH. False and *e.
 */
bool plan_derive_places(struct plan *plan, struct error *e);

#endif
