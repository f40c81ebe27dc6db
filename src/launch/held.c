/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/cgroup.h"

/* Cgroups with a launcher: made, removed, and swept when it is dead. */

/* How often a sweeper may be in the way between the making and the lock. */
#define TRIES 16

/* Who has a place for itself is about to leave it: milliseconds. */
#define ENTER_MS 10
#define ENTER_TRIES 100

/* Processes that were killed are gone in milliseconds; one that hangs in the kernel stays. */
#define WAIT_MS 100
#define WAITS 20

/* Opens and locks it. False: it is not there any more, or somebody else has the lock. */
static bool hold(int place, struct held *h)
{
    struct stat ours;
    struct stat there;

    h->fd = sys_openat(place, h->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (h->fd < 0)
        return false;
    /* Who has removed it has had the lock before. */
    if (sys_flock(h->fd, LOCK_EX | LOCK_NB) == 0 && sys_fstat(h->fd, &ours) == 0 &&
        ours.st_uid == geteuid() && fstatat(place, h->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_ino == there.st_ino)
        return true;
    io_close(&h->fd);
    return false;
}

bool cgroup_make(int place, struct held *h)
{
    char digits[33];

    for (int i = 0; i < TRIES; i++) {
        if (!io_random_hex(digits))
            return false;
        snprintf(h->name, sizeof h->name, CGROUP_PREFIX "%s", digits);
        /* Nobody else is to open it: he could lock it. */
        if (sys_mkdirat(place, h->name, 0700) < 0)
            return false;
        if (hold(place, h))
            return true;
        if (errno != EWOULDBLOCK && errno != ENOENT) {
            int saved = errno;

            sys_unlinkat(place, h->name, AT_REMOVEDIR);
            errno = saved;
            return false;
        }
    }
    return false;
}

/* Waits until the kernel says that no process is in it. */
static void wait_until_empty(int fd)
{
    int events = sys_openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    struct pollfd change = {.fd = events, .events = POLLPRI};

    for (int i = 0; events >= 0 && i < WAITS; i++) {
        char text[256] = "";
        ssize_t n = pread(events, text, sizeof text - 1, 0);

        if (n > 0 && strstr(text, "populated 0") != NULL)
            break;
        poll(&change, 1, WAIT_MS);
    }
    io_close(&events);
}

/* False: there are processes in it, which are killed. */
static bool remove_or_kill(int place, const struct held *h)
{
    if (sys_unlinkat(place, h->name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    io_write_file(h->fd, "cgroup.kill", "1");
    return false;
}

bool cgroup_remove(int place, const struct held *h)
{
    if (remove_or_kill(place, h))
        return true;
    wait_until_empty(h->fd);
    return sys_unlinkat(place, h->name, AT_REMOVEDIR) == 0;
}

static bool is_ours(const char *name)
{
    const char *digits = name + strlen(CGROUP_PREFIX);

    return strncmp(name, CGROUP_PREFIX, strlen(CGROUP_PREFIX)) == 0 &&
           strspn(digits, "0123456789abcdef") == 32 && digits[32] == '\0';
}

void cgroup_sweep(int place)
{
    int fd = sys_openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        struct held h = {.fd = -1};

        if (!is_ours(entry->d_name))
            continue;
        snprintf(h.name, sizeof h.name, "%.*s", (int)sizeof h.name - 1, entry->d_name);
        if (hold(place, &h))
            remove_or_kill(place, &h);
        io_close(&h.fd);
    }
    if (d != NULL)
        closedir(d);
    else
        io_close(&fd);
}

bool place_enter(int place)
{
    for (int i = 0; sys_flock(place, LOCK_SH | LOCK_NB) < 0; i++) {
        if (errno != EWOULDBLOCK || i == ENTER_TRIES)
            return false;
        poll(NULL, 0, ENTER_MS);
    }
    return true;
}

/* A lock that is there is given up for the other, whether that is to be had or not. */
bool place_leave(int place)
{
    return sys_flock(place, LOCK_EX | LOCK_NB) == 0;
}
