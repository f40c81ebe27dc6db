/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_IMAGE_H
#define DENYBOX_CMD_IMAGE_H

#include "image/cache.h"

/*
 * FILE or FILE:NAME, as --image and image add take it: opens the source and finds the image. What
 * exists as a whole is a file, whatever is in its name. NULL and *e; *image is to be freed in any
 * case.
 */
struct image_source *image_open(const char *word, struct image *image, struct error *e);

/* Says in an error about "the image" which one it is. Always false. */
bool image_blame(const char *word, struct error *e);

/* Tells the layers on standard error, when that is a terminal; else NULL. */
image_progress *image_progress_wanted(bool quiet);

#endif
