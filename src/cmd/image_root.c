/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "cmd/image.h"
#include "cmd/provide.h"
#include "image/document.h"
#include "image/limit.h"
#include "plan/preset.h"
#include "store/store.h"

bool image_blame(const char *word, struct error *e)
{
    static const struct {
        const char *is;
        const char *before; /* what it becomes, around the word */
        const char *after;
    } rows[] = {
        {"the image: ", "the image '", "': "},
        {"an image: ", "an image of '", "': "},
        {"the archive: ", "the archive '", "': "},
        {"' there", "' in '", "'"},
    };
    char text[sizeof e->text];

    snprintf(text, sizeof text, "%s", e->text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = strstr(text, rows[i].is);

        if (at == NULL)
            continue;
        snprintf(e->text, sizeof e->text, "%.*s%s%s%s%s", (int)(at - text), text, rows[i].before,
                 text_show(word), rows[i].after, at + strlen(rows[i].is));
        break;
    }
    return false;
}

/* A name alone may be meant as docker means it. */
static bool refuse_absent(const char *word, struct error *e)
{
    error_errno(e, EXIT_DENYBOX, ENOENT, "cannot open the image '%s'", text_show(word));
    return error_hint(e, "it wants the file that docker save or skopeo copy has written; denybox "
                         "image list has the ids of those in the cache");
}

/* What is no archive, mostly. */
static void refuse_archive(const char *path, struct error *e)
{
    if (strstr(e->text, "the archive: ") != NULL)
        error_hint(e, "it wants the file that docker save or skopeo copy has written");
    image_blame(path, e);
}

struct image_source *image_open(const char *word, struct image *image, struct error *e)
{
    char path[PATH_MAX];
    const char *name = NULL;
    struct image_source *s;

    *image = (struct image){0};
    snprintf(path, sizeof path, "%s", word);
    for (const char *colon = strchr(word, ':');
         access(path, F_OK) != 0 && colon != NULL && strlen(word) < sizeof path;
         colon = strchr(colon + 1, ':')) {
        snprintf(path, sizeof path, "%.*s", (int)(colon - word), word);
        name = colon + 1;
    }
    if (access(path, F_OK) != 0) {
        snprintf(path, sizeof path, "%s", word);
        name = NULL;
        if (errno == ENOENT) {
            refuse_absent(word, e);
            return NULL;
        }
    }
    s = source_open(path, e);
    if (s == NULL)
        refuse_archive(path, e);
    if (s != NULL && !image_find(s, name, image, e)) {
        image_blame(path, e);
        source_close(s);
        s = NULL;
    }
    return s;
}

static void show_layer(size_t layer, size_t of)
{
    fprintf(stderr, "denybox: unpacking layer %zu of %zu\n", layer, of);
}

image_progress *image_progress_wanted(bool quiet)
{
    return !quiet && isatty(2) ? show_layer : NULL;
}

static bool refuse_missing(const char *word, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot plan with the image '%s': it is not in the cache",
              text_show(word));
    return error_hint(e, "plan does nothing; put it there first: denybox image add %s",
                      text_show(word));
}

/* An image that is named by its id is one of the cache, and needs no file. */
static bool find_by_id(const char *id, int *entry, struct error *e)
{
    int area = store_look(IMAGE_AREA, e);

    if (area < 0 && e->text[0] != '\0')
        return false;
    *entry = area >= 0 ? store_use(area, image_entry_name(id)) : -1;
    io_close(&area);
    if (*entry >= 0)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot find the image %s in the cache", id);
    return error_hint(e, "denybox image list names what is there, denybox image add FILE adds one");
}

static bool use_there(int area, const char *id, int *entry, struct error *e)
{
    *entry = store_use(area, image_entry_name(id));
    return *entry >= 0
               ? true
               : error_errno(e, EXIT_DENYBOX, errno, "cannot use the image %s in the cache", id);
}

static bool find_by_file(struct plan *plan, char id[DIGEST_TEXT_SIZE], int *entry, struct error *e)
{
    const struct declared *d = &plan->declared;
    struct image image;
    struct image_source *s = image_open(d->image, &image, e);
    int area = -1;
    bool ok = s != NULL;

    e->text[0] = ok ? '\0' : e->text[0];
    if (ok) {
        memcpy(id, image.id, DIGEST_TEXT_SIZE);
        area =
            plan->command == COMMAND_PLAN ? store_look(IMAGE_AREA, e) : store_open(IMAGE_AREA, e);
        ok = area >= 0;
    }
    if (ok && plan->command != COMMAND_PLAN) {
        *entry =
            image_cache_add(area, s, &image, IMAGE_BYTES_MAX, image_progress_wanted(d->quiet), e);
        ok = *entry >= 0 || image_blame(d->image, e);
    } else {
        ok = ok && use_there(area, id, entry, e);
    }
    if (!ok && s != NULL && plan->command == COMMAND_PLAN && (area >= 0 || e->text[0] == '\0'))
        refuse_missing(d->image, e);
    io_close(&area);
    image_free(&image);
    source_close(s);
    return ok;
}

static bool take_environment(struct plan *plan, char *const *environment, struct error *e)
{
    for (; *environment != NULL; environment++) {
        const char *left_out;

        if (!preset_env(plan, *environment, &left_out, e))
            return false;
        if (left_out != NULL && !plan->declared.quiet)
            fprintf(stderr, "denybox: warning: the image's variable '%.*s' is left out: %s\n",
                    (int)strcspn(text_show(*environment), "="), text_show(*environment), left_out);
    }
    return true;
}

static bool take_defaults(struct plan *plan, const struct buf *config, struct error *e)
{
    struct image_settings settings;
    bool ok = image_settings_read(config, &settings, e) &&
              take_environment(plan, settings.environment, e) &&
              preset_command(plan, settings.entrypoint, settings.command, e) &&
              preset_directory(plan, settings.directory, e);

    image_settings_free(&settings);
    return ok;
}

static bool take_root(struct plan *plan, const char *id, struct error *e)
{
    char name[DIGEST_HEX_SIZE + sizeof "/" IMAGE_ROOT];
    char path[PATH_MAX];

    snprintf(name, sizeof name, "%s/" IMAGE_ROOT, image_entry_name(id));
    if (!store_path(IMAGE_AREA, name, path, e))
        return false;
    plan->provided.root = strdup(path);
    memcpy(plan->provided.image, id, DIGEST_TEXT_SIZE);
    return plan->provided.root != NULL
               ? true
               : error_set(e, EXIT_DENYBOX, "cannot use the image: out of memory");
}

bool provide_image(struct plan *plan, struct error *e)
{
    const char *word = plan->declared.image;
    char id[DIGEST_TEXT_SIZE];
    struct buf config = {0};
    bool ok;

    if (image_digest_good(word)) {
        memcpy(id, word, sizeof id);
        ok = find_by_id(id, &plan->provided.lock, e);
    } else {
        ok = find_by_file(plan, id, &plan->provided.lock, e);
    }
    if (ok)
        store_mark(plan->provided.lock);
    ok = ok && image_cache_config(plan->provided.lock, id, &config, e) &&
         take_defaults(plan, &config, e) && take_root(plan, id, e);
    buf_free(&config);
    return ok;
}
