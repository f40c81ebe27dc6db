/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts to take more than there is. Each takes a little more, and gives it back. */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 40
#define HOG ((size_t)96 << 20)

const char *try_fork_bomb(void)
{
    pid_t children[MANY];
    const char *result = WORKS;
    int n = 0;

    for (; n < MANY; n++) {
        children[n] = fork();
        if (children[n] == 0) {
            for (;;)
                pause();
        }
        if (children[n] < 0) {
            result = answer(-1);
            break;
        }
    }
    while (n-- > 0) {
        kill(children[n], SIGKILL);
        waitpid(children[n], NULL, 0);
    }
    return result;
}

static void *stay(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

const char *try_thread_bomb(void)
{
    for (int i = 0; i < MANY; i++) {
        pthread_t thread;
        pthread_attr_t small;
        int number;

        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 65536);
        number = pthread_create(&thread, &small, stay, NULL);
        if (number != 0) {
            errno = number;
            return answer(-1);
        }
    }
    return WORKS;
}

static const char *hog(int flags)
{
    char *map = mmap(NULL, HOG, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED)
        return answer(-1);
    memset(map, 1, HOG);
    return WORKS;
}

const char *try_hog_memory(void)
{
    return hog(MAP_PRIVATE);
}

const char *try_shared_pages(void)
{
    return hog(MAP_SHARED);
}

const char *try_growing_pages(void)
{
    return hog(MAP_PRIVATE | MAP_GROWSDOWN);
}

__attribute__((noinline)) static int deep(size_t bytes)
{
    volatile char room[1 << 20];

    memset((void *)(uintptr_t)room, 1, sizeof room);
    return bytes <= sizeof room ? room[0] : deep(bytes - sizeof room) + room[1];
}

/* Beyond its soft limit, which is its own to raise. */
const char *try_hog_stack(void)
{
    struct rlimit stack;

    getrlimit(RLIMIT_STACK, &stack);
    stack.rlim_cur = stack.rlim_max;
    if (setrlimit(RLIMIT_STACK, &stack) < 0)
        return answer(-1);
    return deep(HOG) > 0 ? WORKS : "none";
}

const char *try_hog_heap(void)
{
    char *heap = sbrk((intptr_t)HOG);

    if ((intptr_t)heap == -1)
        return answer(-1);
    memset(heap, 1, HOG);
    return WORKS;
}

const char *try_raise_memory(void)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_DATA, &limit) < 0)
        return answer(-1);
    /* Where there is none, it is already as high as can be. */
    if (limit.rlim_cur != RLIM_INFINITY)
        limit.rlim_cur = limit.rlim_max = limit.rlim_max + 4096;
    return answer(setrlimit(RLIMIT_DATA, &limit));
}

const char *try_large_file(void)
{
    static char block[1 << 20];
    int fd = open(OUT("large"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return "no file";
    for (int i = 0; i < 6; i++) {
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            return answer(-1);
    }
    return WORKS;
}

const char *try_many_descriptors(void)
{
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 100; i++) {
        if (fcntl(0, F_DUPFD_CLOEXEC, 0) < 0)
            return answer(-1);
    }
    return WORKS;
}

const char *try_more_processors(void)
{
    unsigned long all[16];

    memset(all, 0xff, sizeof all);
    if (syscall(SYS_sched_setaffinity, 0L, sizeof all, all) < 0)
        return answer(-1);
    memset(all, 0, sizeof all);
    syscall(SYS_sched_getaffinity, 0L, sizeof all, all);
    return (all[0] & (all[0] - 1)) != 0 ? WORKS : "one processor";
}

const char *try_core_dump(void)
{
    struct rlimit limit = {0};
    pid_t child;
    int status = 0;

    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    child = fork();
    if (child == 0) {
        if (chdir(place.out) < 0)
            _exit(1);
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        _exit(1);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WCOREDUMP(status) ? WORKS : "none";
}

const char *try_lock_input(void)
{
    return answer(flock(open(IN("file"), O_RDONLY | O_CLOEXEC), LOCK_EX | LOCK_NB));
}

const char *try_watch_input(void)
{
    return answer(inotify_add_watch(inotify_init1(IN_CLOEXEC), place.in, IN_ALL_EVENTS));
}

/* To itself; they are gone when it is. EAGAIN: the user has RLIMIT_SIGPENDING already, which by
 * default is half of the threads that memory holds: in 2 GiB 7,388, on aarch64 7,101. */
const char *try_queue_signals(void)
{
    union sigval nothing = {0};
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 1000; i++) {
        if (sigqueue(getpid(), SIGRTMIN, nothing) < 0)
            return answer(-1);
    }
    return WORKS;
}
