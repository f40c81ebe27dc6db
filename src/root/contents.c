/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* As the kernel: MAXSYMLINKS. */
#define LINKS_MAX 40

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot make a root: out of memory");
}

void contents_begin(struct contents *c)
{
    *c = (struct contents){0};
    trace_begin(&c->trace);
}

/* The one of `places`, which end with NULL, that a path is or lies beneath, or NULL. */
static const char *place_of(const char *path, const char *const *places)
{
    for (; *places != NULL; places++) {
        size_t length = strlen(*places);

        if (strncmp(path, *places, length) == 0 && (path[length] == '/' || path[length] == '\0'))
            break;
    }
    return *places;
}

const char *contents_hidden(const char *path)
{
    static const char *const own[] = {"/in", "/out", "/tmp", NULL};

    return place_of(path, own);
}

/* What lies there is the kernel's, and no two processes see the same: /proc/self is a link of ours,
 * and the walls are proved by its absence (DX-HOSTPATH). Of /dev, /dev/shm has files like others.
 */
static bool refuse_kernels(const char *path, struct error *e)
{
    static const char *const kernels[] = {"/proc", "/sys", NULL};
    const char *place = place_of(path, kernels);

    if (place == NULL)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot put '%s' into the root: the sandbox has no %s",
              text_show(path), place);
    return error_hint(e, "copy what is needed of it to another place");
}

static bool refuse_hidden(const char *path, const char *place, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot put '%s' into the root: the sandbox has its own %s there",
              text_show(path), place);
    return error_hint(e, "give its directory as --in DIR and name it beneath /in, or copy it to "
                         "another place");
}

/* One more at the end, empty; NULL and *e. */
static struct item *grow(struct contents *c, struct error *e)
{
    if (c->n == CONTENTS_MAX) {
        error_set(e, EXIT_DENYBOX, "cannot make a root of more than %d files", CONTENTS_MAX);
        error_hint(e, "name less with --with");
        return NULL;
    }
    if (c->n == c->room) {
        size_t room = c->room != 0 ? c->room * 2 : 256;
        struct item *items = realloc(c->items, room * sizeof *items);

        if (items == NULL) {
            out_of_memory(e);
            return NULL;
        }
        c->items = items;
        c->room = room;
    }
    c->items[c->n] = (struct item){.mtime = INT64_MIN};
    return &c->items[c->n++];
}

bool contents_add(struct contents *c, const char *path, const struct stat *st, const char *target,
                  const char *why, struct error *e)
{
    const char *place = contents_hidden(path);
    struct item *item;

    if (place != NULL)
        return refuse_hidden(path, place, e);
    if (!refuse_kernels(path, e))
        return false;
    item = grow(c, e);
    if (item == NULL)
        return false;
    item->why = why;
    item->directory = S_ISDIR(st->st_mode);
    item->executable = (st->st_mode & 0111) != 0;
    item->size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
    item->path = strdup(path);
    item->target = target != NULL ? strdup(target) : NULL;
    if (item->path == NULL || (target != NULL && item->target == NULL))
        return out_of_memory(e);
    return true;
}

bool contents_keep_time(struct contents *c, const char *path, const struct stat *st,
                        struct error *e)
{
    struct item *item = grow(c, e);

    if (item == NULL)
        return false;
    item->mtime = st->st_mtim.tv_sec;
    item->time_only = true;
    item->why = "";
    item->path = strdup(path);
    return item->path != NULL || out_of_memory(e);
}

/* A path that is being walked: what is done, without links, and what is still to come. */
struct way {
    char done[PATH_MAX];
    char rest[PATH_MAX];
    int links;
    const char *by; /* the file that names it; NULL: the caller does */
};

/* The next component of w->rest; empty at the end. False with errno set. */
static bool next_name(struct way *w, char name[NAME_MAX + 1])
{
    char *from = w->rest + strspn(w->rest, "/");
    size_t length = strcspn(from, "/");

    if (length > NAME_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(name, from, length);
    name[length] = '\0';
    memmove(w->rest, from + length, strlen(from + length) + 1);
    return true;
}

/* What comes after a link: its target, and the rest behind it. */
static bool follow(struct way *w, const char *target)
{
    char rest[PATH_MAX];

    if (++w->links > LINKS_MAX) {
        errno = ELOOP;
        return false;
    }
    if (snprintf(rest, sizeof rest, "%s/%s", target, w->rest) >= (int)sizeof rest) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(w->rest, rest, sizeof rest);
    if (target[0] == '/')
        w->done[0] = '\0';
    return true;
}

bool contents_allows(const struct contents *c, const char *by, const char *real,
                     const struct stat *st, struct error *e)
{
    if (along_allows(&c->along, real, st))
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot put '%s' into the root: '%s' names it, and it is neither the system's nor "
              "beside the program",
              text_show(real), text_show(by));
    return error_hint(e, "--with %s takes it along, if the payload may see it", text_show(real));
}

/* A link that is the last part says what is meant: a virtual environment is known by it. One that
 * leads to a directory on the way is only passed. */
static bool check_link(const struct contents *c, struct way *w, const char *path,
                       const struct stat *st, struct error *e)
{
    if (w->by == NULL || w->rest[strspn(w->rest, "/")] != '\0')
        return true;
    if (!along_is_named(&c->along, path))
        return contents_allows(c, w->by, path, st, e);
    w->by = NULL; /* and what it leads to */
    return true;
}

/* One component further. False with errno set, or with *e set and errno 0. */
static bool step(struct contents *c, struct way *w, const char *name, const char *why,
                 struct stat *st, struct error *e)
{
    char path[PATH_MAX];
    char target[PATH_MAX];
    ssize_t n;

