/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "base/text.h"
#include "root/build.h"
#include "root/hwcaps.h"
#include "root/record.h"
#include "store/store.h"

#define TRACE "trace"
#define TRACE_BYTES_MAX (256U << 20)

/* Counted up when the same request comes to another root: roots of before are then not found. */
#define RULES "denybox roots 3"

/* The hexadecimal digits of a key, and of a trace, that make the name of an entry. */
#define KEY_LENGTH 32

#define NAME_LENGTH (2 * KEY_LENGTH + 1)

/* More are hardly of use, and each can be large: those that were not used for the longest go. */
#define ENTRIES_MAX 64

static void add_word(struct sha256 *s, const char *kind, const char *word)
{
    sha256_add(s, kind, strlen(kind) + 1);
    sha256_add(s, word, strlen(word) + 1);
}

/* What is asked for, and of which processor: a home directory may serve several machines. */
static void make_key(const struct root_request *r, char key[KEY_LENGTH + 1])
{
    const char *home = getenv("HOME");
    struct sha256 s;
    struct hwcaps h;
    char text[DIGEST_TEXT_SIZE];

    sha256_start(&s);
    add_word(&s, "rules", RULES);
    add_word(&s, "home", home != NULL ? home : ""); /* what comes along depends on it (along.h) */
    hwcaps_take(&h);
    for (size_t i = 0; i < h.n; i++)
        add_word(&s, "processor", h.name[i]);
    if (r->program != NULL)
        add_word(&s, "program", r->program);
    for (size_t i = 0; i < r->n_scripts; i++)
        add_word(&s, "script", r->scripts[i]);
    if (r->searched)
        add_word(&s, "searched", "");
    for (size_t i = 0; i < r->n_with; i++)
        add_word(&s, "with", r->with[i]);
    sha256_end_text(&s, text);
    snprintf(key, KEY_LENGTH + 1, "%.*s", KEY_LENGTH, text + strlen("sha256:"));
}

/* The launcher looks the tree up once more inside, by path (launch/trees.c). */
static bool find_path(struct cached_root *out, struct error *e)
{
    char name[64];
    char path[PATH_MAX];
    ssize_t n;

    snprintf(name, sizeof name, "/proc/self/fd/%d", out->lock);
    n = readlink(name, path, sizeof path - 1);
    if (n < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot find the path of the cache");
    path[n] = '\0';
    if (asprintf(&out->path, "%s/" ROOT_TREE, path) < 0) {
        out->path = NULL;
        return error_set(e, EXIT_DENYBOX, "cannot use the cache: out of memory");
    }
    return true;
}

/* Does its trace hold? In the file, what is for LD_ORIGIN_PATH comes first. */
static bool check_entry(struct cached_root *out)
{
    struct buf bytes = {0};
    bool ok = io_read_file(out->lock, TRACE, TRACE_BYTES_MAX, &bytes);
    size_t length = ok ? strlen(buf_text(&bytes)) + 1 : 0;

    ok = ok && length <= bytes.length && trace_holds(bytes.data + length, bytes.length - length);
    if (ok && length > 1) {
        out->origin = strdup(bytes.data);
        ok = out->origin != NULL;
    }
    buf_free(&bytes);
    return ok;
}

static bool is_of_key(const char *name, const char *key)
{
    return strncmp(name, key, KEY_LENGTH) == 0 && name[KEY_LENGTH] == '-';
}

/* Tries the entries of this key. True with out->lock >= 0 when one of them still is right; false
 * and *e. */
static bool look(int area, const char *key, struct cached_root *out, struct error *e)
{
    int fd = sys_openat(area, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (d == NULL) {
        io_close(&fd);
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read the cache");
    }
    for (struct dirent *entry; out->lock < 0 && (entry = readdir(d)) != NULL;) {
        if (!is_of_key(entry->d_name, key))
            continue;
        out->lock = store_use(area, entry->d_name);
        if (out->lock >= 0 && !check_entry(out))
            io_close(&out->lock);
    }
    closedir(d);
    if (out->lock >= 0)
        store_mark(out->lock); /* what is pruned depends on it */
    return true;
}

bool root_is_entry(const char *name)
{
    return strlen(name) == NAME_LENGTH && name[KEY_LENGTH] == '-' &&
           strspn(name, "0123456789abcdef") == KEY_LENGTH &&
           strspn(name + KEY_LENGTH + 1, "0123456789abcdef") == KEY_LENGTH;
}

static int by_use(const void *a, const void *b)
{
    const struct store_entry *x = a;
    const struct store_entry *y = b;

    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

/* After a new root: those it takes the place of, what somebody left half done, and the oldest.
 * Whatever is in use stays, and nothing depends on success. */
static void tidy(int area, const char *key, const char *name)
{
    struct store_entry *list;
    size_t n;

    store_sweep(area);
    if (!store_list(area, &list, &n))
        return;
    if (n != 0)
        qsort(list, n, sizeof *list, by_use);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) != 0 &&
            (i + ENTRIES_MAX < n || is_of_key(list[i].name, key)))
            store_prune(area, list[i].name);
    }
    free(list);
}

