/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/unpack.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "image/layer.h"
#include "image/limit.h"
#include "image/measure.h"
#include "image/spot.h"

#define TAR_BLOCK 512

/* Says of which layer the trouble is, once. Always false. */
static bool of_layer(size_t number, const struct error *why, struct error *e)
{
    static const char *const begins[] = {"cannot unpack ",
                                         "cannot read the archive: ", "cannot read the image: "};
    const char *text = why->text;
    struct error whole = *why;

    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        if (strncmp(text, begins[i], strlen(begins[i])) == 0) {
            text += strlen(begins[i]);
            break;
        }
    }
    error_set(e, whole.exit, "cannot unpack layer %zu of the image: %.700s", number, text);
    e->number = whole.number;
    return whole.hint[0] != '\0' ? error_hint(e, "%s", whole.hint) : false;
}

/* Is the file what the manifest says? Read to its end, whatever came before. */
static bool check_packed(struct measure *m, const struct image_layer *layer, struct error *e)
{
    char digest[DIGEST_TEXT_SIZE];

    if (!measure_drain(m, e))
        return false;
    if (layer->size != UINT64_MAX && m->length != layer->size)
        return error_set(e, EXIT_DENYBOX,
                         "cannot read the image: it has %llu bytes, and is said to have %llu",
                         (unsigned long long)m->length, (unsigned long long)layer->size);
    measure_end(m, digest);
    if (layer->digest[0] != '\0' && strcmp(digest, layer->digest) != 0)
        return error_set(e, EXIT_DENYBOX, "cannot read the image: it is not %s but %s",
                         layer->digest, digest);
    return true;
}

static bool check_plain(struct measure *m, const struct image_layer *layer, struct error *e)
{
    char digest[DIGEST_TEXT_SIZE];

    if (!measure_drain(m, e))
        return false;
    measure_end(m, digest);
    if (strcmp(digest, layer->diff) != 0)
        return error_set(
            e, EXIT_DENYBOX,
            "cannot read the image: it is unpacked not %s, as the configuration says, but %s",
            layer->diff, digest);
    return true;
}

/* Layers of some writers (umoci insert) end with the last byte of the last file. What is missing is
 * filled up to the block: that the bytes before are the right ones is for the digest to say. */
struct filled {
    struct measure *from;
    bool full;
};

static ssize_t read_filled(void *context, void *buffer, size_t size, struct error *e)
{
    struct filled *f = context;
    struct byte_source from = measure_bytes(f->from);
    ssize_t n = from.read(from.context, buffer, size, e);
    size_t missing = (TAR_BLOCK - f->from->length % TAR_BLOCK) % TAR_BLOCK;

    if (n != 0 || f->full || missing == 0 || size < missing)
        return n;
    f->full = true;
    memset(buffer, 0, missing);
    return (ssize_t)missing;
}

/* From the file through both measures into the root. A wrong file is said to be one, rather than
 * what reading it came to. */
static bool pour(struct source_file *file, const struct image_layer *layer, int root,
                 struct layer_budget *budget, struct error *e)
{
    struct measure packed;
    struct measure plain;
    struct filled filled = {.from = &plain};
    struct unpacker *u;
    struct error wrong;
    bool ok;

    measure_begin(&packed, source_file_bytes(file), layer->size,
                  "it has more bytes than the manifest says");
    u = unpacker_open(measure_bytes(&packed), e);
    ok = u != NULL;
    if (ok) {
        measure_begin(&plain, (struct byte_source){.read = unpacker_read, .context = u},
                      budget->bytes, "the image becomes larger than it may");
        ok = layer_apply(root, (struct byte_source){.read = read_filled, .context = &filled},
                         budget, e) &&
             check_plain(&plain, layer, e);
        if (!ok && plain.over)
            error_hint(e, LAYER_LARGER);
    }
    if (!check_packed(&packed, layer, &wrong)) {
        *e = wrong;
        ok = false;
    }
    unpacker_close(u);
    if (ok)
        budget->bytes -= plain.length;
    return ok;
}

static bool unpack_layer(struct image_source *s, const struct image_layer *layer, size_t number,
                         int root, struct layer_budget *budget, struct error *e)
{
    struct error why;
    struct source_file *file = source_file_open(s, layer->name, &why);
    bool ok = file != NULL && pour(file, layer, root, budget, &why);

    source_file_close(file);
    return ok ? true : of_layer(number, &why, e);
}

/* Docker makes it too, when it starts the image. */
static bool make_directory(const struct image *image, int root, struct error *e)
{
    struct image_settings settings;
    struct spot p;
    char path[PATH_MAX];
    struct error why;
    bool ok = image_settings_read(&image->config, &settings, e);

    if (ok && settings.directory[0] != '\0') {
        snprintf(path, sizeof path, "%s/.directory",
                 settings.directory + strspn(settings.directory, "/"));
        ok = spot_find(root, path[0] == '/' ? path + 1 : path, SPOT_MAKE, &p, &why) ||
             error_set(e, why.exit, "cannot use the image's WorkingDir '%s': %s",
                       text_show(settings.directory), why.text);
        spot_close(&p);
    }
    image_settings_free(&settings);
    return ok;
}

bool image_unpack(struct image_source *s, const struct image *image, int root, uint64_t max,
                  image_progress *progress, struct unpacked *done, struct error *e)
{
    struct layer_budget budget = {
        .bytes = max, .apparent = max, .entries = IMAGE_ENTRIES_MAX, .looks = IMAGE_LOOKS_MAX};

    for (size_t i = 0; i < image->n_layers; i++) {
        if (progress != NULL)
            progress(i + 1, image->n_layers);
        if (!unpack_layer(s, &image->layers[i], i + 1, root, &budget, e))
            return false;
    }
    *done = (struct unpacked){.bytes = max - budget.bytes,
                              .entries = IMAGE_ENTRIES_MAX - budget.entries,
                              .dropped = budget.dropped};
    return make_directory(image, root, e);
}
