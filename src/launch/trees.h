/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_TREES_H
#define DENYBOX_LAUNCH_TREES_H

#include "launch/sandbox.h"

/*
 * For a privileged launcher, before the clone: detached copies of --in and --out in which root's
 * files belong to the sandbox's user, and what it writes belongs to root on the host. A file system
 * that cannot be mapped so is refused.
 */
bool trees_prepare(struct sandbox *s, struct error *e);

/* Sets attributes on a detached tree, with everything below it, and makes it private. */
bool tree_restrict(int tree, uint64_t attributes, struct error *e);

/* Closes what trees_prepare opened. */
void trees_close(struct sandbox *s);

#endif
