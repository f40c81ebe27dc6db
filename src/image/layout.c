/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "image/kinds.h"

/* The OCI image layout: index.json names manifests, or an index of one manifest a platform; a
 * manifest names the configuration and the layers. */

#define OCI "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."
#define REF_NAME "org.opencontainers.image.ref.name"

/* An index in an index: more than a platform list in the layout's own is not made by anybody. */
#define NESTING_MAX 3

static const char *const index_types[] = {OCI "index.v1+json",
                                          DOCKER "distribution.manifest.list.v2+json", NULL};
static const char *const manifest_types[] = {OCI "manifest.v1+json",
                                             DOCKER "distribution.manifest.v2+json", NULL};
static const char *const config_types[] = {OCI "config.v1+json", DOCKER "container.image.v1+json",
                                           NULL};
/* How it is packed is seen by its first bytes; what it unpacks to is held by its diff_id. */
static const char *const layer_types[] = {OCI "layer.v1.tar",
                                          OCI "layer.v1.tar+gzip",
                                          OCI "layer.v1.tar+zstd",
                                          DOCKER "image.rootfs.diff.tar",
                                          DOCKER "image.rootfs.diff.tar.gzip",
                                          DOCKER "image.rootfs.diff.tar.zstd",
                                          NULL};

static bool is_one(const char *type, const char *const *types)
{
    for (; *types != NULL; types++) {
        if (strcmp(type, *types) == 0)
            return true;
    }
    return false;
}

static const char *name_of(const json_t *entry)
{
    return image_text(json_object_get(entry, "annotations"), REF_NAME);
}

/* An entry without a platform may be for any. */
static bool fits(const json_t *entry)
{
    const json_t *platform = json_object_get(entry, "platform");
    const char *os = image_text(platform, "os");
    const char *machine = image_text(platform, "architecture");

    return platform == NULL || (os != NULL && machine != NULL && strcmp(os, "linux") == 0 &&
                                strcmp(machine, image_machine()) == 0);
}

static bool is_named(const json_t *entry, const char *name)
{
    const char *own = name_of(entry);
    const char *digest = image_text(entry, "digest");

    return (own != NULL && strcmp(own, name) == 0) || (digest != NULL && strcmp(digest, name) == 0);
}

static bool same_blob(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "digest"), json_object_get(b, "digest"));
}

static bool refuse_choice(const json_t *manifests, const char *name, bool named, struct error *e)
{
    struct buf names = {0};
    const json_t *entry;
    size_t i;

    if (named) {
        error_set(e, EXIT_DENYBOX, "cannot use the image: it has nothing for linux/%s",
                  image_machine());
        return false;
    }
    json_array_foreach(manifests, i, entry)
    {
        const char *own = name_of(entry);
        const char *digest = image_text(entry, "digest");

        if (own == NULL)
            own = digest != NULL ? digest : "?";
        image_list_name(&names, own);
    }
    image_which(name, &names, e);
    buf_free(&names);
    return false;
}

/* The one that is meant, of this machine's platform; several names of one blob are one. NULL and
 * *e. */
static const json_t *choose(const json_t *index, const char *name, struct error *e)
{
    const json_t *manifests = json_object_get(index, "manifests");
    const json_t *chosen = NULL;
    const json_t *entry;
    bool named = false;
    bool several = false;
    size_t i;

    if (!json_is_array(manifests)) {
        image_refuse(e, "the index", "names no manifests");
        return NULL;
    }
    json_array_foreach(manifests, i, entry)
    {
        if (name != NULL && !is_named(entry, name))
            continue;
        named = true;
        if (!fits(entry))
            continue;
        several = several || (chosen != NULL && !same_blob(chosen, entry));
        chosen = entry;
    }
    if (chosen != NULL && !several)
        return chosen;
    refuse_choice(manifests, name, named && !several, e);
    return NULL;
}

static bool take_layers(const json_t *manifest, struct image *image, struct error *e)
{
    const json_t *layers = json_object_get(manifest, "layers");
    const json_t *layer;
    size_t i;

    if (!json_is_array(layers))
        return image_refuse(e, "the manifest", "names no layers");
    json_array_foreach(layers, i, layer)
    {
        struct descriptor d;
        char name[BLOB_NAME_SIZE];

        if (!image_descriptor(layer, "a layer", &d, e))
            return false;
        if (!is_one(d.media_type, layer_types))
            return error_set(
                e, EXIT_DENYBOX,
                "cannot use the image: a layer is of the kind '%s', which is not known",
                text_show(d.media_type));
        if (!image_add_layer(image, image_blob_name(name, d.digest), d.digest, d.size, e))
            return false;
    }
    return true;
}

static bool take_manifest(struct image_source *s, const json_t *manifest, struct image *image,
                          struct error *e)
{
    char name[BLOB_NAME_SIZE];
    struct descriptor d;

    if (!image_descriptor(json_object_get(manifest, "config"), "the configuration", &d, e))
        return false;
    if (!is_one(d.media_type, config_types))
        return error_set(e, EXIT_DENYBOX, "cannot use the image: it is no image but '%s'",
                         text_show(d.media_type));
    return take_layers(manifest, image, e) &&
           image_take_config(image, s, image_blob_name(name, d.digest), d.digest, d.size, e);
}

/* From an index down to the manifest. */
static bool follow(struct image_source *s, const json_t *index, const char *name,
                   struct image *image, int nesting, struct error *e)
{
    const json_t *chosen = choose(index, name, e);
    struct descriptor d;
    json_t *document;
    bool ok;

    if (chosen == NULL || !image_descriptor(chosen, "the manifest", &d, e) ||
        !image_add_name(image, nesting == 0 ? name_of(chosen) : NULL, e))
        return false;
    if (!is_one(d.media_type, manifest_types) && !is_one(d.media_type, index_types))
        return error_set(e, EXIT_DENYBOX, "cannot use the image: '%s' is no manifest of an image",
                         text_show(d.media_type));
    if (nesting >= NESTING_MAX)
        return image_refuse(e, "the index", "leads to an index that leads to an index");
    document = image_blob_document(s, &d, "the manifest", e);
    if (document == NULL)
        return false;
    if (is_one(d.media_type, index_types))
        ok = follow(s, document, NULL, image, nesting + 1, e);
    else
        ok = take_manifest(s, document, image, e);
    json_decref(document);
    return ok;
}

static bool check_version(struct image_source *s, struct error *e)
{
    json_t *layout = image_document(s, "oci-layout", e);
    const char *version = image_text(layout, "imageLayoutVersion");
    bool ok = layout != NULL;

    if (ok && (version == NULL || strcmp(version, "1.0.0") != 0))
        ok = image_refuse(e, "oci-layout", "is not of version 1.0.0");
    json_decref(layout);
    return ok;
}

bool layout_find(struct image_source *s, const char *name, struct image *image, struct error *e)
{
    json_t *index;
    bool ok;

    if (!check_version(s, e))
        return false;
    index = image_document(s, "index.json", e);
    ok = index != NULL && follow(s, index, name, image, 0, e);
    json_decref(index);
    return ok;
}
