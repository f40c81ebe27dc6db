/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_MOUNTS_H
#define DENYBOX_RULES_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Holds a mountinfo against the mount table of the boundary: exactly / ro, /in ro, /out rw, /tmp
 * tmpfs noexec, each once, private, with nosuid and nodev (and noexec, but for the root).
 *
 * `declared` is a NULL-terminated list of further mount points that the user named, or NULL for the
 * strict table; a declared mount must be read-only unless it is /proc or beneath /dev. Returns
 * whether it holds; `actual` gets the table found, or the first row that is wrong.
 */
bool mounts_hold(const char *mountinfo, const char *const *declared, char *actual, size_t size);

/* Is there a mount beneath that of a directory of the host? It came along with it. */
bool mounts_beneath(const char *mountinfo, const char *point);

/* The devices of --dev, each a mount of its own beneath /dev. */
#define N_MOUNT_DEVICES 5
extern const char *const mount_devices[N_MOUNT_DEVICES];

#endif
