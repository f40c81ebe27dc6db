/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_IMAGE_H
#define DENYBOX_IMAGE_IMAGE_H

#include <stdint.h>

#include "base/sha256.h"
#include "image/source.h"

/*
 * One image of a source: an OCI image layout (directory or archive), or what `docker save` writes.
 * Everything in it is named by digest, from the configuration down; the digest of that is the
 * image's id.
 */

struct image_layer {
    char *name;                    /* owned; of the file in the source */
    char digest[DIGEST_TEXT_SIZE]; /* of the file; "": docker save names none */
    uint64_t size;                 /* of the file; UINT64_MAX: none is named */
    char diff[DIGEST_TEXT_SIZE];   /* of the unpacked layer */
};

struct image {
    char id[DIGEST_TEXT_SIZE];
    struct buf config; /* the bytes of the configuration */
    struct image_layer *layers;
    size_t n_layers;
    char **names; /* owned, and each of them; what the source calls it */
    size_t n_names;
};

/*
 * Finds the image of that name or id; NULL where there is but one. Reads and verifies all its
 * documents and no layer. False and *e: no image source at all, no such image or several (with a
 * list), a digest that does not match, not for this machine, too many layers. *image is to be freed
 * in any case.
 */
bool image_find(struct image_source *s, const char *name, struct image *image, struct error *e);
void image_free(struct image *image);

/* This machine, as images name it: "amd64" or "arm64". */
const char *image_machine(void);

/* How an image wants to be started. All owned by the struct. */
struct image_settings {
    char **entrypoint; /* ends in NULL; never NULL itself */
    char **command;
    char **environment; /* NAME=VALUE, unchecked */
    char *directory;    /* "": none is named */
    char *user;         /* "": none is named */
};

/* Of the bytes of a configuration. False and *e; *settings is to be freed in any case. */
bool image_settings_read(const struct buf *config, struct image_settings *settings,
                         struct error *e);
void image_settings_free(struct image_settings *settings);

#endif
