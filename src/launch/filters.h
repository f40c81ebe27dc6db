/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_FILTERS_H
#define DENYBOX_LAUNCH_FILTERS_H

#include "launch/sandbox.h"

/* Finds the profile of the plan and init's, and reads and compiles what is to be stacked. */
bool filters_prepare(struct sandbox *s, struct launch_result *result, struct error *e);

/* Releases the stacked filters. */
void filters_free(struct sandbox *s);

/* Loads init's filter into this process. */
bool filters_load_init(struct sandbox *s, struct error *e);

/* How many filters the payload gets from us: the profile, the seal, the stacked ones. */
int filters_count(const struct sandbox *s);

/* execveat of the sealed descriptor, with the token where there is a seal. Returns only on failure,
 * with errno set. */
void filters_exec(struct sandbox *s);

#endif
