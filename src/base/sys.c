/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fault.h"

/* A call that fails when the test build says so, and else does what follows. */
#define FAULT_POINT(name)                                                                          \
    do {                                                                                           \
        if (fault_fails(name))                                                                     \
            return -1;                                                                             \
    } while (0)

int sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    FAULT_POINT("openat");
    return openat(dirfd, path, flags, mode);
}

int sys_openat2(int dirfd, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .resolve = resolve};
    int fd = -1;

    FAULT_POINT("openat2");
    /* EAGAIN: something was renamed or mounted somewhere on the host while a ".." was walked, and
     * the kernel will not say that it stayed inside (openat2(2)): it is to be asked again. */
    for (int tries = 0; tries < 1000; tries++) {
        fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    return fd;
}

int sys_openat2_form(void)
{
    FAULT_POINT("openat2_form");
    if (syscall(SYS_openat2, -1, NULL, NULL, 0) == -1 && errno == EINVAL)
        return 0;
    return -1;
}

int sys_fstat(int fd, struct stat *st)
{
    FAULT_POINT("fstat");
    return fstat(fd, st);
}

int sys_fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
    FAULT_POINT("fstatat");
    return fstatat(dirfd, path, st, flags);
}

int sys_fstatfs(int fd, struct statfs *fs)
{
    FAULT_POINT("fstatfs");
    return fstatfs(fd, fs);
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
    FAULT_POINT("read");
    return read(fd, buffer, size);
}

ssize_t sys_write(int fd, const void *buffer, size_t size)
{
    FAULT_POINT("write");
    return write(fd, buffer, size);
}

int sys_pipe2(int fds[2], int flags)
{
    FAULT_POINT("pipe2");
    return pipe2(fds, flags);
}

int sys_socketpair(int type, int fds[2])
{
    FAULT_POINT("socketpair");
    return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds);
}

int sys_setsockopt(int fd, int option, int value)
{
    FAULT_POINT("setsockopt");
    return setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

int sys_dup3(int from, int to, int flags)
{
    FAULT_POINT("dup3");
    return dup3(from, to, flags);
}

int sys_fcntl(int fd, int command, long argument)
{
    FAULT_POINT("fcntl");
    return fcntl(fd, command, argument);
}

int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
    FAULT_POINT("close_range");
    return (int)syscall(SYS_close_range, first, last, flags);
}

int sys_flock(int fd, int operation)
{
    FAULT_POINT("flock");
    return flock(fd, operation);
}

int sys_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    FAULT_POINT("poll");
    return poll(fds, n, timeout_ms);
}

ssize_t sys_getrandom(void *buffer, size_t size)
{
    FAULT_POINT("getrandom");
    return getrandom(buffer, size, 0);
}

pid_t sys_clone3(struct clone_args *args)
{
    FAULT_POINT("clone3");
    return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

pid_t sys_fork(void)
{
    FAULT_POINT("fork");
    /* Not fork(3): no handlers of atfork, and one number in every trace. */
    return (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
}

int sys_waitid(int type, id_t id, siginfo_t *info, int options, struct rusage *usage)
{
    FAULT_POINT("waitid");
    return (int)syscall(SYS_waitid, type, id, info, options, usage);
}

int sys_pidfd_open(pid_t pid)
{
    FAULT_POINT("pidfd_open");
    return (int)syscall(SYS_pidfd_open, pid, 0U);
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
    FAULT_POINT("pidfd_send_signal");
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0U);
}

int sys_pidfd_signal_group(int pidfd, int signal)
{
    FAULT_POINT("pidfd_signal_group");
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL,
                        4U /* PIDFD_SIGNAL_PROCESS_GROUP */);
}

pid_t sys_setsid(void)
{
    FAULT_POINT("setsid");
    return setsid();
}

int sys_prctl(int option, unsigned long a, unsigned long b)
{
    FAULT_POINT("prctl");
    return prctl(option, a, b, 0UL, 0UL);
}

int sys_personality(unsigned long persona)
{
    FAULT_POINT("personality");
    return personality(persona);
}

int sys_setresuid(uid_t uid)
{
    FAULT_POINT("setresuid");
    return (int)syscall(SYS_setresuid, uid, uid, uid);
}

int sys_setresgid(gid_t gid)
{
    FAULT_POINT("setresgid");
    return (int)syscall(SYS_setresgid, gid, gid, gid);
}

