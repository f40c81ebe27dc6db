/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attest/boundary.h"

/*
 * Every call here is made with arguments that the kernel itself refuses, by another errno than the
 * filter's: the answer tells them apart, and nothing happens where the wall is missing.
 */

#define NO_FD (-1L)

void probe_clone_ns(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_CLONE_NS];

    (void)config;
    /* A new user namespace with a shared fs, or with an unknown flag: EINVAL by the kernel. */
    observe_call(fact, "clone",
                 syscall(SYS_clone, (unsigned long)(CLONE_NEWUSER | CLONE_FS), 0UL, 0UL, 0UL, 0UL));
    observe_call(fact, "unshare", syscall(SYS_unshare, CLONE_NEWUSER | 1L));
    fact->control = control_getpid();
}

/* Its flags lie in memory that no filter reads; ENOSYS makes libc fall back to clone. */
void probe_clone3(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_CLONE3];

    (void)config;
    observe_call(fact, "clone3", syscall(SYS_clone3, NULL, 0UL));
    fact->control = control_getpid();
}

void probe_io_uring(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_IOURING];

    (void)config;
    observe_call(fact, "setup", syscall(SYS_io_uring_setup, 0L, NULL));
    observe_call(fact, "enter", syscall(SYS_io_uring_enter, NO_FD, 0L, 0L, 0L, NULL, 0L));
    observe_call(fact, "register", syscall(SYS_io_uring_register, NO_FD, 0L, NULL, 0L));
    fact->control = control_getpid();
}

void probe_kernel(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_KERNEL];

    (void)config;
    observe_call(fact, "perf_event_open",
                 syscall(SYS_perf_event_open, NULL, 0L, NO_FD, NO_FD, ~0UL));
    /* UFFD_USER_MODE_ONLY passes the check of privilege, the other bit is unknown: EINVAL. */
    observe_call(fact, "userfaultfd", syscall(SYS_userfaultfd, 1L | 0x100L));
    observe_call(fact, "process_vm_readv",
                 syscall(SYS_process_vm_readv, 0L, NULL, 0L, NULL, 0L, 0L));
    observe_call(fact, "pidfd_getfd", syscall(SYS_pidfd_getfd, NO_FD, 0L, 0L));
    observe_call(fact, "setns", syscall(SYS_setns, NO_FD, 0L));
    observe_call(fact, "kcmp", syscall(SYS_kcmp, 0L, 0L, 0L, 0L, 0L));
    fact->control = control_getpid();
}

void probe_keyring(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_KEYRING];

    (void)config;
    observe_call(fact, "keyctl", syscall(SYS_keyctl, 0xffffL, 0L, 0L, 0L, 0L));
    observe_call(fact, "add_key", syscall(SYS_add_key, NULL, NULL, NULL, 0L, 0L));
    observe_call(fact, "request_key", syscall(SYS_request_key, NULL, NULL, NULL, 0L));
    fact->control = control_getpid();
}

void probe_personality(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_PERSONALITY];
    long now = syscall(SYS_personality, 0xffffffffUL);
    long was = syscall(SYS_personality, 0x0400000UL /* READ_IMPLIES_EXEC */);

    (void)config;
    observe_call(fact, "personality", was);
    if (was >= 0)
        syscall(SYS_personality, (unsigned long)was);
    fact->control = now == 0 ? 0 : EPERM;
}

void probe_inject(const struct attest_config *config, struct findings *f)
{
    /* The kernel looks at 32 bits of the request, so a filter must not look at more. */
    static const unsigned long high = 1UL << 32;
    struct fact *fact = &f->fact[DX_INJECT];

    (void)config;
    observe_call(fact, "TIOCSTI", syscall(SYS_ioctl, NO_FD, 0x5412UL, NULL));
    observe_call(fact, "TIOCSTI high", syscall(SYS_ioctl, NO_FD, 0x5412UL | high, NULL));
    observe_call(fact, "TIOCLINUX", syscall(SYS_ioctl, NO_FD, 0x541cUL, NULL));
    observe_call(fact, "TIOCLINUX high", syscall(SYS_ioctl, NO_FD, 0x541cUL | high, NULL));
    fact->control = control_getpid();
}
