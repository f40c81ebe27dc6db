/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/help.h"
#include "base/io.h"
#include "base/text.h"
#include "base/value.h"
#include "cmd/commands.h"
#include "image/document.h"
#include "image/limit.h"
#include "store/store.h"

static int fail(const struct error *e)
{
    error_print(e);
    return (int)e->exit;
}

static int usage(const char *what)
{
    struct error e;

    error_set(&e, EXIT_DENYBOX, "cannot use image: %s", what);
    error_hint(&e,
               "denybox image add FILE[:NAME] | list [--json] | verify [ID...] | prune [ID...]");
    return fail(&e);
}

static int add(const char *word, uint64_t max)
{
    struct image image;
    struct error e;
    struct image_source *s = image_open(word, &image, &e);
    int area = s != NULL ? store_open(IMAGE_AREA, &e) : -1;
    bool ok = area >= 0 && image_cache_add(area, s, &image, max, image_progress_wanted(false), &e);

    if (ok)
        puts(image.id);
    io_close(&area);
    image_free(&image);
    source_close(s);
    return ok ? EXIT_OK : fail(&e);
}

static int add_words(int argc, char **argv)
{
    uint64_t max = IMAGE_BYTES_MAX;

    if (argc == 3 && strcmp(argv[0], "--max-size") == 0) {
        if (!value_size(argv[1], INT64_MAX, &max) || max == 0)
            return usage("--max-size wants a number of bytes, or one with k, m, g or t");
        argv += 2;
        argc -= 2;
    }
    return argc == 1 && argv[0][0] != '-' ? add(argv[0], max) : usage("add wants FILE[:NAME]");
}

static void print_record(const struct image_record *record)
{
    printf("%s  %llu bytes  %llu entries", record->id, (unsigned long long)record->bytes,
           (unsigned long long)record->entries);
    for (size_t i = 0; i < record->n_names; i++)
        printf("  %s", text_show(record->names[i]));
    putchar('\n');
}

static json_t *record_json(const struct image_record *record)
{
    json_t *names = json_array();

    for (size_t i = 0; i < record->n_names; i++)
        json_array_append_new(names, json_string(record->names[i]));
    return json_pack("{s:s, s:o, s:s, s:I, s:I, s:I}", "id", record->id, "names", names,
                     "tree_sha256", record->tree, "bytes", (json_int_t)record->bytes, "entries",
                     (json_int_t)record->entries, "dropped", (json_int_t)record->dropped);
}

/* What is done with one entry of the cache, locked against pruning. */
typedef bool entry_action(int entry, const char *id, json_t *list, struct error *e);

static bool list_entry(int entry, const char *id, json_t *list, struct error *e)
{
    struct image_record record;
    bool ok = image_cache_record(entry, id, &record, e);

    if (ok && list != NULL)
        json_array_append_new(list, record_json(&record));
    else if (ok)
        print_record(&record);
    image_record_free(&record);
    return ok;
}

static bool verify_entry(int entry, const char *id, json_t *list, struct error *e)
{
    (void)list;
    if (!image_cache_verify(entry, id, e))
        return false;
    printf("%s  as unpacked\n", id);
    return true;
}

static int one_entry(int area, const char *id, entry_action *action, json_t *list)
{
    struct error e;
    int entry = store_use(area, image_entry_name(id));
    bool ok = entry >= 0;

    if (!ok)
        error_errno(&e, EXIT_DENYBOX, errno, "cannot find the image %s in the cache", id);
    ok = ok && action(entry, id, list, &e);
    io_close(&entry);
    return ok ? EXIT_OK : fail(&e);
}

static bool ids_good(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (!image_digest_good(argv[i]))
            return false;
    }
    return true;
}

/* Each of the named ones, or all. One that fails does not keep the others from their turn. */
static int every_entry(int argc, char **argv, entry_action *action, json_t *list)
{
    struct error e;
    char **ids = NULL;
    size_t n = 0;
    int status = EXIT_OK;
    int area = store_look(IMAGE_AREA, &e);

    if (area < 0 && e.text[0] != '\0')
        return fail(&e);
    if (area < 0 && argc == 0)
        return EXIT_OK;
    if (argc == 0 && !image_cache_list(area, &ids, &n, &e))
        status = fail(&e);
    for (size_t i = 0; i < (argc != 0 ? (size_t)argc : n); i++) {
        int one = one_entry(area, argc != 0 ? argv[i] : ids[i], action, list);

        status = status == EXIT_OK ? one : status;
    }
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
    free(ids);
    io_close(&area);
    return status;
}

