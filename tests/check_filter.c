/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three profiles, as they are built into denybox, as truth tables in an interpreter: for both
 * machines, nothing installed.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "bpf_interp.h"
#include "filter/builtin.h"
#include "filter/compile.h"
#include "meaning.h"
#include "support.h"
#include "json/json.h"

#define NEWEST 449
#define X32 0x40000000
#define HIGH(n) ((uint64_t)(n) << 32)
#define ANY                                                                                        \
    0xdeadbeef00000000 /* what a register may hold above the 32 bits that the kernel reads */

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define ERR(n) (SECCOMP_RET_ERRNO | (n))

enum { X86_64, AARCH64, N_ARCHES };

static const uint32_t audit_arch[N_ARCHES] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};
static const char *const arch_names[N_ARCHES] = {"x86_64", "aarch64"};

struct name {
    const char *name;
    int number[N_ARCHES];
};

static const struct name names[] = {
#define SYSCALL(name, x86_64, aarch64) {#name, {x86_64, aarch64}},
#include "syscalls.def"
#undef SYSCALL
};

#define N_NAMES (sizeof names / sizeof names[0])

/* Calls that each profile decides without a look at their arguments, but for the default. */
static const char strict_allowed[] =
    " fork vfork exit exit_group wait4 waitid getpid getppid gettid getpgid getpgrp getsid setpgid "
    "setsid set_tid_address getuid geteuid getgid getegid getresuid getresgid getgroups capget "
    "setuid setgid setreuid setregid setresuid setresgid kill tkill tgkill rt_sigqueueinfo "
    "rt_tgsigqueueinfo pidfd_open pidfd_send_signal rt_sigaction rt_sigprocmask rt_sigreturn "
    "rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack signalfd signalfd4 pause "
    "restart_syscall brk mmap munmap mremap mprotect madvise msync mincore mlock mlock2 mlockall "
    "munlock munlockall memfd_create futex set_robust_list rseq membarrier futex_waitv arch_prctl "
    "sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr "
    "sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority ioprio_get "
    "getcpu getrlimit setrlimit getrusage times sysinfo uname clock_gettime clock_getres "
    "clock_nanosleep gettimeofday time nanosleep alarm getitimer setitimer timer_create "
    "timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime "
    "timerfd_gettime getrandom read readv pread64 preadv preadv2 write writev pwrite64 pwritev "
    "pwritev2 lseek close close_range dup dup2 dup3 flock pipe pipe2 stat fstat lstat "
    "newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getcwd chdir "
    "fchdir getdents getdents64 umask getxattr lgetxattr fgetxattr listxattr llistxattr "
    "flistxattr mkdir mkdirat rmdir unlink unlinkat rename renameat link linkat symlink "
    "symlinkat truncate ftruncate fallocate chown fchown fchownat lchown utime utimes futimesat "
    "utimensat fsync fdatasync sync_file_range syncfs readahead fadvise64 sendfile splice tee "
    "copy_file_range poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait "
    "epoll_pwait epoll_pwait2 eventfd eventfd2 inotify_init inotify_init1 inotify_add_watch "
    "inotify_rm_watch recvfrom recvmsg recvmmsg shutdown getsockname getpeername getsockopt ";
static const char strict_by_argument[] =
    " execveat clone prlimit64 personality open openat creat chmod fchmod fchmodat mknod mknodat "
    "renameat2 fcntl socketpair sendto ioctl prctl ";
static const char strict_nosys[] = " clone3 openat2 ";
static const char strict_nosup[] =
    " setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr ";

static const char targeted_denied[] =
    " execve unshare setns socket connect bind listen accept accept4 sendmsg sendmmsg ptrace "
    "process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp mount "
    "umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr "
    "name_to_handle_at open_by_handle_at io_uring_setup io_uring_enter io_uring_register bpf "
    "perf_event_open userfaultfd fanotify_init fanotify_mark vmsplice add_key request_key keyctl "
    "seccomp memfd_secret sched_setaffinity shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl "
    "semget semop semctl semtimedop mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify "
    "mq_getsetattr quotactl quotactl_fd swapon swapoff reboot kexec_load kexec_file_load acct "
    "vhangup syslog init_module finit_module delete_module settimeofday clock_settime adjtimex "
    "clock_adjtime sethostname setdomainname iopl ioperm modify_ldt create_module get_kernel_syms "
    "query_module _sysctl sysfs uselib ustat nfsservctl lookup_dcookie afs_syscall getpmsg putpmsg "
    "security tuxcall vserver epoll_ctl_old epoll_wait_old set_thread_area get_thread_area "
    "remap_file_pages ";
static const char targeted_by_argument[] =
    " execveat clone prlimit64 personality open openat creat chmod fchmod fchmodat mknod mknodat "
    "fcntl socketpair sendto ioctl ";
static const char targeted_nosys[] = " clone3 openat2 ";

static const char init_allowed[] =
    " poll ppoll read write close waitid rt_sigreturn rt_sigprocmask restart_syscall getpid exit "
    "exit_group ";