static bool write_trace(int dirfd, const struct buf *bytes, struct error *e)
{
    int fd = sys_openat(dirfd, TRACE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = !bytes->failed && fd >= 0 && io_write_all(fd, bytes->data, bytes->length);

    if (!ok)
        error_errno(e, EXIT_DENYBOX, bytes->failed ? ENOMEM : errno, "cannot write to the cache");
    io_close(&fd);
    return ok;
}

static bool fill_staging(const struct root_request *r, const struct contents *c,
                         const struct buf *trace, int dirfd, struct error *e)
{
    int tree = -1;
    bool ok = sys_mkdirat(dirfd, ROOT_TREE, 0755) == 0 &&
              fchmodat(dirfd, ROOT_TREE, 0755, 0) == 0 &&
              (tree = sys_openat(dirfd, ROOT_TREE, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)) >= 0;

    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    ok = ok && root_build(c, tree, e) && root_record_write(dirfd, tree, r, c, e) &&
         write_trace(dirfd, trace, e);
    io_close(&tree);
    return ok;
}

/*
 * The name of an entry: the key, and what it was made of. Two who make the same one at once come to
 * the same name, and the first wins. What does not hold from the start, because a file had just
 * been changed, is for this one run: it gets a name that no other has.
 */
static void make_name(const char *key, const struct contents *c, bool lasting,
                      char name[NAME_LENGTH + 1])
{
    char text[DIGEST_TEXT_SIZE];
    char random[33] = "";

    sha256_text(text, c->trace.records.data, c->trace.records.length);
    if (!lasting && io_random_hex(random))
        sha256_text(text, random, strlen(random));
    snprintf(name, NAME_LENGTH + 1, "%s-%.*s", key, KEY_LENGTH, text + strlen("sha256:"));
}

static bool make_entry(int area, const char *key, const struct root_request *r,
                       const struct contents *c, struct cached_root *out, struct error *e)
{
    char name[NAME_LENGTH + 1];
    const char *origin = out->origin;
    struct stage s;
    struct buf trace = {0};
    bool ok;

    size_t head = (origin != NULL ? strlen(origin) : 0) + 1;

    buf_add(&trace, origin != NULL ? origin : "", head);
    trace_write(&c->trace, &trace);
    make_name(key, c, !trace.failed && trace_holds(trace.data + head, trace.length - head), name);
    if (!staging_begin(area, &s, e)) {
        buf_free(&trace);
        return false;
    }
    ok = fill_staging(r, c, &trace, s.fd, e);
    buf_free(&trace);
    if (!ok) {
        stage_drop(&s);
        return false;
    }
    out->lock = staging_enter(&s, name, e);
    if (out->lock < 0)
        return false;
    tidy(area, key, name);
    return true;
}

static bool make_root(int area, const char *key, const struct root_request *r,
                      struct cached_root *out, struct error *e)
{
    struct contents c;
    bool ok = root_collect(r, &c, &out->origin, e) && make_entry(area, key, r, &c, out, e);

    contents_free(&c);
    return ok;
}

bool root_cached(const struct root_request *r, struct cached_root *out, struct error *e)
{
    char key[KEY_LENGTH + 1];
    int area = store_open(ROOT_AREA, e);
    bool ok;

    *out = (struct cached_root){.lock = -1};
    if (area < 0)
        return false;
    make_key(r, key);
    ok = look(area, key, out, e) && (out->lock >= 0 || make_root(area, key, r, out, e)) &&
         find_path(out, e);
    io_close(&area);
    if (!ok) {
        store_explain(ROOT_AREA, e);
        io_close(&out->lock);
        free(out->origin);
        out->origin = NULL;
    }
    return ok;
}
