/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_CONTROLS_H
#define DENYBOX_CMD_CONTROLS_H

#include "launch/launch.h"
#include "plan/plan.h"

/*
 * Carries out every removal of the table, after the attestation of the plan itself: prints the
 * matrix, writes it into the directory `out` of the outputs (-1: there is
 * none), and fills in result->controls. Nothing of the plan but its profile and its ids is in a
 * control. False and *e: EXIT_BLOCKED with a line of
 * result->reasons for each fault, or what else kept it from its end.
 */
bool run_controls(const struct plan *plan, int out, struct launch_result *result, struct error *e);

#endif
