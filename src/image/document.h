/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_DOCUMENT_H
#define DENYBOX_IMAGE_DOCUMENT_H

#include <stdint.h>

#include "base/sha256.h"
#include "image/source.h"
#include "json/json.h"

/* The JSON documents of an image, and what their descriptors name. */

#define BLOB_NAME_SIZE 80 /* "blobs/sha256/", 64 digits and a NUL */

/* A thing that is named by digest and size. */
struct descriptor {
    const char *media_type; /* "" where none is given */
    char digest[DIGEST_TEXT_SIZE];
    uint64_t size;
};

/* Always false: "cannot read the image: WHAT", and what is wrong with it. */
bool image_refuse(struct error *e, const char *what, const char *wrong);

/* "sha256:" and 64 lower-case hexadecimal digits? */
bool image_digest_good(const char *text);

/* The name in the source of a blob. Returns `name`. */
char *image_blob_name(char name[BLOB_NAME_SIZE], const char *digest);

/* Reads a descriptor; the strings belong to `object`. `what` is for messages. False and *e. */
bool image_descriptor(const json_t *object, const char *what, struct descriptor *d,
                      struct error *e);

/* A file of the source as strict JSON, an object or an array. NULL and *e. */
json_t *image_document(struct image_source *s, const char *name, struct error *e);

/* The same of a file that is named by its digest, and by its size unless that is UINT64_MAX: it
 * must have them. `what` it is, is for messages. The bytes are added to *bytes unless that is NULL.
 * NULL and *e. */
json_t *image_named_document(struct image_source *s, const char *name, const char *digest,
                             uint64_t size, const char *what, struct buf *bytes, struct error *e);

/* The same of a blob. */
json_t *image_blob_document(struct image_source *s, const struct descriptor *d, const char *what,
                            struct error *e);

/* The text of a key, or NULL where it is not there or no string. */
const char *image_text(const json_t *object, const char *key);

#endif
