/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/patience.h"
#include "base/sys.h"
#include "base/text.h"

struct build {
    int root;
    int parent; /* the directory of the last item; -1: none yet */
    char path[PATH_MAX];
    struct error *e;
};

static bool cannot_write(struct build *b, const struct item *item)
{
    return error_errno(b->e, EXIT_DENYBOX, errno, "cannot write '%s' into the root",
                       text_show(item->path));
}

static bool make_directory(int dirfd, const char *name)
{
    if (sys_mkdirat(dirfd, name, 0755) < 0)
        return errno == EEXIST;
    return fchmodat(dirfd, name, 0755, 0) == 0; /* whatever the umask is */
}

/* Every directory of b->path, which is relative, from its beginning. */
static bool make_directories(struct build *b)
{
    for (char *slash = strchr(b->path, '/');; slash = strchr(slash + 1, '/')) {
        bool ok;

        if (slash != NULL)
            *slash = '\0';
        ok = make_directory(b->root, b->path);
        if (slash == NULL)
            return ok;
        *slash = '/';
        if (!ok)
            return false;
    }
}

/* Opens the directory of an item, made if it is not there. A link in the way is not followed: what
 * was collected has none there, unless the host changed meanwhile. */
static bool enter_parent(struct build *b, const struct item *item)
{
    const char *slash = strrchr(item->path, '/');
    size_t length = (size_t)(slash - item->path);
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

    if (b->parent >= 0 && strlen(b->path) + 1 == length &&
        strncmp(b->path, item->path + 1, length - 1) == 0)
        return true;
    io_close(&b->parent);
    if (length == 0) {
        b->path[0] = '\0';
        b->parent = sys_openat(b->root, ".", flags, 0);
        return b->parent >= 0 || cannot_write(b, item);
    }
    memcpy(b->path, item->path + 1, length - 1);
    b->path[length - 1] = '\0';
    if (make_directories(b))
        b->parent = sys_openat2(b->root, b->path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    return b->parent >= 0 || cannot_write(b, item);
}

/* A file system that can share the blocks does so; others copy within the kernel. */
static bool copy_bytes(int from, int to, uint64_t size)
{
    static char buffer[1U << 16];

    for (uint64_t left = size; left != 0;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, left, 0);

        if (n > 0) {
            left -= (uint64_t)n;
            continue;
        }
        /* Across file systems, or of one that does not do it. */
        n = sys_read(from, buffer, left < sizeof buffer ? (size_t)left : sizeof buffer);
        if (n == 0)
            errno = ESTALE;
        if (n <= 0 || !io_write_all(to, buffer, (size_t)n))
            return false;
        left -= (uint64_t)n;
    }
    return true;
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool was_replaced(struct build *b, const struct item *item)
{
    return error_set(b->e, EXIT_DENYBOX, "cannot copy '%s': it was replaced meanwhile",
                     text_show(item->path));
}

static bool copy_open(struct build *b, const struct item *item, int from, int to)
{
    struct timespec times[2] = {{.tv_nsec = 0}, {.tv_nsec = 0}};
    struct stat before;
    struct stat after;

    if (sys_fstat(from, &before) < 0)
        return was_replaced(b, item);
    if (!copy_bytes(from, to, (uint64_t)before.st_size))
        return cannot_write(b, item);
    patience_add((uint64_t)before.st_size);
    if (sys_fstat(from, &after) < 0 || !same(&before, &after)) {
        error_set(b->e, EXIT_DENYBOX, "cannot copy '%s': it was changed meanwhile",
                  text_show(item->path));
        return error_hint(b->e, "try again");
    }
    if (item->mtime != INT64_MIN)
        times[0].tv_sec = times[1].tv_sec = item->mtime;
    if (fchmod(to, item->executable ? 0755 : 0644) < 0 || futimens(to, times) < 0)
        return cannot_write(b, item);
    return true;
}

static bool add_file(struct build *b, const struct item *item, const char *name)
{
    struct stat st;
    int from = io_open_file(AT_FDCWD, item->path, RESOLVE_NO_SYMLINKS, &st);
    int to;
    bool ok;

    if (from < 0 && st.st_mode != 0)
        return was_replaced(b, item);
    if (from < 0)
        return error_errno(b->e, EXIT_DENYBOX, errno, "cannot copy '%s'", text_show(item->path));
    to = sys_openat(b->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ok = to >= 0 ? copy_open(b, item, from, to) : cannot_write(b, item);
    io_close(&from);
    io_close(&to);
    return ok;
}

static bool add_item(struct build *b, const struct item *item)
{
    const char *name = strrchr(item->path, '/') + 1;

    if (name[0] == '\0') /* the root itself */
        return true;
    if (!enter_parent(b, item))
        return false;
    if (item->target != NULL)
        return sys_symlinkat(item->target, b->parent, name) == 0 || cannot_write(b, item);
    if (item->directory)
        return make_directory(b->parent, name) || cannot_write(b, item);
    return add_file(b, item, name);
}

bool root_build(const struct contents *c, int dirfd, struct error *e)
{
    struct build b = {.root = dirfd, .parent = -1, .e = e};
    bool ok = true;

    for (size_t i = 0; ok && i < c->n; i++)
        ok = c->items[i].dropped || add_item(&b, &c->items[i]);
    io_close(&b.parent);
    return ok;
}
