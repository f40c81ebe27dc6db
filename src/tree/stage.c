/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "tree/remove.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define RANDOM_LENGTH 32

/* Whoever sweeps can take one away between its making and its locking: then there is another. */
#define TRIES 16

bool stage_is_named(int parent, const char *name, int fd)
{
    struct stat by_name;
    struct stat by_fd;

    return fstatat(parent, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino;
}

/* One try. False with errno set; EAGAIN: somebody has swept it. */
static bool make(struct stage *s)
{
    if (sys_mkdirat(s->parent, s->name, 0700) < 0)
        return false;
    s->fd = sys_openat(s->parent, s->name, DIRECTORY, 0);
    if (s->fd < 0 && errno == ENOENT)
        errno = EAGAIN;
    if (s->fd < 0)
        return false;
    if (flock(s->fd, LOCK_EX | LOCK_NB) < 0)
        return false;
    if (stage_is_named(s->parent, s->name, s->fd))
        return true;
    errno = EAGAIN;
    return false;
}

bool stage_make(int parent, const char *prefix, struct stage *s)
{
    char random[RANDOM_LENGTH + 1];

    *s = (struct stage){.parent = parent, .fd = -1};
    for (int i = 0; i < TRIES; i++) {
        if (!io_random_hex(random))
            return false;
        snprintf(s->name, sizeof s->name, "%s%s", prefix, random);
        if (make(s))
            return true;
        io_close(&s->fd);
        if (errno != EAGAIN) {
            int saved = errno;

            unlinkat(parent, s->name, AT_REMOVEDIR);
            errno = saved;
            return false;
        }
    }
    return false;
}

bool stage_drop(struct stage *s)
{
    bool ok = true;

    if (s->fd >= 0)
        ok = tree_remove(s->parent, s->name);
    io_close(&s->fd);
    return ok;
}

bool stage_is(const char *prefix, const char *name)
{
    size_t length = strlen(prefix);

    return strncmp(name, prefix, length) == 0 && strlen(name) == length + RANDOM_LENGTH &&
           strspn(name + length, "0123456789abcdef") == RANDOM_LENGTH;
}

/* Of nobody else's, for root neither: whoever owns it can change it while it is being removed. */
static bool is_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == geteuid();
}

static void sweep(int parent, const char *name)
{
    int fd = openat(parent, name, DIRECTORY);

    if (fd >= 0 && is_ours(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        stage_is_named(parent, name, fd))
        tree_remove(parent, name);
    io_close(&fd);
}

void stage_sweep(int parent, const char *prefix)
{
    int fd = openat(parent, ".", DIRECTORY);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (d == NULL) {
        io_close(&fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (stage_is(prefix, entry->d_name))
            sweep(parent, entry->d_name);
    }
    closedir(d);
}
