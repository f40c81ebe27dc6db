/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_UNPACK_H
#define DENYBOX_IMAGE_UNPACK_H

#include "image/image.h"

/* Is told before each layer: the how manieth of how many. */
typedef void image_progress(size_t layer, size_t of);

struct unpacked {
    uint64_t bytes;   /* of all layers, unpacked */
    uint64_t entries; /* of all layers */
    uint64_t dropped; /* devices, FIFOs and sockets that were left away */
};

/*
 * Fills an empty root directory with the image: its layers in their order, each held against its
 * digest and size as it is read and against its diff_id as it is unpacked; and the working
 * directory, where the layers have none. At most `max` bytes. `progress` may be NULL. False and *e;
 * then what is in the directory is not the image.
 */
bool image_unpack(struct image_source *s, const struct image *image, int root, uint64_t max,
                  image_progress *progress, struct unpacked *done, struct error *e);

#endif
