/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_MOUNTS_H
#define DENYBOX_VERIFY_MOUNTS_H

#include "verify/verification.h"

/* The mounts of the plan that a bundle carries, against those that were seen. */

/* More rows than a plan can have. */
#define PLANNED_MAX 260

/* The largest page of any machine that denybox is built for. */
#define LARGEST_PAGE 65536

/* The row of the plan for a mount point in the plan's own words, or NULL. Borrowed. */
const json_t *planned_mount(const json_t *mounts, const char *at);

/* The mount point in these words. Returns `out`. */
#define MOUNT_TEXT_SIZE (4UL * 4096)
char *mount_text(char out[MOUNT_TEXT_SIZE], const char *point);

/* A part of check_agreement. */
void check_planned_mounts(struct verification *v);

#endif
