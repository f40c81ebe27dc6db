/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Where what needs a capability has its control: namespaces of an ordinary user's own, with nothing
 * of a sandbox. What is done here is over when the last process is.
 */

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool map_ids(uid_t uid, gid_t gid)
{
    char map[64];

    snprintf(map, sizeof map, "0 %u 1\n", uid);
    if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", map))
        return false;
    snprintf(map, sizeof map, "0 %u 1\n", gid);
    return write_text("/proc/self/gid_map", map);
}

/* Its loopback alone: no packet has anywhere else to go. */
static bool loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* A /tmp that is a mount, as in a sandbox, with the flags that an attempt may want to lift. */
static bool own_mounts(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", place.tmp, "tmpfs", MS_NOEXEC | MS_NOSUID, NULL) == 0 &&
           mount("proc", "/proc", "proc", 0, NULL) == 0;
}

bool enter_namespaces(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    pid_t child;
    int status;

    if (uid == 0) { /* attacks are for ordinary users */
        errno = EPERM;
        return false;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                CLONE_NEWUTS | CLONE_NEWCGROUP) < 0 ||
        !map_ids(uid, gid))
        return false;
    child = fork();
    if (child < 0)
        return false;
    if (child > 0) {
        if (waitpid(child, &status, 0) != child)
            _exit(97);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 97);
    }
    return own_mounts() && loopback_up();
}