/* What is decided by an argument: the verdicts of strict and of targeted. */
static const struct row {
    const char *name;
    uint64_t args[6];
    uint32_t strict;
    uint32_t targeted;
} rows[] = {
    /* Threads and processes, then each namespace flag, and flags in the half nobody reads. */
    {"clone", {0x3d0f00}, ALLOW, ALLOW},
    {"clone", {0x11}, ALLOW, ALLOW},
    {"clone", {0x1200011}, ALLOW, ALLOW},
    {"clone", {0x80}, ALLOW, ALLOW}, /* an exit signal here, CLONE_NEWTIME elsewhere */
    {"clone", {ANY | 0x11}, ALLOW, ALLOW},
    {"clone", {HIGH(0x10000000) | 0x11}, ALLOW, ALLOW},
    {"clone", {0x00020000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x02000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x04000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x08000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x10000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x20000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x40000000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x10000011}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0x7e020000}, ERR(EPERM), ERR(EPERM)},
    {"clone", {ANY | 0x10000011}, ERR(EPERM), ERR(EPERM)},
    {"clone", {0xffffffffffffffff}, ERR(EPERM), ERR(EPERM)},

    /* Flags in args[4]; the halves nobody reads hold the seal's token. */
    {"execveat", {3, 0, 0, 0, 0x1000}, ALLOW, ALLOW},
    {"execveat", {ANY | 3, 0, 0, 0, ANY | 0x1000, 0x123456789abcdef0}, ALLOW, ALLOW},
    {"execveat", {3, 0, 0, 0, 0}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {0xffffff9c, 0, 0, 0, 0}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, HIGH(0x1000)}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, 0x100}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, 0x1100}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, 0x11000}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, 0x10000}, ERR(EPERM), ERR(EPERM)},
    {"execveat", {3, 0, 0, 0, ANY | 0x1100}, ERR(EPERM), ERR(EPERM)},
    /* A flag no kernel knows is EINVAL there, and targeted leaves it to the seal. */
    {"execveat", {3, 0, 0, 0, 0x1001}, ERR(EPERM), ALLOW},

    {"prlimit64", {0, 7}, ALLOW, ALLOW},
    {"prlimit64", {1, 7}, ERR(EPERM), ERR(EPERM)},
    {"prlimit64", {0xffffffff, 7}, ERR(EPERM), ERR(EPERM)},
    {"prlimit64", {ANY | 1, 7}, ERR(EPERM), ERR(EPERM)},
    {"prlimit64", {HIGH(1), 7}, ALLOW, ERR(EPERM)},

    {"personality", {0xffffffff}, ALLOW, ALLOW},
    {"personality", {0xffffffffffffffff}, ALLOW, ERR(EPERM)},
    {"personality", {0}, ERR(EPERM), ERR(EPERM)},
    {"personality", {0x0400000}, ERR(EPERM), ERR(EPERM)},
    {"personality", {0x0040000}, ERR(EPERM), ERR(EPERM)},
    {"personality", {ANY | 0x0400000}, ERR(EPERM), ERR(EPERM)},
    {"personality", {0xfffffffe}, ERR(EPERM), ERR(EPERM)},

    {"socketpair", {1, 1}, ALLOW, ALLOW},
    {"socketpair", {1, 2}, ALLOW, ALLOW},
    {"socketpair", {0, 1}, ERR(EPERM), ERR(EPERM)},
    {"socketpair", {2, 1}, ERR(EPERM), ERR(EPERM)},
    {"socketpair", {30, 1}, ERR(EPERM), ERR(EPERM)},
    {"socketpair", {ANY | 30, 1}, ERR(EPERM), ERR(EPERM)},
    {"socketpair", {HIGH(1), 1}, ERR(EPERM), ERR(EPERM)},

    {"sendto", {3, 4096, 1, 0, 0, 0}, ALLOW, ALLOW},
    {"sendto", {3, 4096, 1, 0, 0, 110}, ALLOW, ALLOW},
    {"sendto", {3, 4096, 1, 0, 4096, 110}, ERR(EPERM), ERR(EPERM)},
    {"sendto", {3, 4096, 1, 0, HIGH(1), 110}, ERR(EPERM), ERR(EPERM)},
    {"sendto", {3, 4096, 1, 0, 0x7fff00000000, 110}, ERR(EPERM), ERR(EPERM)},

    {"ioctl", {0, 0x5412}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, HIGH(1) | 0x5412}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, ANY | 0x5412}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x541c}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, ANY | 0x541c}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x5423}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, ANY | 0x5423}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8901}, ERR(EPERM), ERR(EPERM)}, /* FIOSETOWN */
    {"ioctl", {0, ANY | 0x8901}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8902}, ERR(EPERM), ERR(EPERM)}, /* SIOCSPGRP */
    {"ioctl", {0, ANY | 0x8902}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8900}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8912}, ERR(EPERM), ERR(EPERM)}, /* SIOCGIFCONF */
    {"ioctl", {0, ANY | 0x8912}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x89ff}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x88ff}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x8a00}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x8aff}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x8b00}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8b1b}, ERR(EPERM), ERR(EPERM)}, /* SIOCGIWESSID */
    {"ioctl", {0, ANY | 0x8b1b}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8bff}, ERR(EPERM), ERR(EPERM)},
    {"ioctl", {0, 0x8c00}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x5402}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x5414}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x40086602}, ERR(EPERM), ALLOW},
    {"ioctl", {0, HIGH(0x5401)}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0}, ERR(EPERM), ALLOW},
    {"ioctl", {0, 0x5401}, ALLOW, ALLOW},
    {"ioctl", {0, ANY | 0x5401}, ALLOW, ALLOW},
    {"ioctl", {0, 0x802c542a}, ALLOW, ALLOW},
    {"ioctl", {0, 0xffffffff802c542a}, ALLOW, ALLOW}, /* sign-extended by some callers */
    {"ioctl", {0, 0x5413}, ALLOW, ALLOW},
    {"ioctl", {0, 0x540f}, ALLOW, ALLOW},
    {"ioctl", {0, 0x541b}, ALLOW, ALLOW},
    {"ioctl", {0, 0x5421}, ALLOW, ALLOW},
    {"ioctl", {0, 0x5452}, ALLOW, ALLOW},
    {"ioctl", {0, 0x5451}, ALLOW, ALLOW},
    {"ioctl", {0, 0x5450}, ALLOW, ALLOW},
    {"ioctl", {0, 0x40049409}, ALLOW, ALLOW},
    {"ioctl", {0, 0x4020940d}, ALLOW, ALLOW},
    {"ioctl", {0, 0x80086601}, ALLOW, ALLOW},
    {"ioctl", {0, 0xc020660b}, ALLOW, ALLOW},

    {"prctl", {1, 9}, ALLOW, ALLOW},
    {"prctl", {2}, ALLOW, ALLOW},
    {"prctl", {3}, ALLOW, ALLOW},
    {"prctl", {4}, ALLOW, ALLOW},
    {"prctl", {7}, ALLOW, ALLOW},
    {"prctl", {15}, ALLOW, ALLOW},
    {"prctl", {16}, ALLOW, ALLOW},
    {"prctl", {21}, ALLOW, ALLOW},
    {"prctl", {22, 2}, ALLOW, ALLOW},
    {"prctl", {ANY | 22, 2}, ALLOW, ALLOW},
    {"prctl", {23}, ALLOW, ALLOW},
    {"prctl", {27}, ALLOW, ALLOW},
    {"prctl", {29}, ALLOW, ALLOW},
    {"prctl", {30}, ALLOW, ALLOW},
    {"prctl", {37}, ALLOW, ALLOW},
    {"prctl", {38, 1}, ALLOW, ALLOW},
    {"prctl", {39}, ALLOW, ALLOW},
    {"prctl", {40}, ALLOW, ALLOW},
    {"prctl", {42}, ALLOW, ALLOW},
    {"prctl", {47, 1}, ALLOW, ALLOW},
    {"prctl", {52}, ALLOW, ALLOW},
    {"prctl", {65}, ALLOW, ALLOW},
    {"prctl", {66}, ALLOW, ALLOW},
    {"prctl", {0x53564d41}, ALLOW, ALLOW},
    {"prctl", {0}, ERR(EPERM), ALLOW},
    {"prctl", {8, 1}, ERR(EPERM), ALLOW},       /* PR_SET_KEEPCAPS */
    {"prctl", {24}, ERR(EPERM), ALLOW},         /* PR_CAPBSET_DROP */
    {"prctl", {28}, ERR(EPERM), ALLOW},         /* PR_SET_SECUREBITS */
    {"prctl", {35}, ERR(EPERM), ALLOW},         /* PR_SET_MM */
    {"prctl", {36, 1}, ERR(EPERM), ALLOW},      /* PR_SET_CHILD_SUBREAPER */
    {"prctl", {53}, ERR(EPERM), ALLOW},         /* PR_SET_SPECULATION_CTRL */
    {"prctl", {59}, ERR(EPERM), ALLOW},         /* PR_SET_SYSCALL_USER_DISPATCH */
    {"prctl", {0x59616d61}, ERR(EPERM), ALLOW}, /* PR_SET_PTRACER */
    {"prctl", {HIGH(22)}, ERR(EPERM), ALLOW},

    /* fcntl(fd, command): duplicates, flags, record locks, pipes and seals; nobody to be told by
     * which signal, no lease, no notification. */
    {"fcntl", {3, 0}, ALLOW, ALLOW},
    {"fcntl", {3, 4}, ALLOW, ALLOW}, /* F_SETFL */
    {"fcntl", {3, 6}, ALLOW, ALLOW},
    {"fcntl", {3, 7}, ALLOW, ALLOW},
    {"fcntl", {3, 8}, ERR(EPERM), ERR(EPERM)},       /* F_SETOWN */
    {"fcntl", {3, ANY | 8}, ERR(EPERM), ERR(EPERM)}, /* the kernel reads 32 bits */
    {"fcntl", {3, 9}, ERR(EPERM), ALLOW},            /* F_GETOWN */
    {"fcntl", {3, 10}, ERR(EPERM), ERR(EPERM)},      /* F_SETSIG */
    {"fcntl", {3, ANY | 10}, ERR(EPERM), ERR(EPERM)},
    {"fcntl", {3, 15}, ERR(EPERM), ERR(EPERM)}, /* F_SETOWN_EX */
    {"fcntl", {3, ANY | 15}, ERR(EPERM), ERR(EPERM)},
    {"fcntl", {3, 35}, ERR(EPERM), ALLOW},
    {"fcntl", {3, 36}, ALLOW, ALLOW}, /* F_OFD_GETLK */
    {"fcntl", {3, 37}, ALLOW, ALLOW},
    {"fcntl", {3, 38}, ALLOW, ALLOW},
    {"fcntl", {3, 39}, ERR(EPERM), ALLOW},
    {"fcntl", {3, ANY | 2}, ALLOW, ALLOW},
    {"fcntl", {3, 64}, ERR(EPERM), ALLOW},
    {"fcntl", {3, 1024}, ERR(EPERM), ERR(EPERM)},       /* F_SETLEASE */
    {"fcntl", {3, ANY | 1024}, ERR(EPERM), ERR(EPERM)}, /* the kernel reads 32 bits */
    {"fcntl", {3, 1025}, ERR(EPERM), ALLOW},            /* F_GETLEASE */
    {"fcntl", {3, 1026}, ERR(EPERM), ERR(EPERM)},       /* F_NOTIFY */
    {"fcntl", {3, 1030}, ALLOW, ALLOW},                 /* F_DUPFD_CLOEXEC */
    {"fcntl", {3, 1034}, ALLOW, ALLOW},
    {"fcntl", {3, 1035}, ERR(EPERM), ALLOW},

    /* open(path, flags, mode): a mode counts only where a file is made; for targeted always, since
     * its denials look at one argument each. */
    {"open", {0, 0, 0}, ALLOW, ALLOW},
    {"open", {0, 0x80000, 07777}, ALLOW, ERR(EPERM)},
    {"open", {0, 0x80000, ANY | 06000}, ALLOW, ERR(EPERM)},
    {"open", {0, 0x41, 0644}, ALLOW, ALLOW},
    {"open", {0, 0x41, ANY | 01777}, ALLOW, ALLOW},
    {"open", {0, 0x41, 04755}, ERR(EPERM), ERR(EPERM)},
    {"open", {0, 0x41, 02755}, ERR(EPERM), ERR(EPERM)},
    {"open", {0, ANY | 0x41, ANY | 06755}, ERR(EPERM), ERR(EPERM)},
    {"open", {0, 0x410002, 04700}, ERR(EPERM), ERR(EPERM)}, /* O_TMPFILE */
    {"open", {0, 0x410002, 0600}, ALLOW, ALLOW},
    {"openat", {3, 0, 0, 0}, ALLOW, ALLOW},
    {"openat", {3, 0, 0x80000, 07777}, ALLOW, ERR(EPERM)},
    {"openat", {3, 0, 0x41, 0644}, ALLOW, ALLOW},
    {"openat", {3, 0, 0x41, 04755}, ERR(EPERM), ERR(EPERM)},
    {"openat", {3, 0, 0x41, 02755}, ERR(EPERM), ERR(EPERM)},
    {"openat", {3, 0, ANY | 0x41, ANY | 06755}, ERR(EPERM), ERR(EPERM)},
    {"openat", {3, 0, 0x410002, 04700}, ERR(EPERM), ERR(EPERM)},
    {"openat", {3, 0, 0x404002, 04700}, ERR(EPERM), ERR(EPERM)}, /* O_TMPFILE of aarch64 */
    {"creat", {0, 0644}, ALLOW, ALLOW},
    {"creat", {0, 04644}, ERR(EPERM), ERR(EPERM)},
    {"chmod", {0, 0755}, ALLOW, ALLOW},
    {"chmod", {0, 01777}, ALLOW, ALLOW},
    {"chmod", {0, 04755}, ERR(EPERM), ERR(EPERM)},
    {"chmod", {0, ANY | 02755}, ERR(EPERM), ERR(EPERM)},
    {"fchmod", {0, 0755}, ALLOW, ALLOW},
    {"fchmod", {0, 04755}, ERR(EPERM), ERR(EPERM)},
    {"fchmod", {0, ANY | 02755}, ERR(EPERM), ERR(EPERM)},
    {"fchmodat", {3, 04000, 0755}, ALLOW, ALLOW},
    {"fchmodat", {3, 0, 04755}, ERR(EPERM), ERR(EPERM)},
    {"fchmodat", {3, 0, ANY | 02755}, ERR(EPERM), ERR(EPERM)},
    {"mknod", {0, 0100644}, ALLOW, ALLOW},
    {"mknod", {0, 0644}, ALLOW, ALLOW},
    {"mknod", {0, 0010600}, ALLOW, ALLOW},
    {"mknod", {0, 0020600}, ERR(EPERM), ALLOW},
    {"mknod", {0, 0060600}, ERR(EPERM), ALLOW},
    {"mknod", {0, 0140600}, ERR(EPERM), ALLOW},
    {"mknod", {0, 0104755}, ERR(EPERM), ERR(EPERM)},
    {"mknod", {0, 0002755}, ERR(EPERM), ERR(EPERM)},
    {"mknodat", {3, 0, 0100644}, ALLOW, ALLOW},
    {"mknodat", {3, 0, 0644}, ALLOW, ALLOW},
    {"mknodat", {3, 0, ANY | 0010600}, ALLOW, ALLOW},
    {"mknodat", {3, 0, 0020600}, ERR(EPERM), ALLOW},
    {"mknodat", {3, 0, ANY | 0060600}, ERR(EPERM), ALLOW},
    {"mknodat", {3, 0, 0140600}, ERR(EPERM), ALLOW},
    {"mknodat", {3, 0, 0104755}, ERR(EPERM), ERR(EPERM)},

    /* Flags in args[4]: not to replace, to exchange; a whiteout is a device node. */
    {"renameat2", {3, 0, 3, 0, 0}, ALLOW, ALLOW},
    {"renameat2", {3, 0, 3, 0, 1}, ALLOW, ALLOW},
    {"renameat2", {3, 0, 3, 0, ANY | 2}, ALLOW, ALLOW},
    {"renameat2", {3, 0, 3, 0, HIGH(4)}, ALLOW, ALLOW},
    {"renameat2", {3, 0, 3, 0, 4}, ERR(EPERM), ALLOW},
    {"renameat2", {3, 0, 3, 0, 5}, ERR(EPERM), ALLOW},
    {"renameat2", {3, 0, 3, 0, ANY | 4}, ERR(EPERM), ALLOW},
    {"renameat2", {3, 0, 3, 0, 8}, ERR(EPERM), ALLOW}, /* none that there is */
};

