/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_SPOT_H
#define DENYBOX_IMAGE_SPOT_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * A name in the root that is being filled: its directory, opened, and the last part. Links on the
 * way are followed as a process in that root would follow them (openat2(2), RESOLVE_IN_ROOT), never
 * out of it; the last part is not followed.
 */
struct spot {
    int parent;          /* -1: none */
    char path[PATH_MAX]; /* as it is meant: without "." and doubled slashes */
    const char *name;    /* in path; "": the root itself */
    unsigned made;       /* how many directories, it and those above it, were made for this */
};

enum spot_missing { SPOT_MAKE, SPOT_LEAVE };

/*
 * Finds the place of a path as a layer writes it. The directories above that are not there are made
 * (0755), or with SPOT_LEAVE leave parent at -1 with true. False and *e, in words that begin with
 * what the layer wanted: an absolute path, "..", too long, too deep, through something that is no
 * directory, through links in a circle or to nowhere.
 */
bool spot_find(int root, const char *written, enum spot_missing missing, struct spot *p,
               struct error *e);
void spot_close(struct spot *p);

#endif
