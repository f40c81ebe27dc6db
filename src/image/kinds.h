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

/* Reads the configuration, whose digest is the image's id, checks it, and takes from it what the
 * layers are to be, which are known by then. `size` as for image_named_document. False and *e. */
bool image_take_config(struct image *image, struct image_source *s, const char *name,
                       const char *digest, uint64_t size, struct error *e);

/* Adds a name to a list for people; it is made printable. */
void image_list_name(struct buf *names, const char *name);

/* Which of several images? Always false: the error, with the list of names in the hint. */
bool image_which(const char *wanted, const struct buf *names, struct error *e);

#endif