static int list(bool as_json)
{
    json_t *array = as_json ? json_array() : NULL;
    int status = every_entry(0, NULL, list_entry, array);
    char *text = as_json ? json_pretty(array) : NULL;

    if (text != NULL)
        puts(text);
    free(text);
    json_decref(array);
    return fflush(stdout) == 0 ? status : EXIT_DENYBOX;
}

/* Removes what passes `wanted` of one directory of the cache. Returns how many could not be. */
static int prune_in(int area, bool (*wanted)(const char *))
{
    int fd = openat(area, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    int failed = d == NULL;

    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        enum prune_result result;

        if (entry->d_name[0] == '.' && !store_is_staging(entry->d_name))
            continue;
        if (!wanted(entry->d_name))
            continue;
        result = store_prune(area, entry->d_name);
        if (result == PRUNE_IN_USE)
            printf("in use: %s\n", text_show(entry->d_name));
        else if (result == PRUNE_GONE)
            printf("removed: %s\n", text_show(entry->d_name));
        else
            fprintf(stderr, "denybox: warning: cannot remove '%s' of the cache: %s\n",
                    text_show(entry->d_name), strerror(errno));
        failed += result == PRUNE_FAILED;
    }
    if (d != NULL)
        closedir(d);
    else
        io_close(&fd);
    return failed;
}

static bool any(const char *name)
{
    (void)name;
    return true;
}

/* What somebody who was killed has left, of whatever area. */
static int prune_staging(struct error *e)
{
    int all = store_look_all(e);
    int fd = all >= 0 ? openat(all, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    int failed = 0;

    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        int area =
            entry->d_name[0] == '.'
                ? -1
                : openat(all, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (area >= 0)
            failed += prune_in(area, store_is_staging);
        io_close(&area);
    }
    if (d != NULL)
        closedir(d);
    else
        io_close(&fd);
    io_close(&all);
    return failed;
}

static int prune_named(int area, int argc, char **argv)
{
    int failed = 0;

    for (int i = 0; i < argc; i++) {
        enum prune_result result = store_prune(area, image_entry_name(argv[i]));

        if (result == PRUNE_GONE)
            continue;
        fprintf(stderr, "denybox: warning: cannot remove the image %s: %s\n", argv[i],
                result == PRUNE_IN_USE ? "it is in use" : strerror(errno));
        failed++;
    }
    return failed;
}

static int prune(int argc, char **argv)
{
    struct error e;
    int area = store_look(IMAGE_AREA, &e);
    int failed;

    if (area < 0 && e.text[0] != '\0')
        return fail(&e);
    if (argc != 0)
        failed = area >= 0 ? prune_named(area, argc, argv) : 0;
    else
        failed = (area >= 0 ? prune_in(area, any) : 0) + prune_staging(&e);
    io_close(&area);
    return failed == 0 ? EXIT_OK : EXIT_DENYBOX;
}

int command_image(int argc, char **argv)
{
    const char *verb = argc >= 1 ? argv[0] : "";

    if (help_asked(verb)) {
        puts("usage: denybox image add [--max-size SIZE] FILE[:NAME] | list [--json] |\n"
             "                     verify [ID...] | prune [ID...]\n\n"
             "  add      unpack an image into the cache, and print its id\n"
             "  list     the images in the cache: id, size, entries, names\n"
             "  verify   are they still what was unpacked?\n"
             "  prune    remove them, unless they are in use");
        return EXIT_OK;
    }
    if (strcmp(verb, "add") == 0)
        return add_words(argc - 1, argv + 1);
    if (strcmp(verb, "list") == 0 && (argc == 1 || (argc == 2 && strcmp(argv[1], "--json") == 0)))
        return list(argc == 2);
    if (strcmp(verb, "verify") == 0 && ids_good(argc - 1, argv + 1))
        return every_entry(argc - 1, argv + 1, verify_entry, NULL);
    if (strcmp(verb, "prune") == 0 && ids_good(argc - 1, argv + 1))
        return prune(argc - 1, argv + 1);
    return usage("want a verb and its argument; an id is sha256: and 64 digits");
}
