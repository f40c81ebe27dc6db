/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_UNIT_H
#define DENYBOX_HOST_UNIT_H

#include <stdbool.h>

/*
 * Units of the caller's own systemd, as far as their files say whether their cgroup is delegated.
 * The manager of a user sets no mark on it (seen with version 252), that of the system does.
 */

/* Does the text of a unit's file say Delegate=, and not no? The last such line counts:
 * systemd.resource-control(5), systemd.syntax(7). */
bool unit_text_delegates(const char *text);

/*
 * Is `cgroup`, a path as in /proc/self/cgroup, that of a unit which the caller's systemd has made
 * for one run (systemd-run(1)), delegated? `runtime` is where such a manager keeps its files, as
 * /run/user; only a file of the caller's own is believed.
 */
bool unit_delegates(const char *runtime, const char *cgroup);

#endif
