/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_KINDS_H
#define DENYBOX_IMAGE_KINDS_H

#include "image/document.h"
#include "image/image.h"

/* The two ways to write an image, which image_find chooses between. */
bool layout_find(struct image_source *s, const char *name, struct image *image, struct error *e);
bool saved_find(struct image_source *s, const char *name, struct image *image, struct error *e);

/* Adds a layer, without its diff. False and *e. */
bool image_add_layer(struct image *image, const char *name, const char *digest, uint64_t size,
                     struct error *e);

/* Adds a name; NULL is none. False and *e. */
bool image_add_name(struct image *image, const char *name, struct error *e);

/* Checks the configuration, and takes from it which layers there are to be. False and *e. */
bool image_take_config(struct image *image, const json_t *config, struct error *e);

/* Which of several images? Always false: the error, with the names in the hint. */
bool image_which(const char *wanted, const struct buf *names, struct error *e);

#endif
