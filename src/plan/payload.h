/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_PAYLOAD_H
#define DENYBOX_PLAN_PAYLOAD_H

#include <limits.h>

#include "plan/plan.h"

/*
 * Finds the command: inside the declared root when there is one (links resolve there, as they will
 * for the payload), else on the host, where only a static program can run. Opens it, follows the
 * rules of execve(2) for "#!", unless its chain was followed already, checks that the kernel can
 * start it (elf.h) and builds argv. Fills in plan->derived.payload. Errors: exit 127 not found, 126
 * there but not startable.
 */
bool payload_find(struct plan *plan, struct error *e);

/* Where the command is: an absolute path of the root, or where the plan has none, a path of the
 * host. False and *e. */
bool payload_locate(const struct plan *plan, char path[PATH_MAX], struct error *e);

#endif
