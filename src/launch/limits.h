/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_LIMITS_H
#define DENYBOX_LAUNCH_LIMITS_H

#include "launch/sandbox.h"

/*
 * Reads from outside which limits process `pid` has, and notes in *result each with what holds it.
 * False, with a sentence in result->reasons, when one that the plan asks for is not in force.
 */
bool limits_observe(const struct sandbox *s, pid_t pid, struct launch_result *result);

/* Notes one that something else holds. */
void limits_note(struct launch_result *result, struct limit_row row);

#endif
