/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_LANDLOCK_H
#define DENYBOX_LAUNCH_LANDLOCK_H

/* The version of Landlock that a sandbox has; 0: none, where the kernel has none that is new
 * enough. -1 and errno: it does not say. */
int landlock_version(void);

#endif
