/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_OUTPUTS_H
#define DENYBOX_CMD_OUTPUTS_H

#include "evidence/outputs.h"
#include "plan/plan.h"
#include "record/result.h"

/*
 * After the last process of the sandbox is gone: looks at what was left, publishes it with
 * --out-size, and says on standard error and in a status line what is odd about it. False and *e
 * when it could not be published, and when --strict-out refuses it. *published becomes the
 * directory with the outputs, for who has something to add, or -1: the caller's. `outputs` is the
 * caller's in either case: audit_free of its audit.
 */
bool outputs_settle(const struct plan *plan, const struct launch_result *result,
                    struct outputs *outputs, int *published, struct error *e);

/* For the bundle: the digests of what is listed. */
void outputs_digest(const struct plan *plan, const struct launch_result *result,
                    struct outputs *outputs);

#endif
