/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/image.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/value.h"
#include "cmd/cache.h"
#include "cmd/commands.h"
#include "cmd/print.h"
#include "cmd/verb.h"
#include "image/limit.h"
#include "store/store.h"

static int fail(const struct error *e)
{
    error_print(e);
    return (int)e->exit;
}

static bool refuse(struct error *e, const char *what)
{
    error_set(e, EXIT_DENYBOX, "cannot use image add: %s", what);
    return error_hint(e, "denybox image add [--max-size SIZE] FILE[:NAME]");
}

static int add(const char *word, uint64_t max)
{
    struct image image;
    struct error e;
    struct image_source *s = image_open(word, &image, &e);
    int area = s != NULL ? store_open(IMAGE_AREA, &e) : -1;
    int entry =
        area >= 0 ? image_cache_add(area, s, &image, max, image_progress_wanted(false), &e) : -1;
    bool ok = entry >= 0 || (area >= 0 && image_blame(word, &e));

    if (ok) {
        puts(image.id);
        ok = print_end(&e);
    }
    io_close(&entry);
    io_close(&area);
    image_free(&image);
    source_close(s);
    return ok ? EXIT_OK : fail(&e);
}

/* The words after "add". */
static bool read_add(int argc, char **argv, const char **file, uint64_t *max, struct error *e)
{
    *max = IMAGE_BYTES_MAX;
    if (argc == 3 && strcmp(argv[0], "--max-size") == 0) {
        if (!value_size(argv[1], INT64_MAX, max) || *max == 0)
            return refuse(e, "--max-size wants a number of bytes, or one with k, m, g or t");
        argv += 2;
        argc -= 2;
    }
    if (argc == 0)
        return refuse(e, "no file given");
    if (argv[0][0] == '-')
        return refuse(e, "the only option is --max-size, and it comes before the file");
    *file = argv[0];
    return argc == 1 || refuse(e, "one file at a time");
}

bool words_image(int argc, char **argv, struct error *e)
{
    const char *verb = argc >= 1 ? argv[0] : "";
    const char *file;
    uint64_t max;

    if (verb_help_asked(argc, argv))
        return true;
    if (strcmp(verb, "add") == 0)
        return read_add(argc - 1, argv + 1, &file, &max, e);
    return cache_words("image", CACHE_IMAGES, argc, argv, e);
}

static int show_help(void)
{
    verb_help("image", "");
    return EXIT_OK;
}

int command_image(int argc, char **argv)
{
    const char *file = NULL;
    struct error e;
    uint64_t max = 0;

    if (!words_image(argc, argv, &e))
        return fail(&e);
    if (verb_help_asked(argc, argv))
        return show_help();
    if (strcmp(argv[0], "add") != 0)
        return cache_verb("image", CACHE_IMAGES, argc, argv);
    return read_add(argc - 1, argv + 1, &file, &max, &e) ? add(file, max) : fail(&e);
}
