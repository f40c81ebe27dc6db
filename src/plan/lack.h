/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_LACK_H
#define DENYBOX_PLAN_LACK_H

#include "plan/plan.h"

/*
 * Is there something in the plan that mostly explains why a payload failed, with the exit status
 * `number` (0: it was not started): /dev/null for a program that is known to open it, a file of the
 * working directory that was named as if the payload saw it, or a program that a shell did not
 * find? A guess, for a hint. `text` gets what to do about it. False: nothing is known.
 */
bool lack_find(const struct plan *plan, int number, char *text, size_t size);

#endif
