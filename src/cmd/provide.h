/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_PROVIDE_H
#define DENYBOX_CMD_PROVIDE_H

#include "plan/plan.h"
#include "root/contents.h"

/*
 * Between option_parse and plan_derive: finds or makes in the cache the root that the declared part
 * asks for without naming a directory, and fills in plan->provided. A dynamic program of the host,
 * a script, and --with are given a root of the host's files; a static program alone needs none, and
 * pays for none. COMMAND_PLAN looks at everything and makes nothing. Nothing is executed.
 * False and *e.
 */
bool provide(struct plan *plan, struct error *e);

/*
 * What that root would hold, whatever the program: also of a static one. Only the command, the
 * environment and --with of the plan count. False and *e; *c is to be freed either way.
 */
bool provide_contents(struct plan *plan, struct contents *c, struct error *e);

/* The same of --image, and what the image says of how it is to be started (plan/preset.h). */
bool provide_image(struct plan *plan, struct error *e);

#endif