    errno = ENAMETOOLONG;
    if (snprintf(path, sizeof path, "%s/%s", w->done, name) >= (int)sizeof path ||
        fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    if (!S_ISLNK(st->st_mode)) {
        memcpy(w->done, path, sizeof path);
        return true;
    }
    n = readlinkat(AT_FDCWD, path, target, sizeof target - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    trace_add(&c->trace, TRACE_LINK, path, st);
    if (!check_link(c, w, path, st, e) || !contents_add(c, path, st, target, why, e)) {
        errno = 0;
        return false;
    }
    return follow(w, target);
}

static bool walk(struct contents *c, struct way *w, const char *why, struct stat *st,
                 struct error *e)
{
    char name[NAME_MAX + 1];

    for (;;) {
        if (!next_name(w, name))
            return false;
        if (name[0] == '\0')
            return true;
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0) {
            char *slash = strrchr(w->done, '/');

            if (slash != NULL)
                *slash = '\0';
            if (fstatat(AT_FDCWD, w->done[0] != '\0' ? w->done : "/", st, AT_SYMLINK_NOFOLLOW) < 0)
                return false;
            continue;
        }
        if (!step(c, w, name, why, st, e))
            return false;
    }
}

static bool check_kind(const char *path, const struct stat *st, struct error *e)
{
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
        return error_set(e, EXIT_DENYBOX,
                         "cannot put '%s' into the root: it is neither a file nor a directory",
                         text_show(path));
    if (faccessat(AT_FDCWD, path, S_ISDIR(st->st_mode) ? R_OK | X_OK : R_OK, AT_EACCESS) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot put '%s' into the root",
                           text_show(path));
    return true;
}

bool contents_named(struct contents *c, const char *by, const char *path, const char *why,
                    char real[PATH_MAX], struct stat *st, struct error *e)
{
    struct way w = {.done = "", .by = by};

    if (path[0] != '/' || snprintf(w.rest, sizeof w.rest, "%s", path) >= (int)sizeof w.rest)
        return error_set(e, EXIT_DENYBOX, "cannot put '%s' into the root: not an absolute path",
                         text_show(path));
    if (fstatat(AT_FDCWD, "/", st, 0) < 0 || !walk(c, &w, why, st, e))
        return errno == 0 ? false
                          : error_errno(e, EXIT_DENYBOX, errno, "cannot put '%s' into the root",
                                        text_show(path));
    snprintf(real, PATH_MAX, "%s", w.done[0] != '\0' ? w.done : "/");
    if (!check_kind(real, st, e))
        return false;
    if (w.by != NULL && contents_hidden(real) == NULL && !contents_allows(c, w.by, real, st, e))
        return false;
    trace_add(&c->trace, TRACE_FILE, real, st);
    return contents_add(c, real, st, NULL, why, e);
}

bool contents_place(struct contents *c, const char *path, const char *why, char real[PATH_MAX],
                    struct stat *st, struct error *e)
{
    return contents_named(c, NULL, path, why, real, st, e);
}

bool contents_stays(const char *real, const char *top, struct error *e)
{
    char own[PATH_MAX];
    size_t length;

    if (realpath(top, own) == NULL)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at '%s'", text_show(top));
    length = strcmp(own, "/") == 0 ? 0 : strlen(own);
    if (strncmp(real, own, length) == 0 && real[length] == '/')
        return true;
    error_set(e, EXIT_DENYBOX, "cannot put '%s' into the root: a link in '%s' leads there",
              text_show(real), text_show(top));
    return error_hint(e, "if it is wanted, name it: --with %s", text_show(real));
}

static int by_path(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;

    return strcmp(x->path, y->path);
}

static void item_free(struct item *item)
{
    free(item->path);
    free(item->target);
}

/* Is `other` the better one to keep? The order of equals is qsort's choice: nothing may depend on
 * it. */
static bool is_better(const struct item *other, const struct item *kept)
{
    if (kept->time_only != other->time_only)
        return kept->time_only;
    return strcmp(other->why, kept->why) < 0;
}

/* Of two of the same path one is kept, with the time that either asks for. Returns it. */
static struct item *merge(struct item *a, struct item *b)
{
    struct item *kept = is_better(b, a) ? b : a;
    struct item *other = kept == a ? b : a;

    if (other->mtime != INT64_MIN)
        kept->mtime = other->mtime;
    other->dropped = true;
    return kept;
}

bool contents_finish(struct contents *c, struct error *e)
{
    struct item *last = c->items;

    if (c->n == 0)
        return true;
    qsort(c->items, c->n, sizeof *c->items, by_path);
    for (size_t i = 0; i < c->n; i++) {
        struct item *item = &c->items[i];

        item->dropped = item->time_only; /* unless there is a file, it asks for nothing */
        last = i != 0 && strcmp(last->path, item->path) == 0 ? merge(last, item) : item;
    }
    c->bytes = 0;
    for (size_t i = 0; i < c->n; i++)
        c->bytes += c->items[i].dropped ? 0 : c->items[i].size;
    if (c->bytes > CONTENTS_BYTES_MAX)
        return error_set(e, EXIT_DENYBOX, "cannot make a root of %llu bytes: more than %llu",
                         (unsigned long long)c->bytes, CONTENTS_BYTES_MAX);
    return true;
}

void contents_free(struct contents *c)
{
    for (size_t i = 0; i < c->n; i++)
        item_free(&c->items[i]);
    free(c->items);
    along_free(&c->along);
    trace_free(&c->trace);
    *c = (struct contents){0};
}
