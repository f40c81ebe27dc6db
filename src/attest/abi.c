/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attest/boundary.h"

#if defined(__x86_64__)

/* getpid by the 32-bit entry. */
static void call_i386(void)
{
    long number = 20;

    __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
}

/* getpid with the bit that selects the x32 table. */
static void call_x32(void)
{
    long number = 0x40000000L | 39;

    __asm__ volatile("syscall" : "+a"(number) : : "memory", "rcx", "r11");
}

/* The signal that ended a child which made the call; 0 when it was answered in any way. */
static int signal_of(void (*call)(void))
{
    int status;
    pid_t child = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);

    if (child == 0) {
        call();
        syscall(SYS_exit_group, 0L);
    }
    if (child < 0 || syscall(SYS_wait4, (long)child, &status, 0L, NULL) != child)
        return NOT_OBSERVED;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void probe_foreign_abi(struct findings *f)
{
    observe_value(&f->fact[DX_ABI], "int 0x80", signal_of(call_i386));
    observe_value(&f->fact[DX_ABI], "x32", signal_of(call_x32));
    f->fact[DX_ABI].control = control_getpid();
}

#else

/* A 64-bit process of this machine has no instruction for a foreign convention. */
void probe_foreign_abi(struct findings *f)
{
    observe_value(&f->fact[DX_ABI], "no such entry", SIGSEGV);
    f->fact[DX_ABI].control = control_getpid();
}

#endif
