/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attest/boundary.h"

/*
 * An argument vector that cannot be read. Where no filter answers first, the kernel opens the
 * program and then fails with EFAULT (or ENOENT with no such program): the attempt tells the two
 * apart and can never replace the process that makes it.
 */
#define UNREADABLE ((char *const *)(uintptr_t)1)

/* No /bin/ls: is it that there is nothing to start? A shell would be. */
void probe_execve(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_EXEC_1];
    long result = syscall(SYS_execve, "/bin/ls", UNREADABLE, NULL);

    (void)config;
    if (result < 0 && errno == ENOENT)
        result = syscall(SYS_execve, "/bin/sh", UNREADABLE, NULL);
    observe_call(fact, "execve", result);
    fact->control = control_getpid();
}

/* The sealed descriptor's number is the limit on descriptors itself. An absolute path makes the
 * kernel ignore the descriptor: the call that a filter of numbers and flags alone lets through. */
void probe_seal(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[DX_SEAL];
    struct rlimit limit = {0};
    long number;

    (void)config;
    getrlimit(RLIMIT_NOFILE, &limit);
    number = (long)limit.rlim_cur;
    observe_call(fact, "absolute path",
                 syscall(SYS_execveat, number, "/bin/ls", UNREADABLE, NULL, AT_EMPTY_PATH));
    observe_call(fact, "descriptor",
                 syscall(SYS_execveat, number, "", UNREADABLE, NULL, AT_EMPTY_PATH));
    observe_call(fact, "null path",
                 syscall(SYS_execveat, number, NULL, UNREADABLE, NULL, AT_EMPTY_PATH));
    fact->control = control_getpid();
}

/* Attaching to pid 1 is EPERM with and without a filter; a word of a process that does not exist
 * is ESRCH where no filter answers first. */
void probe_ptrace(const struct attest_config *config, struct findings *f)
{
    struct fact *fact = &f->fact[PR_PTRACE_1];

    (void)config;
    observe_call(fact, "ptrace", syscall(SYS_ptrace, 2L /* PTRACE_PEEKDATA */, 0L, 0L, 0L));
    fact->control = control_getpid();
}
