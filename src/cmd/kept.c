/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/kept.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cache.h"
#include "image/cache.h"
#include "root/cache.h"
#include "root/record.h"

/* ---------------------------------------------------------------- roots */

static void identify_root(const char *name, const json_t *about, char id[DIGEST_TEXT_SIZE])
{
    const char *digest = json_string_value(json_object_get(about, "tree_sha256"));

    snprintf(id, DIGEST_TEXT_SIZE, "%s", digest != NULL ? digest : name);
}

/* The record has printable text. */
static void describe_root(const json_t *about, struct buf *line)
{
    const json_t *scripts = json_object_get(about, "scripts");
    const json_t *with = json_object_get(about, "with");
    const char *program = json_string_value(json_object_get(about, "program"));

    if (json_array_size(scripts) != 0)
        program = json_string_value(json_array_get(scripts, 0));
    if (program != NULL)
        buf_printf(line, "  %s", text_show(program));
    for (size_t i = 0; i < json_array_size(with); i++) {
        const char *path = json_string_value(json_array_get(with, i));

        buf_printf(line, "  --with %s", path != NULL ? text_show(path) : "-");
    }
}

/* ---------------------------------------------------------------- images */

static void identify_image(const char *name, const json_t *about, char id[DIGEST_TEXT_SIZE])
{
    (void)about;
    snprintf(id, DIGEST_TEXT_SIZE, "sha256:%s", name);
}

static bool is_image(const char *name)
{
    char id[DIGEST_TEXT_SIZE];

    if (strlen(name) != DIGEST_HEX_SIZE - 1)
        return false;
    identify_image(name, NULL, id);
    return sha256_is_text(id);
}

static json_t *about_image(int entry, const char *name, struct error *e)
{
    char id[DIGEST_TEXT_SIZE];
    struct image_record record;
    json_t *names;
    json_t *about = NULL;

    identify_image(name, NULL, id);
    if (image_cache_record(entry, id, &record, e)) {
        names = json_array();
        for (size_t i = 0; i < record.n_names; i++)
            json_append(&names, json_string(record.names[i]));
        about = json_pack("{s:o, s:s, s:I, s:I, s:I}", "names", names, "tree_sha256", record.tree,
                          "bytes", (json_int_t)record.bytes, "entries", (json_int_t)record.entries,
                          "dropped", (json_int_t)record.dropped);
        if (about == NULL)
            error_set(e, EXIT_DENYBOX, "cannot list the cache: out of memory");
    }
    image_record_free(&record);
    return about;
}

static bool verify_image(int entry, const char *name, struct error *e)
{
    char id[DIGEST_TEXT_SIZE];

    identify_image(name, NULL, id);
    return image_cache_verify(entry, id, e);
}

static void describe_image(const json_t *about, struct buf *line)
{
    const json_t *names = json_object_get(about, "names");

    buf_printf(line, "  %lld entries",
               (long long)json_integer_value(json_object_get(about, "entries")));
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_printf(line, "  %s", text_show(json_string_value(json_array_get(names, i))));
}

const struct kept kept[] = {
    {CACHE_ROOTS, "root", "made", ROOT_AREA, root_is_entry, root_record_read, identify_root,
     root_record_verify, describe_root},
    {CACHE_IMAGES, "image", "unpacked", IMAGE_AREA, is_image, about_image, identify_image,
     verify_image, describe_image},
};

const size_t n_kept = sizeof kept / sizeof kept[0];

bool kept_is_id(unsigned kinds, const char *word)
{
    return sha256_is_text(word) || ((kinds & CACHE_ROOTS) != 0 && root_is_entry(word));
}