#define N_CALLS (sizeof rows / sizeof rows[0])

static uint32_t run(const char *profile, int arch, int number, const uint64_t args[6])
{
    const struct filter_builtin *builtin = filter_builtin(profile);
    struct seccomp_data data = {.nr = number, .arch = audit_arch[arch]};

    if (args != NULL)
        memcpy(data.args, args, sizeof data.args);
    return bpf_run(builtin->arch[arch].code, builtin->arch[arch].length, &data, NULL);
}

static bool constant(const char *profile, int arch, int number)
{
    const struct filter_builtin *builtin = filter_builtin(profile);

    return bpf_const_allow(builtin->arch[arch].code, builtin->arch[arch].length, audit_arch[arch],
                           number);
}

static bool listed(const char *list, const char *name)
{
    char word[64];

    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

static const struct name *find_name(const char *name)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    }
    ck_abort_msg("no such call: %s", name);
    return NULL;
}

static const char *number_name(int arch, int number)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        if (names[i].number[arch] == number)
            return names[i].name;
    }
    return "?";
}

/* Every word of a list is a call, so that a typing error in it cannot pass for a denial. */
static void check_list(const char *list)
{
    char *copy = strdup(list);
    char *state = NULL;

    for (char *word = strtok_r(copy, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state))
        find_name(word);
    free(copy);
}

