/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "payload.h"

/*
 * Each word of the command line is a call: "openat -100 s:/in/new 0xc1 0600". An argument is a
 * number, s:TEXT (its address), b:N (the address of N zero bytes), x:HEX (of those bytes), or r:N,
 * the result of call number N. Prints "openat EROFS", or "openat 3".
 *
 * Numbers that <sys/syscall.h> may lack are those of the kernel, the same on both machines.
 */
#define NUMBER(name)                                                                               \
    {                                                                                              \
#name, SYS_##name                                                                          \
    }

static const struct {
    const char *name;
    long number;
} table[] = {
    NUMBER(accept),
    NUMBER(add_key),
    NUMBER(bind),
    NUMBER(bpf),
    NUMBER(chdir),
    NUMBER(chroot),
    NUMBER(clone),
    NUMBER(clone3),
    NUMBER(close),
    NUMBER(connect),
    NUMBER(dup3),
    NUMBER(execve),
    NUMBER(execveat),
    NUMBER(faccessat),
    NUMBER(fanotify_init),
    NUMBER(fchdir),
    NUMBER(fchmodat),
    NUMBER(fchownat),
    NUMBER(fcntl),
    NUMBER(fgetxattr),
    NUMBER(finit_module),
    NUMBER(fsopen),
    NUMBER(ftruncate),
    NUMBER(getdents64),
    NUMBER(getpid),
    NUMBER(getppid),
    NUMBER(init_module),
    NUMBER(io_uring_enter),
    NUMBER(io_uring_register),
    NUMBER(io_uring_setup),
    NUMBER(ioctl),
    NUMBER(kcmp),
    NUMBER(keyctl),
    NUMBER(kill),
    NUMBER(linkat),
    NUMBER(memfd_create),
    NUMBER(mkdirat),
    NUMBER(mknodat),
    NUMBER(mount),
    NUMBER(mount_setattr),
    NUMBER(move_mount),
    NUMBER(mq_open),
    NUMBER(name_to_handle_at),
    NUMBER(newfstatat),
    NUMBER(open_by_handle_at),
    NUMBER(open_tree),
    NUMBER(openat),
    NUMBER(perf_event_open),
    NUMBER(personality),
    NUMBER(pidfd_getfd),
    NUMBER(pidfd_open),
    NUMBER(pivot_root),
    NUMBER(prctl),
    NUMBER(prlimit64),
    NUMBER(process_vm_readv),
    NUMBER(process_vm_writev),
    NUMBER(ptrace),
    NUMBER(read),
    NUMBER(readlinkat),
    NUMBER(renameat2),
    NUMBER(request_key),
    NUMBER(sched_setaffinity),
    NUMBER(sched_setscheduler),
    NUMBER(seccomp),
    NUMBER(sendmsg),
    NUMBER(setgid),
    NUMBER(setgroups),
    NUMBER(sethostname),
    NUMBER(setns),
    NUMBER(setpriority),
    NUMBER(setsid),
    NUMBER(setuid),
    NUMBER(setxattr),
    NUMBER(shmget),
    NUMBER(socket),
    NUMBER(socketpair),
    NUMBER(symlinkat),
    NUMBER(truncate),
    NUMBER(umount2),
    NUMBER(unlinkat),
    NUMBER(unshare),
    NUMBER(userfaultfd),
    NUMBER(utimensat),
    NUMBER(vmsplice),
    NUMBER(write),
};

static long number_of(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].number;
    }
    return strtol(name, NULL, 0); /* "462": a number that has no name yet */
}

static void *from_hex(const char *hex)
{
    size_t length = strlen(hex) / 2;
    unsigned char *bytes = calloc(length + 1, 1);

    for (size_t i = 0; i < length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return bytes;
}

static long value_of(char *word, const long *results)
{
    if (strncmp(word, "s:", 2) == 0)
        return (long)(intptr_t)(word + 2);
    if (strncmp(word, "b:", 2) == 0)
        return (long)(intptr_t)calloc(strtoul(word + 2, NULL, 0) + 1, 1);
    if (strncmp(word, "x:", 2) == 0)
        return (long)(intptr_t)from_hex(word + 2);
    if (strncmp(word, "r:", 2) == 0)
        return results[atoi(word + 2)];
    return (long)strtoull(word, NULL, 0);
}

static long make(char *line, const long *results)
{
    char *rest;
    char *name = strtok_r(line, " ", &rest);
    long number = number_of(name);
    long argument[6] = {0};
    long result;

    for (int i = 0; i < 6; i++) {
        char *word = strtok_r(NULL, " ", &rest);

        if (word == NULL)
            break;
        argument[i] = value_of(word, results);
    }
    errno = 0;
    result = syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                     argument[5]);
    /* A child that should not be there must not go through the list as well. */
    if (result == 0 && (number == SYS_clone || number == SYS_clone3))
        _exit(0);
    if (result < 0)
        printf("%s %s\n", name, result_name(result));
    else
        printf("%s %ld\n", name, result);
    fflush(stdout);
    return result;
}

int calls_main(int argc, char **argv)
{
    long *results = calloc((size_t)argc + 1, sizeof *results);

    for (int i = 1; i < argc; i++)
        results[i - 1] = make(argv[i], results);
    return 0;
}
