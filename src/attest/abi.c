/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <sys/prctl.h>
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

/*
 * The signal that ended a child which made the call; 0 when it was answered in any way. The child
 * shares this memory and this process waits: nothing is copied. A kernel older than 5.16 that dumps
 * core for the one kills whatever shares its memory; what cannot be dumped is not (core(5)).
 */
static int signal_of(void (*call)(void))
{
    int status = 0;
    pid_t child = vfork();

    if (child == 0) {
        call();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return NOT_OBSERVED;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void probe_foreign_abi(struct findings *f)
{
    int dumpable = prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
    /* Where the caller ignores its children nobody could be waited for: wait(2). */
    void (*children)(int) = signal(SIGCHLD, SIG_DFL);

    prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
    observe_value(&f->fact[DX_ABI], "int 0x80", signal_of(call_i386));
    observe_value(&f->fact[DX_ABI], "x32", signal_of(call_x32));
    prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1UL : 0UL, 0UL, 0UL, 0UL);
    signal(SIGCHLD, children);
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