START_TEST(the_lists_name_calls)
{
    check_list(strict_allowed);
    check_list(strict_by_argument);
    check_list(strict_nosys);
    check_list(strict_nosup);
    check_list(targeted_denied);
    check_list(targeted_by_argument);
    check_list(targeted_nosys);
    check_list(init_allowed);
}
END_TEST

static uint32_t strict_verdict(const char *name)
{
    if (listed(strict_allowed, name))
        return ALLOW;
    if (listed(strict_nosys, name))
        return ERR(ENOSYS);
    return listed(strict_nosup, name) ? ERR(EOPNOTSUPP) : ERR(EPERM);
}

static uint32_t targeted_verdict(const char *name)
{
    if (listed(targeted_nosys, name))
        return ERR(ENOSYS);
    return listed(targeted_denied, name) ? ERR(EPERM) : ALLOW;
}

/* Every number up to the newest, also those that nobody has, with two sets of arguments. */
static void check_unconditional(const char *profile, int arch, const char *by_argument,
                                uint32_t (*verdict)(const char *))
{
    static const uint64_t ones[6] = {-1ull, -1ull, -1ull, -1ull, -1ull, -1ull};

    for (int number = 0; number <= NEWEST; number++) {
        const char *name = number_name(arch, number);
        uint32_t expected = verdict(name);

        if (listed(by_argument, name)) {
            ck_assert_msg(!constant(profile, arch, number), "%s: %s ignores arguments", profile,
                          name);
            continue;
        }
        ck_assert_msg(run(profile, arch, number, NULL) == expected &&
                          run(profile, arch, number, ones) == expected,
                      "%s, machine %d: %s (%d) is not 0x%x", profile, arch, name, number, expected);
        ck_assert_msg(constant(profile, arch, number) == (expected == ALLOW),
                      "%s, machine %d: the kernel cannot tell that %s is constant", profile, arch,
                      name);
    }
}

