/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_CONTROL_H
#define DENYBOX_LAUNCH_CONTROL_H

#include "launch/launch.h"
#include "rules/control.h"

/*
 * Builds a sandbox without the walls of `removal`, runs the probes in it, looks at it from outside,
 * and ends it. The gate never opens. The one entrance to a weakened sandbox, for attest alone
 * (scripts/check-layers).
 *
 * Refuses a plan that has a payload, or anything of the host's in it. True: result->inside,
 * result->before and the lines of result->reasons, which are the launcher's own, are there, and
 * *noticed says whether the launcher misses a wall. False: the control could not run, and *e says
 * why. Nothing is left in either case. `result` is owned by the caller: launch_result_free.
 */
bool launch_control(const struct plan *plan, enum removal removal, const struct launch_hooks *hooks,
                    struct launch_result *result, bool *noticed, struct error *e);

#endif
