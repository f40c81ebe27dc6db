/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "tree/remove.h"

#define STAGING_PREFIX ".new-"
#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static bool advise(struct error *e)
{
    return error_hint(e,
                      "set XDG_CACHE_HOME to the absolute path of a directory of your own; a "
                      "run with --rootfs DIR needs none (denybox pack -o DIR COMMAND makes one)");
}

/* Where caches are, by the XDG base directory specification: a relative path is as good as none. */
static bool cache_home(char path[PATH_MAX], struct error *e)
{
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n = -1;

    if (xdg != NULL && xdg[0] == '/')
        n = snprintf(path, PATH_MAX, "%s", xdg);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/.cache", home);
    if (n > 0 && n < PATH_MAX)
        return true;
    if (home != NULL && home[0] != '\0' && home[0] != '/')
        error_set(e, EXIT_DENYBOX,
                  "cannot find a cache directory: HOME is '%s', which is no absolute path",
                  text_show(home));
    else
        error_set(e, EXIT_DENYBOX,
                  "cannot find a cache directory: neither XDG_CACHE_HOME nor HOME names one");
    return advise(e);
}

/* Whoever else could write there would choose what runs. */
static bool check_owner(int fd, const char *path, struct error *e)
{
    struct stat st;

    if (sys_fstat(fd, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the cache '%s'",
                           text_show(path));
    if (st.st_uid != geteuid()) {
        error_set(e, EXIT_DENYBOX, "cannot use the cache '%s': it belongs to user %lu",
                  text_show(path), (unsigned long)st.st_uid);
        return advise(e);
    }
    if ((st.st_mode & 022) != 0) {
        error_set(e, EXIT_DENYBOX, "cannot use the cache '%s': others may write to it",
                  text_show(path));
        return error_hint(e, "look at what is in it, then: chmod go-w %s", text_show(path));
    }
    return true;
}

/* Opens a directory of the caller's, made first unless `make` is false. -1; e->text is empty when
 * it is not there and was not to be made. */
static int open_own(int dirfd, const char *name, const char *path, bool make, struct error *e)
{
    int fd = sys_openat(dirfd, name, DIRECTORY | O_NOFOLLOW, 0);

    e->text[0] = '\0';
    if (fd < 0 && errno == ENOENT && make) {
        if (sys_mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST) {
            error_errno(e, EXIT_DENYBOX, errno, "cannot make the cache '%s'", text_show(path));
            advise(e);
            return -1;
        }
        fd = sys_openat(dirfd, name, DIRECTORY | O_NOFOLLOW, 0);
    }
    if (fd < 0 && (make || errno != ENOENT)) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot open the cache '%s'", text_show(path));
        advise(e);
    }
    if (fd >= 0 && !check_owner(fd, path, e))
        io_close(&fd);
    return fd;
}

/* $XDG_CACHE_HOME itself may be a link, and anybody's: only what is ours is looked at. */
static int open_home(const char *path, bool make, struct error *e)
{
    int fd;

    e->text[0] = '\0';
    if (make && sys_mkdirat(AT_FDCWD, path, 0700) < 0 && errno != EEXIST) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot make the cache directory '%s'",
                    text_show(path));
        advise(e);
        return -1;
    }
    fd = sys_openat(AT_FDCWD, path, DIRECTORY, 0);
    if (fd < 0 && (make || errno != ENOENT)) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot open the cache directory '%s'",
                    text_show(path));
        advise(e);
    }
    return fd;
}

static int open_area(const char *area, bool make, struct error *e)
{
    char path[PATH_MAX];
    int home;
    int own;
    int fd = -1;

    if (!cache_home(path, e))
        return -1;
    home = open_home(path, make, e);
    if (home < 0)
        return -1;
    strncat(path, "/denybox", sizeof path - strlen(path) - 1);
    own = open_own(home, "denybox", path, make, e);
    if (own >= 0)
        fd = open_own(own, area, path, make, e);
    io_close(&own);
    io_close(&home);
    return fd;
}

int store_open(const char *area, struct error *e)
{
    return open_area(area, true, e);
}

int store_look(const char *area, struct error *e)
{
    return open_area(area, false, e);
}

bool store_path(const char *area, const char *name, char path[PATH_MAX], struct error *e)
{
    char home[PATH_MAX];

    if (!cache_home(home, e))
        return false;
    if (snprintf(path, PATH_MAX, "%s/denybox/%s/%s", home, area, name) < PATH_MAX)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use the cache: its path is too long");
    return advise(e);
}

bool store_explain(const char *area, struct error *e)
{
    char home[PATH_MAX];
    struct error unused;

    if (!error_is_full(e) || !cache_home(home, &unused))
        return false;
    error_errno(e, EXIT_DENYBOX, e->number, "cannot write to the cache '%s/denybox/%s'",
                text_show(home), area);
    return error_hint(e, "denybox cache prune makes room; or set XDG_CACHE_HOME to a directory of "
                         "your own on another disk");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct store_entry *)a)->name, ((const struct store_entry *)b)->name);
}