START_TEST(strict_decides_by_number)
{
    check_unconditional("strict", _i, strict_by_argument, strict_verdict);
}
END_TEST

START_TEST(targeted_decides_by_number)
{
    check_unconditional("targeted", _i, targeted_by_argument, targeted_verdict);
}
END_TEST

START_TEST(strict_and_targeted_decide_by_argument)
{
    const struct row *row = &rows[_i];
    const struct name *name = find_name(row->name);

    for (int arch = 0; arch < N_ARCHES; arch++) {
        if (name->number[arch] < 0)
            continue;
        ck_assert_uint_eq(run("strict", arch, name->number[arch], row->args), row->strict);
        ck_assert_uint_eq(run("targeted", arch, name->number[arch], row->args), row->targeted);
    }
}
END_TEST

/* A row for every call that is decided by arguments, and for no other. */
START_TEST(the_rows_are_complete)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        bool wanted = listed(strict_by_argument, names[i].name) ||
                      listed(targeted_by_argument, names[i].name);
        bool found = false;

        for (size_t row = 0; row < N_CALLS; row++)
            found = found || strcmp(rows[row].name, names[i].name) == 0;
        ck_assert_msg(found == wanted, "%s", names[i].name);
    }
}
END_TEST

START_TEST(init_kills_all_but_a_few)
{
    for (int number = -1; number <= 1000; number++) {
        bool allowed = listed(init_allowed, number_name(_i, number));

        ck_assert_uint_eq(run("init", _i, number, NULL), allowed ? ALLOW : KILL);
        ck_assert_int_eq(constant("init", _i, number), allowed);
    }
}
END_TEST

