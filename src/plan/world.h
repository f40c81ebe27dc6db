/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_WORLD_H
#define DENYBOX_PLAN_WORLD_H

#include <limits.h>

#include "plan/plan.h"

/*
 * Files as the payload's world has them: beneath the root directory of the plan (links are followed
 * inside it, never out of it), or where there is none, the host's.
 */

/* Is there anything in it but the payload: a root directory, or one that a run would make? */
bool world_has_files(const struct plan *plan);

/* Opens an executable regular file for reading. False and *e: 127 not found, 126 there but not to
 * be executed, or in one of the sandbox's own mounts, which hide what the root has there. */
bool world_open_program(const struct plan *plan, const char *path, int *fd, struct error *e);

/* Is there a regular file that can be opened? -1 and errno. Nothing is executed from it, so it need
 * not be executable. */
int world_open(const struct plan *plan, const char *path);

/* Is the file at `path` of the host's, and not one of the root? */
bool world_is_outside(const struct plan *plan, const char *path);

/* Refuses a path in /in, /out or /tmp of the sandbox, none of which executes. False and *e, 126. */
bool world_refuse_noexec(const char *path, struct error *e);

/*
 * Finds a name without a slash along the payload's own PATH, never along the caller's. As with
 * execvp(3), a file that cannot be executed does not end the search, but is what is found when
 * nothing better comes. False and *e: 127.
 */
bool world_search(const struct plan *plan, const char *name, char path[PATH_MAX], struct error *e);

/* The place of the sandbox's own, such as /tmp, that a path lies in; NULL: in none. */
const char *world_own_place(const char *path);

#endif
