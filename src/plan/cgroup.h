/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_CGROUP_H
#define DENYBOX_PLAN_CGROUP_H

#include "plan/plan.h"

/* The words of --cgroup that are no directory. */
#define CGROUP_AUTO "auto"
#define CGROUP_OFF "off"

/* Opens the directory of --cgroup, if it names one and it is not open: a cgroup of version 2. Of
 * its file system nothing that is in the plan so far is shown to the payload. False and *e. */
bool plan_find_cgroup(struct plan *plan, struct error *e);

/* The option of something on the file system `dev` that the payload sees; NULL: there is none. */
const char *plan_shows(const struct plan *plan, dev_t dev);

#endif