START_TEST(newer_numbers_are_nosys)
{
    static const int numbers[] = {NEWEST + 1, NEWEST + 2, 512,     600, 1023,
                                  1024,       0xffff,     X32 - 1, -1};

    for (int arch = 0; arch < N_ARCHES; arch++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            ck_assert_uint_eq(run("strict", arch, numbers[i], NULL), ERR(ENOSYS));
            ck_assert_uint_eq(run("targeted", arch, numbers[i], NULL), ERR(ENOSYS));
        }
    }
}
END_TEST

START_TEST(x32_is_killed)
{
    static const int offsets[] = {0, 1, 59, 322, 449, 450, 512, 520, 545, 547, 0x3ffffffe};
    static const char *const profiles[] = {"strict", "targeted", "init"};

    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (size_t p = 0; p < 3; p++)
            ck_assert_uint_eq(run(profiles[p], X86_64, X32 + offsets[i], NULL), KILL);
        /* aarch64 has no such range: they are just large numbers. */
        ck_assert_uint_eq(run("strict", AARCH64, X32 + offsets[i], NULL), ERR(ENOSYS));
    }
}
END_TEST

START_TEST(foreign_machines_are_killed)
{
    static const uint32_t foreign[] = {AUDIT_ARCH_I386,
                                       AUDIT_ARCH_ARM,
                                       AUDIT_ARCH_X86_64,
                                       AUDIT_ARCH_AARCH64,
                                       AUDIT_ARCH_RISCV64,
                                       AUDIT_ARCH_S390X,
                                       0,
                                       0xffffffff};
    const struct filter_builtin *builtin = NULL;

    while ((builtin = filter_builtin_next(builtin)) != NULL) {
        for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
            for (int number = -1; number < 600; number++) {
                struct seccomp_data data = {.nr = number, .arch = foreign[i]};
                const struct filter_code *code = &builtin->arch[_i];

                if (foreign[i] == audit_arch[_i])
                    break;
                ck_assert_uint_eq(bpf_run(code->code, code->length, &data, NULL), KILL);
            }
        }
    }
}
END_TEST

/* For --allow-exec: the profile with both ways to exec allowed whatever their arguments are. */
static bool is_variant(const struct filter_builtin *builtin)
{
    size_t length = strlen(builtin->name);

    return length > 5 && strcmp(builtin->name + length - 5, "_exec") == 0;
}

/* The program of a built-in profile at a call, and what it ought to say. */
static bool agrees(const struct filter_builtin *builtin, int arch, const struct meaning *m,
                   const struct seccomp_data *call)
{
    const struct filter_code *code = &builtin->arch[arch];
    uint32_t want = meaning_of(m, call);

    if (is_variant(builtin) && call->arch == audit_arch[arch] &&
        (call->nr == find_name("execve")->number[arch] ||
         call->nr == find_name("execveat")->number[arch]))
        want = ALLOW;
    return bpf_run(code->code, code->length, call, NULL) == want;
}

static json_t *document_of(const struct filter_builtin *builtin)
{
    json_t *document = json_loadb(builtin->json, builtin->json_size, JSON_REJECT_DUPLICATES, NULL);

    ck_assert_ptr_nonnull(document);
    return document;
}

/* Not an assertion: Check writes to a pipe at each, and these are millions. */
static void must_agree(const struct filter_builtin *builtin, int arch, const struct meaning *m,
                       const struct seccomp_data *call)
{
    if (!agrees(builtin, arch, m, call))
        ck_abort_msg("%s %x:%d(%llx, %llx, %llx, %llx, %llx, %llx)", builtin->name, call->arch,
                     call->nr, (unsigned long long)call->args[0], (unsigned long long)call->args[1],
                     (unsigned long long)call->args[2], (unsigned long long)call->args[3],
                     (unsigned long long)call->args[4], (unsigned long long)call->args[5]);
}

