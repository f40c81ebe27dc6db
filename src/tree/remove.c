/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"

#define DIRECTORY (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Lets the owner in. fchmodat would follow a link that the name has become meanwhile, and fchmod
 * refuses a descriptor that reads nothing. */
static bool open_up(int dirfd, const char *name)
{
    int handle = openat(dirfd, name, O_PATH | DIRECTORY);
    char path[32];
    bool ok;

    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    ok = handle >= 0 && chmod(path, 0700) == 0;
    io_close(&handle);
    return ok;
}

static int open_directory(int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | DIRECTORY);

    if (fd < 0 && errno == EACCES && open_up(dirfd, name))
        fd = openat(dirfd, name, O_RDONLY | DIRECTORY);
    return fd;
}

/* A tree can be deeper than there are descriptors: what lies deeper than this is moved up beside
 * what is removed, and removed after it. */
#define DEPTH_MAX 128

struct removal {
    int top;
    dev_t dev;
    char prefix[48]; /* of the names of what was moved, which cannot be guessed */
    unsigned moved;
};

static bool remove_entry(struct removal *r, int dirfd, const char *name, int depth);

static bool empty_directory(struct removal *r, int dirfd, const char *name, int depth)
{
    int fd = open_directory(dirfd, name);
    struct stat st;
    DIR *d;
    bool ok = true;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) < 0 || st.st_dev != r->dev) {
        errno = EXDEV;
        io_close(&fd);
        return false;
    }
    if ((st.st_mode & 0700) != 0700)
        fchmod(fd, 0700);
    d = fdopendir(fd);
    if (d == NULL) {
        io_close(&fd);
        return false;
    }
    for (struct dirent *entry; ok && (errno = 0, entry = readdir(d)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = remove_entry(r, fd, entry->d_name, depth + 1);
    }
    ok = ok && errno == 0;
    closedir(d);
    return ok;
}

static void name_moved(const struct removal *r, unsigned n, char name[64])
{
    snprintf(name, 64, "%s%u", r->prefix, n);
}

static bool move_up(struct removal *r, int dirfd, const char *name)
{
    char moved[64];

    /* To give a directory another parent is to write to it. */
    name_moved(r, r->moved, moved);
    if (!open_up(dirfd, name) || sys_renameat2(dirfd, name, r->top, moved, RENAME_NOREPLACE) < 0)
        return false;
    r->moved++;
    return true;
}

static bool remove_entry(struct removal *r, int dirfd, const char *name, int depth)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return true;
    /* POSIX says EPERM for a directory, Linux EISDIR. */
    if (errno != EISDIR && errno != EPERM)
        return false;
    if (depth > DEPTH_MAX)
        return move_up(r, dirfd, name);
    return empty_directory(r, dirfd, name, depth) && unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

bool tree_remove(int dirfd, const char *name)
{
    struct removal r = {.top = dirfd};
    char random[33];
    char moved[64];
    struct stat st;
    bool ok;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    if (!io_random_hex(random))
        return false;
    r.dev = st.st_dev;
    /* In the cache that is the name of what nobody uses (store.h), should this end half way. */
    snprintf(r.prefix, sizeof r.prefix, ".new-%s-", random);
    ok = remove_entry(&r, dirfd, name, 0);
    for (unsigned n = 0; n < r.moved; n++) { /* which may bring more of them */
        name_moved(&r, n, moved);
        ok = remove_entry(&r, dirfd, moved, 0) && ok;
    }
    return ok;
}
