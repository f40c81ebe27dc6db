/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_OBJECT_H
#define DENYBOX_PLAN_OBJECT_H

#include "plan/plan.h"

/*
 * Finds a directory or file of the host, once. No magic links: a path such as /proc/self/fd/5
 * would name something else when init looks it up again. `path` is borrowed. False and *e, which
 * names the option.
 */
bool object_open(struct host_object *o, const char *option, const char *path, bool want_directory,
                 struct error *e);

/* May the caller do that (R_OK, W_OK, X_OK) with the directory? Better said now than found by a
 * probe. Of none it holds. False and *e. */
bool object_access(const struct host_object *o, const char *option, int mode, struct error *e);

#endif
