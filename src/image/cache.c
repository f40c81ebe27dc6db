/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "image/document.h"
#include "image/limit.h"
#include "store/store.h"
#include "tree/tree.h"

#define CONFIG "config.json"

/* The names in it are of a document, and one byte of those can become six. */
#define RECORD_MAX (8UL * IMAGE_DOCUMENT_MAX)

#define ADVICE "remove it: denybox image prune %s, and add it again: denybox image add FILE"

const char *image_entry_name(const char *id)
{
    return id + strlen("sha256:");
}

static bool write_file(int dirfd, const char *name, const char *bytes, size_t length,
                       struct error *e)
{
    int fd = sys_openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && io_write_all(fd, bytes, length);

    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    io_close(&fd);
    return ok;
}

static bool write_record(int dirfd, const struct image *image, const struct unpacked *done,
                         const char *tree, struct error *e)
{
    json_t *names = json_array();
    json_t *record;
    char *text;
    bool ok;

    /* A name that is no UTF-8 was refused with the document that it is from. */
    for (size_t i = 0; i < image->n_names; i++)
        json_append(&names, json_string(image->names[i]));
    record = json_pack("{s:o, s:s, s:I, s:I, s:I}", "names", names, "tree_sha256", tree, "bytes",
                       (json_int_t)done->bytes, "entries", (json_int_t)done->entries, "dropped",
                       (json_int_t)done->dropped);
    text = record != NULL ? json_pretty(record) : NULL;
    ok = text != NULL ? write_file(dirfd, STORE_RECORD, text, strlen(text), e)
                      : error_set(e, EXIT_DENYBOX, "cannot write to the cache: out of memory");
    free(text);
    json_decref(record);
    return ok;
}

static bool fill(struct stage *staging, struct image_source *s, const struct image *image,
                 uint64_t max, image_progress *progress, struct error *e)
{
    char tree[DIGEST_TEXT_SIZE];
    struct unpacked done;
    int root = -1;
    bool ok;

    if (sys_mkdirat(staging->fd, IMAGE_ROOT, 0755) < 0 ||
        fchmodat(staging->fd, IMAGE_ROOT, 0755, 0) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    root = sys_openat(staging->fd, IMAGE_ROOT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (root < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    ok = image_unpack(s, image, root, max, progress, &done, e) && tree_digest(root, tree, e) &&
         write_file(staging->fd, CONFIG, image->config.data, image->config.length, e) &&
         write_record(staging->fd, image, &done, tree, e);
    io_close(&root);
    return ok;
}

int image_cache_add(int area, struct image_source *s, const struct image *image, uint64_t max,
                    image_progress *progress, struct error *e)
{
    int entry = store_use(area, image_entry_name(image->id));
    struct stage staging;

    if (entry >= 0)
        return entry;
    if (staging_begin(area, &staging, e)) {
        if (fill(&staging, s, image, max, progress, e))
            entry = staging_enter(&staging, image_entry_name(image->id), e);
        else
            stage_drop(&staging);
    }
    if (entry < 0)
        store_explain(IMAGE_AREA, e);
    return entry;
}

bool image_cache_config(int entry, const char *id, struct buf *config, struct error *e)
{
    char digest[DIGEST_TEXT_SIZE];

    if (!io_read_file(entry, CONFIG, IMAGE_DOCUMENT_MAX, config) || config->failed)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read the image %s in the cache", id);
    if (strcmp(sha256_text(digest, config->data, config->length), id) == 0)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use the image %s in the cache: its configuration is %s", id,
              digest);
    return error_hint(e, ADVICE, id);
}

static bool take_record(const json_t *from, struct image_record *record)
{
    const char *tree = image_text(from, "tree_sha256");
    const json_t *names = json_object_get(from, "names");
    size_t n = json_array_size(names);

    if (!image_digest_good(tree) || !json_is_array(names))
        return false;
    memcpy(record->tree, tree, sizeof record->tree);
    record->bytes = (uint64_t)json_integer_value(json_object_get(from, "bytes"));
    record->entries = (uint64_t)json_integer_value(json_object_get(from, "entries"));
    record->dropped = (uint64_t)json_integer_value(json_object_get(from, "dropped"));
    record->names = calloc(n + 1, sizeof *record->names);
    for (size_t i = 0; record->names != NULL && i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));

        record->names[i] = name != NULL ? strdup(name) : NULL;
        if (record->names[i] == NULL)
            return false;
        record->n_names++;
    }
    return record->names != NULL;
}

bool image_cache_record(int entry, const char *id, struct image_record *record, struct error *e)
{
    struct buf bytes = {0};
    struct error why;
    json_t *document = NULL;
    bool ok;

    *record = (struct image_record){0};
    memcpy(record->id, id, sizeof record->id);
    if (io_read_file(entry, STORE_RECORD, RECORD_MAX, &bytes) && !bytes.failed)
        document = json_parse(buf_text(&bytes), bytes.length, &why);
    ok = document != NULL && take_record(document, record);
    json_decref(document);
    buf_free(&bytes);
    if (ok)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use the image %s in the cache: its record is damaged", id);
    return error_hint(e, ADVICE, id);
}

void image_record_free(struct image_record *record)
{
    for (size_t i = 0; i < record->n_names; i++)
        free(record->names[i]);
    free(record->names);
    *record = (struct image_record){0};
}

bool image_cache_verify(int entry, const char *id, struct error *e)
{
    struct image_record record;
    struct buf config = {0};
    char tree[DIGEST_TEXT_SIZE];
    int root = sys_openat(entry, IMAGE_ROOT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    bool ok;

    if (root < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read the image %s in the cache", id);
    ok = image_cache_record(entry, id, &record, e) && image_cache_config(entry, id, &config, e) &&
         tree_digest(root, tree, e);
    if (ok && strcmp(tree, record.tree) != 0) {
        ok = error_set(e, EXIT_DENYBOX,
                       "cannot use the image %s in the cache: it was unpacked as %s and is %s", id,
                       record.tree, tree);
        error_hint(e, ADVICE, id);
    }
    image_record_free(&record);
    buf_free(&config);
    io_close(&root);
    return ok;
}
