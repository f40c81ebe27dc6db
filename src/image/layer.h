/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_LAYER_H
#define DENYBOX_IMAGE_LAYER_H

#include <stdint.h>

#include "archive/archive.h"

/* What to do about an image that is larger than it may be. */
#define LAYER_LARGER "denybox image add --max-size SIZE FILE allows more, or less"

/* What the layers of one image may still bring, and what was left away of them. */
struct layer_budget {
    uint64_t bytes;    /* of the archives */
    uint64_t apparent; /* of the files, their holes counted: all of it is digested */
    uint64_t entries;
    uint64_t looks;   /* of whiteouts, at what lies in a directory of their layer */
    uint64_t dropped; /* devices, FIFOs, sockets */
};

/*
 * Applies one layer, a tar archive, to the root directory: what it has replaces what is there, what
 * its whiteouts name is removed of the layers before it. Owners, extended attributes and special
 * files are left away; of the modes setuid, setgid, sticky and writing by others. Nothing is
 * written outside the root, whatever the layer says. False and *e; then the root is in between and
 * has to be thrown away.
 */
bool layer_apply(int root, struct byte_source tar, struct layer_budget *budget, struct error *e);

#endif
