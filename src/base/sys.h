/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_SYS_H
#define DENYBOX_BASE_SYS_H

#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

/* As many as a kernel can be built for (NR_CPUS): one that is for more than libc's cpu_set_t has
 * answers EINVAL to whoever asks by that, sched_setaffinity(2). */
#define PROCESSORS_MAX (8 * CPU_SETSIZE)

struct processors {
    cpu_set_t set[PROCESSORS_MAX / CPU_SETSIZE];
};

/*
 * The system calls of setting up, each with a fault point under its own name. They return what the
 * kernel returns: -1 and errno on failure. The raw call is used where libc has no wrapper in every
 * version that is supported, or has one that does more than the call.
 */

int sys_openat(int dirfd, const char *path, int flags, mode_t mode);
int sys_openat2(int dirfd, const char *path, int flags, uint64_t resolve);
/* openat2 in a form that the kernel refuses with EINVAL before it does anything: 0. -1 and errno
 * where a filter or an old kernel answers otherwise. */
int sys_openat2_form(void);
int sys_fstat(int fd, struct stat *st);
int sys_fstatat(int dirfd, const char *path, struct stat *st, int flags);
int sys_fstatfs(int fd, struct statfs *fs);
ssize_t sys_read(int fd, void *buffer, size_t size);
ssize_t sys_write(int fd, const void *buffer, size_t size);
int sys_pipe2(int fds[2], int flags);
int sys_socketpair(int type, int fds[2]);
int sys_setsockopt(int fd, int option, int value);
int sys_dup3(int from, int to, int flags);
int sys_fcntl(int fd, int command, long argument);
int sys_close_range(unsigned first, unsigned last, unsigned flags);
int sys_flock(int fd, int operation);
int sys_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
ssize_t sys_getrandom(void *buffer, size_t size);

pid_t sys_clone3(struct clone_args *args);
pid_t sys_fork(void);
int sys_waitid(int type, id_t id, siginfo_t *info, int options, struct rusage *usage);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
/* To the process group that the process leads; EINVAL before Linux 6.9. */
int sys_pidfd_signal_group(int pidfd, int signal);
pid_t sys_setsid(void);
int sys_prctl(int option, unsigned long a, unsigned long b);
int sys_personality(unsigned long persona);
int sys_setresuid(uid_t uid);
int sys_setresgid(gid_t gid);
int sys_setgroups_none(void);
int sys_setrlimit(int resource, rlim_t soft, rlim_t hard);
int sys_sched_setaffinity(const struct processors *these);
/* Of this process; of a policy that has no priorities. */
int sys_sched_setscheduler(int policy);
long sys_keyctl(int operation);

int sys_open_tree(int dirfd, const char *path, unsigned flags);
int sys_mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr);
int sys_move_mount(int from, int to_dirfd, const char *to_path);
int sys_fsopen(const char *type);
int sys_fsconfig(int fs, unsigned command, const char *key, const char *value);
int sys_fsmount(int fs, unsigned attributes);
int sys_pivot_root(void);
int sys_umount_detach(void);
int sys_mkdirat(int dirfd, const char *path, mode_t mode);
int sys_unlinkat(int dirfd, const char *path, int flags);
int sys_symlinkat(const char *target, int dirfd, const char *path);
int sys_linkat(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags);
int sys_syncfs(int fd);
int sys_renameat2(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags);
int sys_fchdir(int fd);
int sys_chdir(const char *path);
int sys_unshare(int flags);
int sys_setns(int fd, int flags);
int sys_sethostname(const char *name);
int sys_setdomainname(const char *name);

int sys_seccomp_filter(const struct sock_filter *code, unsigned short length);
int sys_landlock_create(const void *attributes, size_t size, unsigned flags);
int sys_landlock_add(int ruleset, const void *rule);
int sys_landlock_restrict(int ruleset);

#endif
