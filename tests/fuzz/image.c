/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image archive: which image it has, its documents, and how it wants to be started. */
#include "image/image.h"

#include <stdlib.h>

#include "fuzz.h"

static void must_be_said(bool ok, const struct error *e)
{
    FUZZ_REQUIRE(ok || (e->text[0] != '\0' && fuzz_printable(e->text)));
}

static void find(struct image_source *source, const char *name)
{
    struct image image;
    struct image_settings settings = {0};
    struct error e = {0};
    bool ok = image_find(source, name, &image, &e);

    must_be_said(ok, &e);
    if (ok) {
        must_be_said(image_settings_read(&image.config, &settings, &e), &e);
        image_settings_free(&settings);
    }
    image_free(&image);
}

/* The configuration alone as well: behind its digest no change of one byte comes to it. */
static void settle(const uint8_t *data, size_t size)
{
    struct image_settings settings = {0};
    struct buf config = {0};
    struct error e = {0};

    buf_add(&config, data, size);
    must_be_said(image_settings_read(&config, &settings, &e), &e);
    image_settings_free(&settings);
    buf_free(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);
    struct image_source *source;

    settle(data, size);
    fuzz_mend_tar(bytes, size);
    source = source_open(fuzz_named_file("image", (const uint8_t *)bytes, size), &e);
    free(bytes);
    must_be_said(source != NULL, &e);
    if (source == NULL)
        return 0;
    find(source, NULL);
    find(source, "box");
    source_close(source);
    return 0;
}