static struct meaning meaning;

/* For each machine a million calls at random, and each number there is with arguments at random. */
START_TEST(the_code_means_what_the_json_says)
{
    const struct filter_builtin *builtin = NULL;

    while ((builtin = filter_builtin_next(builtin)) != NULL) {
        json_t *document = document_of(builtin);
        struct seccomp_data call;

        ck_assert(meaning_take(&meaning, document, arch_names[_i]));
        for (int n = 0; n < 200000; n++) {
            meaning_draw(&meaning, &call);
            must_agree(builtin, _i, &meaning, &call);
        }
        for (int n = 0; n < 400 * (NEWEST + 1); n++) {
            meaning_draw(&meaning, &call);
            call.nr = n % (NEWEST + 1);
            call.arch = audit_arch[_i];
            must_agree(builtin, _i, &meaning, &call);
        }
        json_decref(document);
    }
}
END_TEST

/* Does any of so many calls tell the program from the document? */
static bool is_told_apart(const struct filter_builtin *builtin, int arch, const json_t *document)
{
    struct seccomp_data call;

    ck_assert(meaning_take(&meaning, document, arch_names[arch]));
    for (int n = 0; n < 200000; n++) {
        meaning_draw(&meaning, &call);
        if (!agrees(builtin, arch, &meaning, &call))
            return true;
    }
    return false;
}

/* Has this machine one of the names? What it has not decides nothing here. */
static bool has_any(const json_t *rule, int arch)
{
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(rule, "names"), i, name)
    {
        if (find_name(json_string_value(name))->number[arch] >= 0)
            return true;
    }
    return false;
}

/* Another number to compare with: another bit that the mask has, or any where there is no mask. */
static void change_number(json_t *arg)
{
    json_int_t value = json_integer_value(json_object_get(arg, "value"));
    json_int_t two = json_integer_value(json_object_get(arg, "valueTwo"));

    if (json_object_get(arg, "valueTwo") != NULL)
        json_object_set_new(arg, "valueTwo", json_integer(two ^ (value & -value)));
    else
        json_object_set_new(arg, "value", json_integer(value ^ 1));
}

static void break_rule(const struct filter_builtin *builtin, int arch, const json_t *document,
                       size_t i)
{
    json_t *broken = json_deep_copy(document);
    json_t *rule = json_array_get(json_object_get(broken, "syscalls"), i);
    json_t *arg = json_array_get(json_object_get(rule, "args"), 0);
    json_t *action = json_incref(json_object_get(rule, "action"));

    json_object_set_new(rule, "action", json_string("SCMP_ACT_TRAP"));
    ck_assert_msg(is_told_apart(builtin, arch, broken), "%s, rule %zu", builtin->name, i + 1);
    json_object_set_new(rule, "action", action);
    if (arg != NULL) {
        change_number(arg);
        ck_assert_msg(is_told_apart(builtin, arch, broken), "%s, the number of rule %zu",
                      builtin->name, i + 1);
    }
    json_decref(broken);
}

/* That calls at random find it is shown by breaking the documents: each action in turn is another,
 * and each number that is compared with. */
START_TEST(one_broken_rule_is_found)
{
    const struct filter_builtin *builtin = NULL;

    while ((builtin = filter_builtin_next(builtin)) != NULL) {
        json_t *document = document_of(builtin);
        const json_t *rule;
        size_t i;

        json_array_foreach(json_object_get(document, "syscalls"), i, rule)
        {
            if (!is_variant(builtin) && has_any(rule, _i))
                break_rule(builtin, _i, document, i);
        }
        json_decref(document);
    }
}
END_TEST

START_TEST(the_kernel_would_load_them)
{
    const struct filter_builtin *builtin = NULL;

    while ((builtin = filter_builtin_next(builtin)) != NULL)
        ck_assert(bpf_loadable(builtin->arch[_i].code, builtin->arch[_i].length));
}
END_TEST

START_TEST(every_rule_has_its_reason)
{
    const struct filter_builtin *builtin = NULL;

    while ((builtin = filter_builtin_next(builtin)) != NULL) {
        struct error e;
        json_t *document = json_parse(builtin->json, builtin->json_size, &e);
        const json_t *rule;
        size_t i;

        ck_assert_ptr_nonnull(document);
        json_array_foreach(json_object_get(document, "syscalls"), i, rule)
        {
            const char *comment = json_string_value(json_object_get(rule, "comment"));

            ck_assert_msg(comment != NULL && strlen(comment) > 10, "%s, rule %zu", builtin->name,
                          i + 1);
        }
        json_decref(document);
    }
}
END_TEST

/* The strict profile leaves nothing to its default unsaid. */
START_TEST(strict_names_every_call)
{
    const struct filter_builtin *strict = filter_builtin("strict");

    for (size_t i = 0; i < N_NAMES; i++) {
        char quoted[64];

        snprintf(quoted, sizeof quoted, "\"%s\"", names[i].name);
        ck_assert_msg(strstr(strict->json, quoted) != NULL ||
                          (names[i].number[0] > NEWEST || names[i].number[1] > NEWEST),
                      "%s", names[i].name);
    }
}
END_TEST

