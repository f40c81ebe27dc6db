/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_PRESET_H
#define DENYBOX_PLAN_PRESET_H

#include "plan/plan.h"

/* What an image says of how it is to be started: defaults, where the user said nothing. */

/*
 * One NAME=VALUE. What the user has set stays; a name that --setenv would not take is left out, and
 * *left_out becomes the reason, else NULL. False and *e when out of memory.
 */
bool preset_env(struct plan *plan, const char *pair, const char **left_out, struct error *e);

/*
 * The command, by the rules of docker run: the words of the user come after the image's entrypoint,
 * in the place of its command; --entrypoint stands for both. The lists end in NULL. Does nothing
 * for attest. False and *e.
 */
bool preset_command(struct plan *plan, char *const *entrypoint, char *const *command,
                    struct error *e);

/* The working directory, unless the user named one; "" is none. False and *e when it is no absolute
 * path without ".". */
bool preset_directory(struct plan *plan, const char *directory, struct error *e);

#endif
