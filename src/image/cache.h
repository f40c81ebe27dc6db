/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_CACHE_H
#define DENYBOX_IMAGE_CACHE_H

#include "image/unpack.h"

/*
 * Unpacked images, in the area "images" of the cache. An entry has the digits of the image's id for
 * a name, and in it:
 *   root         the directory
 *   config.json  the configuration, whose digest is the id
 *   entry.json   what it is called, and the tree digest of root as it was unpacked
 */

#define IMAGE_AREA "images"
#define IMAGE_ROOT "root" /* as PROVIDED_ROOT of plan/plan.h */

/* The name of an entry in the cache: the digits of an id. */
const char *image_entry_name(const char *id);

/* Unpacks the image into a new entry, unless there is one, and uses it: a descriptor as
 * store_use's, or -1 and *e. */
int image_cache_add(int area, struct image_source *s, const struct image *image, uint64_t max,
                    image_progress *progress, struct error *e);

/* The configuration of an entry, added to *config; its digest is held against the name. False and
 * *e. */
bool image_cache_config(int entry, const char *id, struct buf *config, struct error *e);

/* What the cache knows of an image. */
struct image_record {
    char id[DIGEST_TEXT_SIZE];
    char tree[DIGEST_TEXT_SIZE];
    uint64_t bytes;
    uint64_t entries;
    uint64_t dropped;
    char **names; /* owned, and each of them */
    size_t n_names;
};

/* Reads the record of the entry that `id` names. False and *e; *record is to be freed in any case.
 */
bool image_cache_record(int entry, const char *id, struct image_record *record, struct error *e);
void image_record_free(struct image_record *record);

/* Is the entry still what was unpacked: its tree, and its configuration? False and *e. */
bool image_cache_verify(int entry, const char *id, struct error *e);

#endif
