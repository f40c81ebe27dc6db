/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "payload.h"

/*
 * Every form of execve and execveat, each in a child of its own, so that one that works is seen to
 * work: the program that is started says so and the others are still tried.
 *
 *   exec PROGRAM [ARG...]   the program to start; its path is also given as a descriptor
 */

static char *const *words;
static char *const no_env[] = {NULL};
static const char *path;

static long form_execve(int fd, int sealed)
{
    (void)fd;
    (void)sealed;
    return syscall(SYS_execve, path, words, no_env);
}

static long form_path(int fd, int sealed)
{
    (void)fd;
    (void)sealed;
    return syscall(SYS_execveat, AT_FDCWD, path, words, no_env, 0L);
}

static long form_path_empty_flag(int fd, int sealed)
{
    (void)fd;
    (void)sealed;
    return syscall(SYS_execveat, AT_FDCWD, path, words, no_env, (long)AT_EMPTY_PATH);
}

static long form_descriptor(int fd, int sealed)
{
    (void)sealed;
    return syscall(SYS_execveat, fd, "", words, no_env, (long)AT_EMPTY_PATH);
}

static long form_descriptor_null(int fd, int sealed)
{
    (void)sealed;
    return syscall(SYS_execveat, fd, NULL, words, no_env, (long)AT_EMPTY_PATH);
}

static long form_descriptor_path(int fd, int sealed)
{
    (void)sealed;
    return syscall(SYS_execveat, fd, path, words, no_env, 0L);
}

/* The trap: an absolute path makes the kernel ignore the descriptor. */
static long form_sealed_path(int fd, int sealed)
{
    (void)fd;
    return syscall(SYS_execveat, sealed, path, words, no_env, (long)AT_EMPTY_PATH);
}

static long form_sealed_path_high(int fd, int sealed)
{
    (void)fd;
    return syscall(SYS_execveat, (unsigned long)sealed | 0xffffffffUL << 32, path, words, no_env,
                   AT_EMPTY_PATH | 0xffffffffUL << 32, ~0UL);
}

static long form_sealed(int fd, int sealed)
{
    (void)fd;
    return syscall(SYS_execveat, sealed, "", words, no_env, (long)AT_EMPTY_PATH, 0L);
}

static long form_sealed_null(int fd, int sealed)
{
    (void)fd;
    return syscall(SYS_execveat, sealed, NULL, words, no_env, (long)AT_EMPTY_PATH, 0L);
}

/* A copy of the program in memory, by its own descriptor. */
static long form_memfd(int fd, int sealed)
{
    char buffer[65536];
    int memory = (int)syscall(SYS_memfd_create, "program", 0UL);
    ssize_t n;

    (void)sealed;
    if (memory < 0)
        return -1;
    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        if (write(memory, buffer, (size_t)n) != n)
            return -1;
    }
    return syscall(SYS_execveat, memory, "", words, no_env, (long)AT_EMPTY_PATH);
}

static const struct {
    const char *name;
    long (*call)(int fd, int sealed);
} forms[] = {
    {"execve", form_execve},
    {"execveat-path", form_path},
    {"execveat-path-empty-flag", form_path_empty_flag},
    {"execveat-descriptor", form_descriptor},
    {"execveat-descriptor-null", form_descriptor_null},
    {"execveat-descriptor-path", form_descriptor_path},
    {"execveat-sealed-absolute", form_sealed_path},
    {"execveat-sealed-absolute-high-bits", form_sealed_path_high},
    {"execveat-sealed-descriptor", form_sealed},
    {"execveat-sealed-null", form_sealed_null},
    {"execveat-memfd", form_memfd},
};

static void try_form(size_t i, int fd, int sealed)
{
    pid_t child = fork();

    if (child == 0) {
        report(forms[i].name, forms[i].call(fd, sealed));
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

/* Can a descriptor with the sealed number come to be? */
static void try_number(int sealed)
{
    struct rlimit more = {.rlim_cur = (rlim_t)sealed + 1, .rlim_max = (rlim_t)sealed + 1};

    report("raise-nofile", setrlimit(RLIMIT_NOFILE, &more));
    report("dup2-sealed", dup2(0, sealed));
    report("dupfd-sealed", fcntl(0, F_DUPFD, sealed));
}

int exec_main(int argc, char **argv)
{
    struct rlimit limit;
    int fd;

    if (argc < 2)
        return 98;
    path = argv[1];
    words = argv + 1;
    getrlimit(RLIMIT_NOFILE, &limit);
    fd = open(path, O_RDONLY);
    report("open-program", fd);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        try_form(i, fd, (int)limit.rlim_cur);
    try_number((int)limit.rlim_cur);
    return 0;
}