int sys_setgroups_none(void)
{
    FAULT_POINT("setgroups");
    return (int)syscall(SYS_setgroups, 0UL, NULL);
}

int sys_setrlimit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

    FAULT_POINT("setrlimit");
    return setrlimit(resource, &limit);
}

int sys_sched_setaffinity(const struct processors *these)
{
    FAULT_POINT("sched_setaffinity");
    return sched_setaffinity(0, sizeof *these, these->set);
}

int sys_sched_setscheduler(int policy)
{
    struct sched_param none = {0};

    FAULT_POINT("sched_setscheduler");
    return (int)syscall(SYS_sched_setscheduler, 0, policy, &none);
}

long sys_keyctl(int operation)
{
    FAULT_POINT("keyctl");
    return syscall(SYS_keyctl, operation, 0UL, 0UL, 0UL, 0UL);
}

int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
    FAULT_POINT("open_tree");
    return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

int sys_mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr)
{
    FAULT_POINT("mount_setattr");
    return (int)syscall(SYS_mount_setattr, dirfd, path, flags, attr, sizeof *attr);
}

int sys_move_mount(int from, int to_dirfd, const char *to_path)
{
    FAULT_POINT("move_mount");
    return (int)syscall(SYS_move_mount, from, "", to_dirfd, to_path, MOVE_MOUNT_F_EMPTY_PATH);
}

int sys_fsopen(const char *type)
{
    FAULT_POINT("fsopen");
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int sys_fsconfig(int fs, unsigned command, const char *key, const char *value)
{
    FAULT_POINT("fsconfig");
    return (int)syscall(SYS_fsconfig, fs, command, key, value, 0);
}

int sys_fsmount(int fs, unsigned attributes)
{
    FAULT_POINT("fsmount");
    return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

int sys_pivot_root(void)
{
    FAULT_POINT("pivot_root");
    return (int)syscall(SYS_pivot_root, ".", ".");
}

int sys_umount_detach(void)
{
    FAULT_POINT("umount2");
    return (int)syscall(SYS_umount2, ".", 2 /* MNT_DETACH */);
}

int sys_mkdirat(int dirfd, const char *path, mode_t mode)
{
    FAULT_POINT("mkdirat");
    return mkdirat(dirfd, path, mode);
}

int sys_unlinkat(int dirfd, const char *path, int flags)
{
    FAULT_POINT("unlinkat");
    return unlinkat(dirfd, path, flags);
}

int sys_symlinkat(const char *target, int dirfd, const char *path)
{
    FAULT_POINT("symlinkat");
    return symlinkat(target, dirfd, path);
}

int sys_linkat(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
{
    FAULT_POINT("linkat");
    return linkat(from_dirfd, from, to_dirfd, to, flags);
}

int sys_syncfs(int fd)
{
    FAULT_POINT("syncfs");
    return syncfs(fd);
}

int sys_renameat2(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
    FAULT_POINT("renameat2");
    return (int)syscall(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);
}

int sys_fchdir(int fd)
{
    FAULT_POINT("fchdir");
    return fchdir(fd);
}

int sys_chdir(const char *path)
{
    FAULT_POINT("chdir");
    return chdir(path);
}

int sys_unshare(int flags)
{
    FAULT_POINT("unshare");
    return unshare(flags);
}

int sys_setns(int fd, int flags)
{
    FAULT_POINT("setns");
    return setns(fd, flags);
}

int sys_sethostname(const char *name)
{
    FAULT_POINT("sethostname");
    return sethostname(name, strlen(name));
}

int sys_setdomainname(const char *name)
{
    FAULT_POINT("setdomainname");
    return setdomainname(name, strlen(name));
}

int sys_seccomp_filter(const struct sock_filter *code, unsigned short length)
{
    struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)(uintptr_t)code};

    FAULT_POINT("seccomp");
    /*
     * prctl and not seccomp(2): the strict profile, once loaded, allows the former only, which
     * takes no flags and so can create no listener.
     */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0UL, 0UL);
}

int sys_landlock_create(const void *attributes, size_t size, unsigned flags)
{
    FAULT_POINT("landlock_create_ruleset");
    return (int)syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

int sys_landlock_add(int ruleset, const void *rule)
{
    FAULT_POINT("landlock_add_rule");
    return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0U);
}

int sys_landlock_restrict(int ruleset)
{
    FAULT_POINT("landlock_restrict_self");
    return (int)syscall(SYS_landlock_restrict_self, ruleset, 0U);
}