START_TEST(builtins_are_what_the_compiler_makes)
{
    const struct filter_builtin *builtin = NULL;
    char digest[DIGEST_TEXT_SIZE];

    while ((builtin = filter_builtin_next(builtin)) != NULL) {
        const struct filter_code *code = &builtin->arch[_i];
        struct filter_program program;
        struct error e;

        ck_assert_uint_eq(strlen(builtin->json), builtin->json_size);
        sha256_text(digest, builtin->json, builtin->json_size);
        ck_assert_str_eq(builtin->json_sha256, digest);
        sha256_text(digest, code->code, code->length * sizeof *code->code);
        ck_assert_str_eq(code->bpf_sha256, digest);
        if (is_variant(builtin)) /* its code is not that of its file: see variants_only_add_exec */
            continue;
        ck_assert_msg(filter_compile(builtin->json, builtin->json_size, code->arch, &program, &e),
                      "%s", e.text);
        ck_assert_uint_eq(program.length, code->length);
        ck_assert_mem_eq(program.code, code->code, code->length * sizeof *code->code);
        filter_free(&program);
    }
}
END_TEST

/* What --allow-exec loads is the profile, file and digest and all, but for these two calls. */
START_TEST(variants_only_add_exec)
{
    static const char *const profiles[][2] = {{"strict", "strict_exec"},
                                              {"targeted", "targeted_exec"}};
    const char *base = profiles[_i][0];
    const char *variant = profiles[_i][1];

    ck_assert_str_eq(filter_builtin(variant)->json, filter_builtin(base)->json);
    ck_assert_str_eq(filter_builtin(variant)->json_sha256, filter_builtin(base)->json_sha256);
    for (int arch = 0; arch < N_ARCHES; arch++) {
        for (int number = -1; number <= 1000; number++) {
            bool exec = listed(" execve execveat ", number_name(arch, number));

            ck_assert_uint_eq(run(variant, arch, number, NULL),
                              exec ? ALLOW : run(base, arch, number, NULL));
            ck_assert_int_eq(constant(variant, arch, number), exec || constant(base, arch, number));
        }
        for (size_t i = 0; i < N_CALLS; i++) {
            int number = find_name(rows[i].name)->number[arch];

            if (number < 0 || strcmp(rows[i].name, "execveat") == 0)
                continue;
            ck_assert_uint_eq(run(variant, arch, number, rows[i].args),
                              run(base, arch, number, rows[i].args));
        }
        ck_assert_uint_eq(run(variant, X86_64, X32 + 59, NULL), KILL);
    }
}
END_TEST

START_TEST(builtins_are_found_by_name)
{
    static const char *const order[] = {"strict", "targeted", "init", "strict_exec",
                                        "targeted_exec"};
    const struct filter_builtin *builtin = NULL;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        builtin = filter_builtin_next(builtin);
        ck_assert_ptr_nonnull(builtin);
        ck_assert_str_eq(builtin->name, order[i]);
        ck_assert_ptr_eq(filter_builtin(order[i]), builtin);
        ck_assert_str_eq(builtin->arch[0].arch, "x86_64");
        ck_assert_str_eq(builtin->arch[1].arch, "aarch64");
        ck_assert_ptr_nonnull(filter_native(builtin));
    }
    ck_assert_ptr_null(filter_builtin_next(builtin));
    ck_assert_ptr_null(filter_builtin("Strict"));
    ck_assert_ptr_null(filter_builtin(""));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("filter");
    TCase *tables = tcase_create("tables");
    TCase *data = tcase_create("data");

    tcase_add_test(tables, the_lists_name_calls);
    tcase_add_loop_test(tables, strict_decides_by_number, 0, N_ARCHES);
    tcase_add_loop_test(tables, targeted_decides_by_number, 0, N_ARCHES);
    tcase_add_loop_test(tables, strict_and_targeted_decide_by_argument, 0, (int)N_CALLS);
    tcase_add_test(tables, the_rows_are_complete);
    tcase_add_loop_test(tables, init_kills_all_but_a_few, 0, N_ARCHES);
    tcase_add_test(tables, newer_numbers_are_nosys);
    tcase_add_test(tables, x32_is_killed);
    tcase_add_loop_test(tables, foreign_machines_are_killed, 0, N_ARCHES);
    tcase_add_loop_test(tables, the_code_means_what_the_json_says, 0, N_ARCHES);
    tcase_add_loop_test(tables, one_broken_rule_is_found, 0, N_ARCHES);
    tcase_add_loop_test(tables, the_kernel_would_load_them, 0, N_ARCHES);
    suite_add_tcase(s, tables);
    tcase_add_test(data, every_rule_has_its_reason);
    tcase_add_test(data, strict_names_every_call);
    tcase_add_loop_test(data, builtins_are_what_the_compiler_makes, 0, N_ARCHES);
    tcase_add_loop_test(data, variants_only_add_exec, 0, 2);
    tcase_add_test(data, builtins_are_found_by_name);
    suite_add_tcase(s, data);
    return s;
}

int main(void)
{
    return support_run(suite());
}
