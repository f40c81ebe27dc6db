/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/signals.h"
#include "payload.h"

/* forks N: fork children that stay, until one fails; prints how many there are. */
int forks_main(int argc, char **argv)
{
    int want = argc > 1 ? atoi(argv[1]) : 1;
    int got = 0;
    pid_t child = 0;

    for (; got < want; got++) {
        child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        if (child < 0)
            break;
    }
    printf("children %d\n", got);
    report("last", child);
    return 0;
}

static void *wait_for_ever(void *unused)
{
    (void)unused;
    pause();
    return NULL;
}

static void *add_up(void *sum)
{
    for (int i = 0; i < 1000; i++)
        __atomic_add_fetch((long *)sum, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* One that was joined is a process to the kernel until its end is over: for half a second it may be
 * that. */
static int one_more(pthread_t *thread)
{
    int failed = pthread_create(thread, NULL, wait_for_ever, NULL);

    for (int i = 0; i < 100 && failed == EAGAIN; i++) {
        usleep(5000);
        failed = pthread_create(thread, NULL, wait_for_ever, NULL);
    }
    return failed;
}

/* threads N: N threads that count together; then as many that stay as can be had. */
int threads_main(int argc, char **argv)
{
    static long sum;
    int want = argc > 1 ? atoi(argv[1]) : 1;
    pthread_t thread[1024];
    int stay = 0;
    int failed = 0;

    for (int i = 0; i < want; i++) {
        if (pthread_create(&thread[i], NULL, add_up, &sum) != 0)
            return 97;
    }
    for (int i = 0; i < want; i++)
        pthread_join(thread[i], NULL);
    printf("sum %ld\n", sum);
    while (stay < 1000 && (failed = one_more(&thread[stay])) == 0)
        stay++;
    printf("staying %d\n", stay);
    printf("last %s\n", failed != 0 ? error_name(failed) : "ok");
    return 0;
}

/* daemon MARK: leaves a process behind that no parent knows of; MARK is in its command line. */
int daemon_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            signal(SIGTERM, SIG_IGN);
            signal(SIGHUP, SIG_IGN);
            for (int i = 0; i < 3; i++)
                close(i);
            sleep(120);
        }
        _exit(0);
    }
    wait(NULL);
    puts("left one behind");
    return 0;
}

static void report_child(const char *what, pid_t child)
{
    int status = 0;

    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("%s SIG%s\n", what, signal_name(WTERMSIG(status)));
    else
        printf("%s exit-%d\n", what, WEXITSTATUS(status));
    fflush(stdout);
}

/* A system call by a foreign convention, in a child; exit status 1: it was answered. */
int abi_main(int argc, char **argv)
{
    pid_t child;

    (void)argc;
    (void)argv;
#if defined(__x86_64__)
    child = fork();
    if (child == 0) {
        long number = 20; /* getpid for i386 */

        __asm__ volatile("int $0x80" : "+a"(number) : : "memory", "r8", "r9", "r10", "r11");
        _exit(1);
    }
    report_child("int80", child);
    child = fork();
    if (child == 0) {
        syscall(0x40000000L | SYS_getpid);
        _exit(1);
    }
    report_child("x32", child);
#else
    child = fork();
    if (child == 0)
        _exit(0);
    report_child("none", child);
#endif
    return 0;
}

static void try_memory_of(pid_t pid)
{
    char byte = 0;
    struct iovec local = {.iov_base = &byte, .iov_len = 1};
    struct iovec remote = {.iov_base = (void *)0x400000, .iov_len = 1};
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0L);

    report("process_vm_readv", syscall(SYS_process_vm_readv, pid, &local, 1L, &remote, 1L, 0L));
    report("process_vm_writev", syscall(SYS_process_vm_writev, pid, &local, 1L, &remote, 1L, 0L));
    report("pidfd_getfd", syscall(SYS_pidfd_getfd, (long)pidfd, 0L, 0L));
}

/* init EXIT: everything that might make pid 1 lie, stop or die; then exits with EXIT. */
int init_main(int argc, char **argv)
{
    report("ptrace-attach", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    report("ptrace-seize", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
    try_memory_of(1);
    kill(1, SIGKILL);
    kill(1, SIGSTOP);
    kill(1, SIGTERM);
    kill(1, SIGCHLD);
    kill(1, SIGCONT);
    puts("still here");
    fflush(stdout);
    return argc > 1 ? atoi(argv[1]) : 0;
}

static volatile sig_atomic_t signalled;

static void note(int number)
{
    signalled = number;
}

/* family SIGNAL: parent and child wait for it, both; 0 when both had it. */
int family_main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = note};
    int status = 0;
    pid_t child;

    sigaction(argc > 1 ? atoi(argv[1]) : SIGTERM, &action, NULL);
    child = fork();
    if (child == 0) {
        puts("waiting");
        fflush(stdout);
        while (signalled == 0)
            pause();
        _exit(0);
    }
    while (signalled == 0)
        pause();
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

/* bomb: every process forks for as long as it is let, and so do its children. */
int bomb_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (;;)
        fork();
}
