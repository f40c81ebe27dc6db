/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "tree/tree.h"

static int open_directory(int dirfd, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dirfd, name, flags);

    /* Between the two it can only become another directory of the caller's, or a link: fchmodat
     * follows it, to something that the caller may change anyway. */
    if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
        fd = openat(dirfd, name, flags);
    return fd;
}

static bool remove_entry(int dirfd, const char *name, dev_t dev, int depth);

static bool empty_directory(int dirfd, const char *name, dev_t dev, int depth)
{
    int fd = open_directory(dirfd, name);
    struct stat st;
    DIR *d;
    bool ok = true;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) < 0 || st.st_dev != dev) {
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
            ok = remove_entry(fd, entry->d_name, dev, depth + 1);
    }
    ok = ok && errno == 0;
    closedir(d);
    return ok;
}

static bool remove_entry(int dirfd, const char *name, dev_t dev, int depth)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return true;
    /* POSIX says EPERM for a directory, Linux EISDIR. */
    if (errno != EISDIR && errno != EPERM)
        return false;
    if (depth > TREE_DEPTH_MAX * 2) {
        errno = ELOOP;
        return false;
    }
    return empty_directory(dirfd, name, dev, depth) && unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

bool tree_remove(int dirfd, const char *name)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    return remove_entry(dirfd, name, st.st_dev, 0);
}
