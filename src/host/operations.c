/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "host/tries.h"

/* What is tried, each in a child that is thrown away: nothing has to be put back or closed. The
 * call that is about to be made is noted first, for the diagnosis. */

#define MAKE(t, which, made) ((t)->call = (which), (made))

bool try_nothing(struct trial *t)
{
    (void)t;
    return true;
}

bool try_clone3(struct trial *t)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    pid_t child = MAKE(t, CALL_CLONE3, sys_clone3(&args));

    if (child == 0)
        _exit(0);
    if (child > 0)
        sys_waitid(P_PID, (id_t)child, NULL, WEXITED, NULL);
    return child > 0;
}

bool try_openat2(struct trial *t)
{
    return MAKE(t, CALL_OPENAT2,
                sys_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS)) >= 0;
}

bool try_close_range(struct trial *t)
{
    return MAKE(t, CALL_CLOSE_RANGE, sys_close_range(~0U - 1, ~0U, 0)) == 0;
}

bool try_pidfd(struct trial *t)
{
    int self = MAKE(t, CALL_PIDFD_OPEN, sys_pidfd_open(getpid()));

    return self >= 0 && MAKE(t, CALL_PIDFD_SEND, sys_pidfd_send_signal(self, 0)) == 0;
}

bool try_setattr(struct trial *t)
{
    struct mount_attr attr = {.propagation = MS_PRIVATE};

    return MAKE(t, CALL_SETATTR, sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr)) == 0;
}

/* A file system of a type, configured by one pair unless key is NULL, and mounted nowhere. */
static int new_mount(struct trial *t, const char *type, const char *key, const char *value)
{
    int fs = MAKE(t, CALL_FSOPEN, sys_fsopen(type));

    if (fs < 0 ||
        (key != NULL &&
         MAKE(t, CALL_FSCONFIG, sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value)) < 0) ||
        MAKE(t, CALL_FSCONFIG, sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL)) < 0)
        return -1;
    return MAKE(t, CALL_FSMOUNT, sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
}

bool try_tmpfs(struct trial *t)
{
    return new_mount(t, "tmpfs", "size", "65536") >= 0;
}

/* A tmpfs over the root of the child, with two directories in it. */
static int stage(struct trial *t)
{
    int staging = try_setattr(t) ? new_mount(t, "tmpfs", "size", "65536") : -1;

    if (staging < 0 || MAKE(t, CALL_MOVE_MOUNT, sys_move_mount(staging, AT_FDCWD, "/")) < 0)
        return -1;
    t->call = CALL_FILES;
    return sys_mkdirat(staging, "skeleton", 0755) == 0 && sys_mkdirat(staging, "root", 0755) == 0
               ? staging
               : -1;
}

bool try_trees(struct trial *t)
{
    int staging = stage(t);
    int tree = -1;

    if (staging >= 0)
        tree =
            MAKE(t, CALL_OPEN_TREE,
                 sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    return tree >= 0 && MAKE(t, CALL_MOVE_MOUNT, sys_move_mount(tree, staging, "root")) == 0;
}

bool try_pivot(struct trial *t)
{
    int staging = stage(t);

    if (staging < 0 || sys_fchdir(staging) < 0)
        return false;
    return MAKE(t, CALL_PIVOT, sys_pivot_root()) == 0 &&
           MAKE(t, CALL_UMOUNT, sys_umount_detach()) == 0;
}

bool try_procfs(struct trial *t)
{
    return new_mount(t, "proc", "subset", "pid") >= 0;
}

bool try_overlay(struct trial *t)
{
    int staging = stage(t);

    if (staging < 0 || sys_fchdir(staging) < 0)
        return false;
    return new_mount(t, "overlay", "lowerdir", "skeleton:root") >= 0;
}

static bool map_child(pid_t child, const char *name)
{
    static const char map[] = "0 65532 1\n";
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)child, name);
    fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    return fd >= 0 && sys_write(fd, map, strlen(map)) == (ssize_t)strlen(map);
}

/* What an idle child does: it stays until nobody holds the other end of the pipe, its parent by its
 * death neither. A filter may deny kill, and PR_SET_PDEATHSIG may come too late. */
static void idle(int pipe[2])
{
    char end;

    io_close(&pipe[1]);
    (void)!read(pipe[0], &end, 1);
    _exit(0);
}

/* A user namespace for the mapping, kept alive by a child of its own; then a tree is mapped by it.
 */
bool try_idmap(struct trial *t)
{
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
    int tree =
        MAKE(t, CALL_OPEN_TREE, sys_open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    int pipe[2] = {-1, -1};
    pid_t child =
        tree < 0 || sys_pipe2(pipe, O_CLOEXEC) < 0 ? -1 : MAKE(t, CALL_CLONE3, sys_clone3(&args));
    char path[64];
    int user;
    bool ok;

    if (child == 0)
        idle(pipe);
    if (child < 0)
        return false;
    t->call = CALL_MAP;
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)child);
    user = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    ok = user >= 0 && map_child(child, "uid_map") && map_child(child, "gid_map");
    attr.userns_fd = (uint64_t)user;
    ok = ok && MAKE(t, CALL_SETATTR, sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr)) == 0;
    user = errno;
    io_close(&pipe[1]);
    sys_waitid(P_PID, (id_t)child, NULL, WEXITED, NULL);
    errno = user;
    return ok;
}

bool try_seccomp(struct trial *t)
{
    static const struct sock_filter allow[] = {
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    t->call = CALL_SECCOMP;
    return sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) == 0 && sys_seccomp_filter(allow, 1) == 0;
}

/*
 * This process and one more, and the next is refused: with the caller's other processes counted, as
 * before 5.14, not even the first could be forked; root of the host, whatever its id is here, is
 * held to no limit, and has both. t->value is how many could.
 */
bool try_pids(struct trial *t)
{
    pid_t children[2] = {-1, -1};
    int pipe[2];
    int n;

    t->call = CALL_FORK;
    if (sys_pipe2(pipe, O_CLOEXEC) < 0 || sys_setrlimit(RLIMIT_NPROC, 2, 2) < 0)
        return false;
    /* Not counted in *t, which the children share: they may look at the count late. */
    for (n = 0; n < 2; n++) {
        children[n] = sys_fork();
        if (children[n] == 0)
            idle(pipe);
        if (children[n] < 0)
            break;
    }
    t->value = n;
    io_close(&pipe[1]);
    for (int i = 0; i < 2; i++) {
        if (children[i] > 0)
            sys_waitid(P_PID, (id_t)children[i], NULL, WEXITED, NULL);
    }
    errno = EPERM;
    return t->value == 1;
}

bool try_landlock(struct trial *t)
{
    t->value = MAKE(t, CALL_LANDLOCK,
                    sys_landlock_create(NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */));
    return t->value > 0;
}
