/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts on other processes, and what the caller's own state leaves behind. */
#include "escape.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What it has stopped it lets go again. */
const char *try_trace_init(void)
{
    const char *result = answer(ptrace(PTRACE_ATTACH, place.init, NULL, NULL));

    kill((pid_t)place.init, SIGCONT);
    return result;
}

const char *try_trace_child(void)
{
    pid_t child = fork();
    const char *result;

    if (child == 0) {
        for (;;)
            pause();
    }
    result = answer(ptrace(PTRACE_SEIZE, child, NULL, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, __WALL);
    return result;
}

static const char *copy_memory(long number, long pid, const void *where)
{
    char text[4] = "";
    struct iovec own = {.iov_base = text, .iov_len = sizeof text};
    struct iovec theirs = {.iov_base = (void *)(uintptr_t)where, .iov_len = sizeof text};

    return answer(syscall(number, pid, &own, 1L, &theirs, 1L, 0L));
}

/* The same program without a sandbox, so the same address; in one, any will do. */
static char memory[4];

const char *try_read_init(void)
{
    return copy_memory(SYS_process_vm_readv, place.init, memory);
}

const char *try_write_init(void)
{
    return copy_memory(SYS_process_vm_writev, place.init, memory);
}

const char *try_read_canary(void)
{
    return copy_memory(SYS_process_vm_readv, place.canary, (void *)(intptr_t)place.address);
}

/* Without a sandbox the one to attack is the parent: when it dies, another takes its place. In one
 * it is pid 1, and with that gone nobody would be here to answer. */
static const char *after_kill(pid_t parent, long result)
{
    struct timespec while_it_dies = {.tv_nsec = 20 * 1000 * 1000};

    if (result < 0)
        return answer(result);
    for (int i = 0; i < 10 && getppid() == parent; i++)
        nanosleep(&while_it_dies, NULL);
    return getppid() != parent ? WORKS : "no effect";
}

const char *try_kill_init(void)
{
    pid_t parent = getppid();

    return after_kill(parent, kill((pid_t)place.init, SIGKILL));
}

const char *try_kill_init_pidfd(void)
{
    pid_t parent = getppid();
    long pidfd = syscall(SYS_pidfd_open, place.init, 0L);

    return after_kill(parent, syscall(SYS_pidfd_send_signal, pidfd, (long)SIGKILL, NULL, 0L));
}

const char *try_ignored_signal(void)
{
    struct sigaction action = {0};

    if (sigaction(SIGUSR1, NULL, &action) < 0)
        return answer(-1);
    return action.sa_handler == SIG_IGN ? WORKS : "reset";
}

const char *try_blocked_signal(void)
{
    sigset_t set;

    if (sigprocmask(SIG_SETMASK, NULL, &set) < 0)
        return answer(-1);
    return sigismember(&set, SIGUSR2) ? WORKS : "reset";
}

/* It stays, in a session of its own, deaf to what can be refused, and holds nothing open. */
const char *try_daemon(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        signal(SIGHUP, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        for (int fd = 0; fd < 64; fd++)
            close(fd);
        sleep(120);
        _exit(0);
    }
    wait(NULL);
    return TRIED;
}
