/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/document.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "image/limit.h"

#define ALGORITHM "sha256:"

bool image_refuse(struct error *e, const char *what, const char *wrong)
{
    return error_set(e, EXIT_DENYBOX, "cannot read the image: %s %s", what, wrong);
}

bool image_digest_good(const char *text)
{
    return text != NULL && sha256_is_text(text);
}

char *image_blob_name(char name[BLOB_NAME_SIZE], const char *digest)
{
    snprintf(name, BLOB_NAME_SIZE, "blobs/sha256/%s", digest + strlen(ALGORITHM));
    return name;
}

const char *image_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

bool image_descriptor(const json_t *object, const char *what, struct descriptor *d, struct error *e)
{
    const char *digest = image_text(object, "digest");
    const char *type = image_text(object, "mediaType");
    const json_t *size = json_object_get(object, "size");

    if (!image_digest_good(digest))
        return image_refuse(e, what, "is named by no sha256 digest");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return image_refuse(e, what, "is named without a size");
    d->media_type = type != NULL ? type : "";
    memcpy(d->digest, digest, sizeof d->digest);
    d->size = (uint64_t)json_integer_value(size);
    return true;
}

static json_t *parse(const struct buf *b, const char *what, struct error *e)
{
    struct error why;
    json_t *document = json_parse(buf_text(b), b->length, &why);

    if (document == NULL)
        error_set(e, EXIT_DENYBOX, "cannot read the image: %s: %s", what, why.text);
    return document;
}

json_t *image_document(struct image_source *s, const char *name, struct error *e)
{
    struct buf b = {0};
    json_t *document = NULL;

    if (source_read(s, name, IMAGE_DOCUMENT_MAX, &b, e))
        document = parse(&b, name, e);
    buf_free(&b);
    return document;
}

json_t *image_named_document(struct image_source *s, const char *name, const char *digest,
                             uint64_t size, const char *what, struct buf *bytes, struct error *e)
{
    char found[DIGEST_TEXT_SIZE];
    struct buf b = {0};
    json_t *document = NULL;

    if (source_read(s, name, IMAGE_DOCUMENT_MAX, &b, e)) {
        if (size != UINT64_MAX && b.length != size)
            error_set(e, EXIT_DENYBOX,
                      "cannot read the image: %s has %zu bytes, and is said to have %llu", what,
                      b.length, (unsigned long long)size);
        else if (strcmp(sha256_text(found, b.data, b.length), digest) != 0)
            error_set(e, EXIT_DENYBOX, "cannot read the image: %s is not %s but %s", what, digest,
                      found);
        else
            document = parse(&b, what, e);
    }
    if (document != NULL && bytes != NULL)
        buf_add(bytes, b.data, b.length);
    buf_free(&b);
    return document;
}

json_t *image_blob_document(struct image_source *s, const struct descriptor *d, const char *what,
                            struct error *e)
{
    char name[BLOB_NAME_SIZE];

    return image_named_document(s, image_blob_name(name, d->digest), d->digest, d->size, what, NULL,
                                e);
}
