/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "image/kinds.h"

/* What docker save writes: manifest.json names, for each image, its configuration and its layers.
 */

/* The digest in a name, "HEX.json" of old or "blobs/sha256/HEX"; false: there is none. */
static bool digest_in(const char *name, char digest[DIGEST_TEXT_SIZE])
{
    const char *slash = strrchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name;
    size_t length = strcspn(last, ".");

    if (length != DIGEST_HEX_SIZE - 1)
        return false;
    snprintf(digest, DIGEST_TEXT_SIZE, "sha256:%.64s", last);
    return image_digest_good(digest);
}

static bool is_named(const json_t *entry, const char *name)
{
    const json_t *tag;
    size_t i;
    char id[DIGEST_TEXT_SIZE];
    const char *config = image_text(entry, "Config");

    if (config != NULL && digest_in(config, id) && strcmp(id, name) == 0)
        return true;
    json_array_foreach(json_object_get(entry, "RepoTags"), i, tag)
    {
        if (json_is_string(tag) && strcmp(json_string_value(tag), name) == 0)
            return true;
    }
    return false;
}

static void add_names(struct buf *names, const json_t *entry)
{
    const json_t *tags = json_object_get(entry, "RepoTags");
    const char *config = image_text(entry, "Config");
    char id[DIGEST_TEXT_SIZE];
    const json_t *tag;
    size_t i;

    json_array_foreach(tags, i, tag)
        image_list_name(names, json_is_string(tag) ? json_string_value(tag) : "?");
    if (json_array_size(tags) == 0 && config != NULL && digest_in(config, id))
        image_list_name(names, id);
}

/* The one entry that is meant, or NULL and *e. */
static const json_t *choose(const json_t *manifest, const char *name, struct error *e)
{
    const json_t *chosen = NULL;
    const json_t *entry;
    struct buf names = {0};
    size_t n = 0;
    size_t i;

    json_array_foreach(manifest, i, entry)
    {
        add_names(&names, entry);
        if (name == NULL || is_named(entry, name)) {
            chosen = entry;
            n++;
        }
    }
    if (n != 1)
        image_which(name, &names, e);
    buf_free(&names);
    return n == 1 ? chosen : NULL;
}

static bool take_layers(const json_t *entry, struct image *image, struct error *e)
{
    const json_t *layers = json_object_get(entry, "Layers");
    const json_t *layer;
    size_t i;

    if (!json_is_array(layers))
        return image_refuse(e, "manifest.json", "names no layers");
    json_array_foreach(layers, i, layer)
    {
        const char *name = json_string_value(layer);
        char digest[DIGEST_TEXT_SIZE] = "";

        if (name == NULL)
            return image_refuse(e, "manifest.json", "has a layer without a name");
        if (strncmp(name, "blobs/sha256/", 13) != 0 || !digest_in(name, digest))
            digest[0] = '\0';
        if (!image_add_layer(image, name, digest, UINT64_MAX, e))
            return false;
    }
    return true;
}

/* The name of the configuration is its digest, and so the id of the image. */
static bool take_config(struct image_source *s, const json_t *entry, struct image *image,
                        struct error *e)
{
    const char *name = image_text(entry, "Config");
    char id[DIGEST_TEXT_SIZE];

    if (name == NULL || !digest_in(name, id))
        return image_refuse(e, "manifest.json", "does not name the configuration by its digest");
    return image_take_config(image, s, name, id, UINT64_MAX, e);
}

bool saved_find(struct image_source *s, const char *name, struct image *image, struct error *e)
{
    json_t *manifest = image_document(s, "manifest.json", e);
    const json_t *entry = NULL;
    const json_t *tag;
    size_t i;
    bool ok = false;

    if (manifest != NULL && !json_is_array(manifest))
        image_refuse(e, "manifest.json", "is no list of images");
    else if (manifest != NULL)
        entry = choose(manifest, name, e);
    if (entry != NULL)
        ok = take_layers(entry, image, e) && take_config(s, entry, image, e);
    json_array_foreach(json_object_get(entry, "RepoTags"), i, tag) ok =
        ok && image_add_name(image, json_string_value(tag), e);
    json_decref(manifest);
    return ok;
}
