/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "image/kinds.h"
#include "image/limit.h"

const char *image_machine(void)
{
#if defined(__x86_64__)
    return "amd64";
#else
    return "arm64";
#endif
}

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot read the image: out of memory");
}

bool image_add_layer(struct image *image, const char *name, const char *digest, uint64_t size,
                     struct error *e)
{
    struct image_layer *grown;

    if (image->n_layers >= IMAGE_LAYERS_MAX)
        return error_set(e, EXIT_DENYBOX, "cannot read the image: it has more than %d layers",
                         IMAGE_LAYERS_MAX);
    grown = reallocarray(image->layers, image->n_layers + 1, sizeof *grown);
    if (grown == NULL)
        return out_of_memory(e);
    image->layers = grown;
    grown += image->n_layers++;
    *grown = (struct image_layer){.name = strdup(name), .size = size};
    memcpy(grown->digest, digest, strlen(digest) + 1);
    return grown->name != NULL ? true : out_of_memory(e);
}

bool image_add_name(struct image *image, const char *name, struct error *e)
{
    char **grown;

    if (name == NULL)
        return true;
    grown = reallocarray(image->names, image->n_names + 1, sizeof *grown);
    if (grown == NULL)
        return out_of_memory(e);
    image->names = grown;
    grown[image->n_names] = strdup(name);
    return grown[image->n_names++] != NULL ? true : out_of_memory(e);
}

/* What is for another machine would end as an ELF file that cannot be started. */
static bool check_platform(const json_t *config, struct error *e)
{
    const char *os = image_text(config, "os");
    const char *machine = image_text(config, "architecture");

    if (os == NULL || machine == NULL)
        return image_refuse(e, "the configuration", "names no os or no architecture");
    if (strcmp(os, "linux") == 0 && strcmp(machine, image_machine()) == 0)
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot use the image: it is for %s/%s, and this machine is linux/%s", text_show(os),
              text_show(machine), image_machine());
    return error_hint(e, "take the image of this machine's platform, or a multi-platform one");
}

static bool take_diffs(struct image *image, const json_t *config, struct error *e)
{
    const json_t *rootfs = json_object_get(config, "rootfs");
    const json_t *diffs = json_object_get(rootfs, "diff_ids");
    const char *type = image_text(rootfs, "type");

    if (type == NULL || strcmp(type, "layers") != 0 || !json_is_array(diffs))
        return image_refuse(e, "the configuration", "does not say which layers there are");
    if (json_array_size(diffs) != image->n_layers)
        return error_set(e, EXIT_DENYBOX,
                         "cannot read the image: the manifest has %zu layers, the configuration "
                         "%zu",
                         image->n_layers, json_array_size(diffs));
    for (size_t i = 0; i < image->n_layers; i++) {
        const char *diff = json_string_value(json_array_get(diffs, i));

        if (!image_digest_good(diff))
            return image_refuse(e, "the configuration", "has a diff_id that is no sha256 digest");
        memcpy(image->layers[i].diff, diff, sizeof image->layers[i].diff);
    }
    return true;
}

bool image_take_config(struct image *image, struct image_source *s, const char *name,
                       const char *digest, uint64_t size, struct error *e)
{
    json_t *config =
        image_named_document(s, name, digest, size, "the configuration", &image->config, e);
    bool ok = config != NULL && check_platform(config, e) && take_diffs(image, config, e);

    snprintf(image->id, sizeof image->id, "%s", digest);
    json_decref(config);
    return ok;
}

void image_list_name(struct buf *names, const char *name)
{
    buf_printf(names, "%s%s", names->length != 0 ? ", " : "", text_show(name));
}

bool image_which(const char *wanted, const struct buf *names, struct error *e)
{
    if (wanted != NULL)
        error_set(e, EXIT_DENYBOX, "cannot find the image '%s' there", text_show(wanted));
    else
        error_set(e, EXIT_DENYBOX, "cannot choose an image: there are several");
    return error_hint(e, "there is, to be given as FILE:NAME: %.900s", buf_text(names));
}

bool image_find(struct image_source *s, const char *name, struct image *image, struct error *e)
{
    *image = (struct image){0};
    /* What docker save writes today is a layout as well; its names are in manifest.json. */
    if (source_has(s, "manifest.json"))
        return saved_find(s, name, image, e);
    if (source_has(s, "index.json"))
        return layout_find(s, name, image, e);
    error_set(e, EXIT_DENYBOX,
              "cannot read the image: neither an OCI image layout nor an archive "
              "of docker save");
    return error_hint(e, "docker save -o FILE.tar IMAGE, or skopeo copy ... oci:DIR:NAME");
}

void image_free(struct image *image)
{
    for (size_t i = 0; i < image->n_layers; i++)
        free(image->layers[i].name);
    for (size_t i = 0; i < image->n_names; i++)
        free(image->names[i]);
    free(image->layers);
    free(image->names);
    buf_free(&image->config);
    *image = (struct image){0};
}