/* One more at the end; false when out of memory. One that is gone by now is none. */
static bool add_entry(int area, const char *name, struct store_entry **list, size_t *n)
{
    struct store_entry *more = reallocarray(*list, *n + 1, sizeof *more);
    struct stat st;

    if (more == NULL)
        return false;
    *list = more;
    if (fstatat(area, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        snprintf(more[*n].name, sizeof more[*n].name, "%s", name);
        more[(*n)++].used = st.st_mtim;
    }
    return true;
}

static DIR *open_listing(int area)
{
    int fd = sys_openat(area, ".", DIRECTORY, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (d == NULL)
        io_close(&fd);
    return d;
}

bool store_list(int area, struct store_entry **list, size_t *n)
{
    DIR *d = open_listing(area);
    bool ok = d != NULL;

    *list = NULL;
    *n = 0;
    if (!ok)
        return false;
    for (struct dirent *entry; ok && (entry = readdir(d)) != NULL;)
        ok = entry->d_name[0] == '.' || add_entry(area, entry->d_name, list, n);
    closedir(d);
    if (*n != 0)
        qsort(*list, *n, sizeof **list, by_name);
    if (!ok) {
        free(*list);
        *list = NULL;
        *n = 0;
        errno = ENOMEM;
    }
    return ok;
}

size_t store_sweep(int area)
{
    DIR *d = open_listing(area);
    size_t n = 0;

    if (d == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        n += store_is_staging(entry->d_name) && store_prune(area, entry->d_name) == PRUNE_GONE;
    closedir(d);
    return n;
}

void store_mark(int entry)
{
    futimens(entry, NULL);
}

int store_use(int area, const char *name)
{
    for (;;) {
        int fd = sys_openat(area, name, DIRECTORY | O_NOFOLLOW, 0);

        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_SH) < 0) {
            io_close(&fd);
            return -1;
        }
        if (stage_is_named(area, name, fd))
            return fd;
        io_close(&fd);
    }
}

bool staging_begin(int area, struct stage *s, struct error *e)
{
    return stage_make(area, STAGING_PREFIX, s) ||
           error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
}

bool staging_publish(struct stage *s, const char *name, bool *existed, struct error *e)
{
    bool ok = syncfs(s->fd) == 0;

    *existed = false;
    if (ok && sys_renameat2(s->parent, s->name, s->parent, name, RENAME_NOREPLACE) == 0) {
        io_close(&s->fd);
        return true;
    }
    *existed = ok && (errno == EEXIST || errno == ENOTEMPTY);
    if (!*existed)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
    stage_drop(s);
    return *existed;
}

/* The lock is that of the open file, which both descriptors are of. flock(2) promises no change of
 * kind in one; flock_lock_inode() in the kernel's fs/locks.c makes it in one. */
int staging_enter(struct stage *s, const char *name, struct error *e)
{
    int area = s->parent;
    int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    bool existed;

    if (fd < 0) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to the cache");
        stage_drop(s);
        return -1;
    }
    if (!staging_publish(s, name, &existed, e)) {
        io_close(&fd);
        return -1;
    }
    if (existed) {
        io_close(&fd);
        fd = store_use(area, name);
    } else if (flock(fd, LOCK_SH) < 0) {
        io_close(&fd);
    }
    if (fd < 0)
        error_errno(e, EXIT_DENYBOX, errno, "cannot use what was just made in the cache");
    return fd;
}

bool store_is_staging(const char *name)
{
    return strncmp(name, STAGING_PREFIX, strlen(STAGING_PREFIX)) == 0;
}

enum prune_result store_prune(int area, const char *name)
{
    int fd = sys_openat(area, name, DIRECTORY | O_NOFOLLOW, 0);
    enum prune_result result = PRUNE_FAILED;

    if (fd < 0)
        return errno == ENOENT ? PRUNE_GONE : PRUNE_FAILED;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        result = errno == EWOULDBLOCK ? PRUNE_IN_USE : PRUNE_FAILED;
    } else if (!stage_is_named(area, name, fd)) {
        /* Pruned meanwhile, and made anew by somebody who is about to use it. */
        result = PRUNE_IN_USE;
    } else {
        char staging[64];
        char random[33];

        /* Out of the way first, so that nobody begins to use half of it. */
        if (io_random_hex(random)) {
            snprintf(staging, sizeof staging, STAGING_PREFIX "%s", random);
            if (sys_renameat2(area, name, area, staging, RENAME_NOREPLACE) == 0 &&
                tree_remove(area, staging))
                result = PRUNE_GONE;
        }
    }
    io_close(&fd);
    return result;
}
