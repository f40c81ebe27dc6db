/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts to run code that is not the payload. A program that is started says so itself. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_ONLY 0x10000 /* AT_EXECVE_CHECK, Linux 6.14 */

static char *const *words(void)
{
    static char number[16];
    static char self[] = "escape";
    static char started[] = "started";
    static char *list[] = {self, started, number, NULL};

    snprintf(number, sizeof number, "%d", place.answer);
    return list;
}

static char *const no_environment[] = {NULL};

static const char *start(const char *path)
{
    return answer(syscall(SYS_execve, path, words(), no_environment));
}

static const char *start_at(unsigned long fd, const char *path, unsigned long flags,
                            unsigned long last)
{
    return answer(syscall(SYS_execveat, fd, path, words(), no_environment, flags, last));
}

static int program(void)
{
    return open(place.self, O_RDONLY | O_CLOEXEC);
}

/* The number that the seal compares: the limit on descriptors. */
static unsigned long sealed(void)
{
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NOFILE, &limit);
    return (unsigned long)limit.rlim_cur & 0xffffffffUL;
}

static int copy_to(int to)
{
    int from = program();
    off_t length = lseek(from, 0, SEEK_END);
    off_t offset = 0;

    while (offset < length) {
        if (sendfile(to, from, &offset, (size_t)(length - offset)) <= 0)
            return -1;
    }
    return to;
}

/* A program of the payload's own. Nobody may have it open to write when it is started. */
static const char *copy_in_tmp(void)
{
    const char *path = TMP("program");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    if (fd >= 0 && copy_to(fd) >= 0)
        close(fd);
    return path;
}

const char *try_exec_program(void)
{
    return start(place.self);
}

const char *try_exec_input(void)
{
    return start(IN("program"));
}

const char *try_exec_output(void)
{
    return start(OUT("program"));
}

const char *try_exec_tmp(void)
{
    return start(copy_in_tmp());
}

const char *try_exec_after_fork(void)
{
    volatile int number = 0;
    pid_t child = vfork();

    if (child == 0) {
        syscall(SYS_execve, place.self, words(), no_environment);
        number = errno;
        _exit(1);
    }
    waitpid(child, NULL, 0);
    errno = number;
    return number != 0 ? answer(-1) : "";
}

const char *try_execveat_path(void)
{
    return start_at((unsigned long)AT_FDCWD, place.self, 0, 0);
}

const char *try_execveat_descriptor(void)
{
    return start_at((unsigned long)program(), "", AT_EMPTY_PATH, 0);
}

const char *try_execveat_descriptor_path(void)
{
    return start_at((unsigned long)program(), place.self, 0, 0);
}

/* The trap: where the path is absolute, the kernel does not look at the descriptor. */
const char *try_execveat_sealed_path(void)
{
    return start_at(sealed(), place.self, AT_EMPTY_PATH, 0);
}

const char *try_execveat_sealed_high(void)
{
    return start_at(sealed() | 0xffffffffUL << 32, place.self, AT_EMPTY_PATH | 0xffffffffUL << 32,
                    ~0UL);
}

const char *try_execveat_sealed_descriptor(void)
{
    return start_at(sealed(), "", AT_EMPTY_PATH, 0);
}

const char *try_execveat_null(void)
{
    return start_at((unsigned long)program(), NULL, AT_EMPTY_PATH, 0);
}

const char *try_execveat_memfd(void)
{
    return start_at((unsigned long)copy_to((int)syscall(SYS_memfd_create, "program", 1UL)), "",
                    AT_EMPTY_PATH, 0);
}

const char *try_execveat_check(void)
{
    return start_at((unsigned long)program(), "", AT_EMPTY_PATH | CHECK_ONLY, 0);
}

const char *try_exec_proc_descriptor(void)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", program());
    return start(path);
}

static const char *map_executable(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    return answer_map(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
}

static const char *make_executable(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

    if (map == MAP_FAILED)
        return "not even readable";
    return answer(mprotect(map, 4096, PROT_READ | PROT_EXEC));
}

const char *try_map_exec_input(void)
{
    return map_executable(IN("program"));
}

const char *try_map_exec_output(void)
{
    return map_executable(OUT("program"));
}

const char *try_map_exec_tmp(void)
{
    return map_executable(copy_in_tmp());
}

const char *try_protect_exec_input(void)
{
    return make_executable(IN("program"));
}

const char *try_protect_exec_output(void)
{
    return make_executable(OUT("program"));
}

const char *try_protect_exec_tmp(void)
{
    return make_executable(copy_in_tmp());
}

#if defined(__x86_64__)
static const unsigned char code[] = {0xc3}; /* ret */
#else
static const unsigned char code[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif

static const char *call(void *map)
{
    void (*function)(void);

    memcpy(&function, &map, sizeof function);
    function();
    return WORKS;
}

const char *try_anonymous_code(void)
{
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED)
        return answer(-1);
    memcpy(map, code, sizeof code);
    if (mprotect(map, 4096, PROT_READ | PROT_EXEC) < 0)
        return answer(-1);
    __builtin___clear_cache(map, (char *)map + sizeof code);
    return call(map);
}

const char *try_code_in_memfd(void)
{
    int fd = (int)syscall(SYS_memfd_create, "code", 1UL);
    void *map;

    if (fd < 0 || write(fd, code, sizeof code) != sizeof code)
        return answer(-1);
    map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    return map == MAP_FAILED ? answer(-1) : call(map);
}
