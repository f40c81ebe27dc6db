/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "base/text.h"
#include "root/cache.h"
#include "store/store.h"
#include "tree/tree.h"

#define RECORD_BYTES_MAX (4U << 20)
#define ADVICE "remove it: denybox cache prune %s"

/* A path, which need not be UTF-8. */
static json_t *shown(const char *path)
{
    char text[4 * PATH_MAX + 4];

    return json_string(text_safe(text, sizeof text, path, strlen(path)));
}

static json_t *list_of(const char *const *paths, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_append(&list, shown(paths[i]));
    return list;
}

static json_t *describe(const struct root_request *r, const struct contents *c, const char *digest)
{
    size_t files = 0;

    for (size_t i = 0; i < c->n; i++)
        files += !c->items[i].dropped && !c->items[i].directory;
    return json_pack("{s:o, s:o, s:o, s:s, s:I, s:I}", "program",
                     r->program != NULL ? shown(r->program) : json_null(), "scripts",
                     list_of(r->scripts, r->n_scripts), "with", list_of(r->with, r->n_with),
                     "tree_sha256", digest, "bytes", (json_int_t)c->bytes, "files",
                     (json_int_t)files);
}

bool root_record_write(int entry, int tree, const struct root_request *r, const struct contents *c,
                       struct error *e)
{
    char digest[DIGEST_TEXT_SIZE];
    json_t *document;
    char *text;
    int fd;
    bool ok;

    if (!tree_digest(tree, digest, e))
        return false;
    document = describe(r, c, digest);
    text = document != NULL ? json_pretty(document) : NULL;
    json_decref(document);
    if (text == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot write to the cache: out of memory");
    fd =
        sys_openat(entry, STORE_RECORD, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ok = fd >= 0 && io_write_all(fd, text, strlen(text));
    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    io_close(&fd);
    free(text);
    return ok;
}

static bool is_whole(const json_t *document)
{
    const char *digest = json_string_value(json_object_get(document, "tree_sha256"));
    const json_t *program = json_object_get(document, "program");

    return digest != NULL && sha256_is_text(digest) &&
           (json_is_string(program) || json_is_null(program)) &&
           json_is_array(json_object_get(document, "scripts")) &&
           json_is_array(json_object_get(document, "with")) &&
           json_is_integer(json_object_get(document, "bytes")) &&
           json_is_integer(json_object_get(document, "files"));
}

json_t *root_record_read(int entry, const char *name, struct error *e)
{
    struct buf bytes = {0};
    struct error why;
    json_t *document = NULL;

    if (io_read_file(entry, STORE_RECORD, RECORD_BYTES_MAX, &bytes))
        document = json_parse(buf_text(&bytes), bytes.length, &why);
    buf_free(&bytes);
    if (document != NULL && is_whole(document))
        return document;
    json_decref(document);
    error_set(e, EXIT_DENYBOX, "cannot use the root %s in the cache: its record is damaged",
              text_show(name));
    error_hint(e, ADVICE, text_show(name));
    return NULL;
}

bool root_record_verify(int entry, const char *name, struct error *e)
{
    json_t *document = root_record_read(entry, name, e);
    int tree = document != NULL ? sys_openat(entry, ROOT_TREE,
                                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
                                : -1;
    const char *recorded = json_string_value(json_object_get(document, "tree_sha256"));
    char digest[DIGEST_TEXT_SIZE];
    bool ok = tree >= 0;

    if (document != NULL && !ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot read the root %s in the cache",
                    text_show(name));
    ok = ok && tree_digest(tree, digest, e);
    if (ok && strcmp(digest, recorded) != 0) {
        ok = error_set(e, EXIT_DENYBOX,
                       "cannot use the root %s in the cache: it was made as %s and is %s",
                       text_show(name), recorded, digest);
        error_hint(e, ADVICE, text_show(name));
    }
    io_close(&tree);
    json_decref(document);
    return ok;
}
