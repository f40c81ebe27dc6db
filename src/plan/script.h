/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_SCRIPT_H
#define DENYBOX_PLAN_SCRIPT_H

#include "plan/plan.h"

/*
 * From a file to the program that the kernel would execute in the end, by the rules of execve(2):
 * script, interpreter, the interpreter of that. A close-on-exec descriptor of a script would be
 * gone before its interpreter reads it, so the launcher follows the chain itself, and passes to the
 * last program the words that the kernel would have passed.
 *
 * "#!/usr/bin/env NAME" is followed too, along the payload's PATH: env executes a program, which
 * nothing in the sandbox can.
 *
 * Follows `path` in the payload's world (world.h). False and *e; *c is to be freed (chain_free)
 * either way.
 */
bool chain_follow(struct chain *c, const struct plan *plan, const char *path, struct error *e);

#endif
