/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/take.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "elf/file.h"
#include "root/pyc.h"
#include "tree/names.h"
#include "tree/tree.h"

#define PYCACHE "__pycache__"

struct walk {
    const struct take *take;
    struct error *e;
    char path[PATH_MAX]; /* of what is being looked at */
    size_t length;
    int depth;
};

static bool refuse(const struct walk *w, const char *what)
{
    return error_set(w->e, EXIT_DENYBOX, "cannot put '%s' into the root: %s", text_show(w->path),
                     what);
}

static bool refuse_errno(const struct walk *w)
{
    return error_errno(w->e, EXIT_DENYBOX, errno, "cannot put '%s' into the root",
                       text_show(w->path));
}

static bool is_left_out(const struct take *take, const char *name)
{
    for (const char *const *p = take->leave; p != NULL && *p != NULL; p++) {
        if (fnmatch(*p, name, FNM_PERIOD) == 0)
            return true;
    }
    return false;
}

static bool add_link(struct walk *w, int dirfd, const char *name, const struct stat *st)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(dirfd, name, target, sizeof target - 1);

    if (n < 0)
        return refuse_errno(w);
    target[n] = '\0';
    trace_add(&w->take->contents->trace, TRACE_LINK, w->path, st);
    return contents_add(w->take->contents, w->path, st, target, w->take->why, w->e);
}

/* The libraries that it needs, when it is something that a program loads. */
static bool add_libraries(struct walk *w, int fd)
{
    struct error e;

    if (w->take->process == NULL || !elf_file_is(fd))
        return true;
    switch (process_add(w->take->process, w->path, &e)) {
    case ADDED_FAILED:
        *w->e = e;
        return false;
    case ADDED_MISSING: /* it could not be loaded on the host either */
    case ADDED_NOT_ELF:
    case ADDED:
        break;
    }
    return true;
}

/* "/lib/__pycache__/x.cpython-311.pyc": stays, and the source keeps its time, when the two belong
 * together; python reads the source otherwise, and so the compiled form stays away. */
static bool use_compiled(struct walk *w, int fd, bool *use)
{
    char source[PATH_MAX];
    char real[PATH_MAX];
    struct stat st;

    *use = !w->take->compiled_if_valid;
    if (!pyc_source(w->path, source) || realpath(source, real) == NULL || stat(real, &st) < 0)
        return true;
    switch (pyc_check(fd, &st)) {
    case PYC_BY_TIME:
        *use = true;
        return contents_keep_time(w->take->contents, real, &st, w->e);
    case PYC_BY_HASH:
        *use = true;
        return true;
    case PYC_STALE:
        return true;
    }
    return true;
}

static bool add_file(struct walk *w, int dirfd, const char *name)
{
    struct stat st;
    int fd = io_open_file(dirfd, name, RESOLVE_NO_SYMLINKS, &st);
    size_t length = strlen(name);
    bool use = true;
    bool ok = fd >= 0;

    if (!ok)
        ok = st.st_mode != 0 ? refuse(w, "it was replaced meanwhile") : refuse_errno(w);
    if (ok)
        trace_add(&w->take->contents->trace, TRACE_FILE, w->path, &st);
    if (ok && length > 4 && strcmp(name + length - 4, ".pyc") == 0)
        ok = use_compiled(w, fd, &use);
    ok = ok && (!use || (contents_add(w->take->contents, w->path, &st, NULL, w->take->why, w->e) &&
                         add_libraries(w, fd)));
    io_close(&fd);
    return ok;
}

static bool walk_directory(struct walk *w, int fd);

static bool add_directory(struct walk *w, int dirfd, const char *name, const struct stat *st)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return refuse_errno(w);
    trace_add(&w->take->contents->trace, TRACE_FILE, w->path, st);
    if (++w->depth > TREE_DEPTH_MAX) {
        io_close(&fd);
        return refuse(w, "it lies too deep");
    }
    ok = contents_add(w->take->contents, w->path, st, NULL, w->take->why, w->e) &&
         walk_directory(w, fd);
    w->depth--;
    return ok;
}

static bool add_entry(struct walk *w, int dirfd, const char *name)
{
    struct stat st;
    bool mounted = true;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !io_is_mount_point(dirfd, name, &mounted))
        return refuse_errno(w);
    if (S_ISLNK(st.st_mode))
        return add_link(w, dirfd, name, &st);
    if (mounted) {
        refuse(w, "something is mounted there");
        return error_hint(w->e, "name what you need of it with a --with of its own");
    }
    if (S_ISDIR(st.st_mode))
        return add_directory(w, dirfd, name, &st);
    if (S_ISREG(st.st_mode))
        return add_file(w, dirfd, name);
    refuse(w, "it is neither a file, nor a directory, nor a link");
    return error_hint(w->e, "name the files that you need instead of the whole directory");
}

/* Takes over fd. In the same order everywhere: which library is found first can depend on it. */
static bool walk_directory(struct walk *w, int fd)
{
    size_t length = w->length;
    struct names names = {0};
    bool whole;
    bool ok = names_read(fd, SIZE_MAX, &names, &whole) || refuse_errno(w);

    for (size_t i = 0; i < names.n; i++) {
        const char *name = names.name[i];
        int added = ok ? snprintf(w->path + length, sizeof w->path - length, "/%s", name) : 0;

        if (ok && (size_t)added >= sizeof w->path - length)
            ok = refuse(w, "its path is too long");
        w->length = length + (size_t)added;
        ok = ok && (is_left_out(w->take, name) || add_entry(w, fd, name));
    }
    w->path[length] = '\0';
    w->length = length;
    names_free(&names);
    io_close(&fd);
    return ok;
}

/* Their files are not files: they have no size, and some do something when they are read. */
static bool refuse_kernel(struct walk *w, int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return refuse_errno(w);
    if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
        return refuse(w, "it is a file system of the kernel's");
    return true;
}

bool take_tree(const struct take *take, const char *real, struct error *e)
{
    struct walk w = {.take = take, .e = e};
    int fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    struct stat root;

    snprintf(w.path, sizeof w.path, "%s", real);
    w.length = strlen(w.path);
    if (fd < 0 || fstat(fd, &st) < 0 || stat("/", &root) < 0) {
        refuse_errno(&w);
        io_close(&fd);
        return false;
    }
    if (st.st_dev == root.st_dev && st.st_ino == root.st_ino) {
        io_close(&fd);
        return refuse(&w, "it is the host's own root");
    }
    if (!refuse_kernel(&w, fd)) {
        io_close(&fd);
        return false;
    }
    trace_add(&take->contents->trace, TRACE_FILE, w.path, &st);
    return contents_add(take->contents, w.path, &st, NULL, take->why, e) && walk_directory(&w, fd);
}
