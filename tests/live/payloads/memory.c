/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "payload.h"

static long map_result(void *map)
{
    return map == MAP_FAILED ? -1 : 0;
}

static void try_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    char what[4200];
    void *map;

    if (fd < 0) {
        report("open", fd);
        return;
    }
    snprintf(what, sizeof what, "read %s", path);
    map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    report(what, map_result(map));
    snprintf(what, sizeof what, "mprotect %s", path);
    if (map != MAP_FAILED)
        report(what, mprotect(map, 4096, PROT_READ | PROT_EXEC));
    snprintf(what, sizeof what, "mmap %s", path);
    report(what, map_result(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0)));
    close(fd);
}

/* mapexec FILE...: map each for reading, make that executable, map it executable. */
int mapexec_main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        try_file(argv[i]);
    return 0;
}

/* memory MEBIBYTES: take that much, one at a time, and touch it; prints how many it got. */
int memory_main(int argc, char **argv)
{
    int want = argc > 1 ? atoi(argv[1]) : 1;
    int got = 0;

    for (; got < want; got++) {
        void *map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (map == MAP_FAILED)
            break;
        memset(map, 1, 1 << 20);
    }
    printf("mebibytes %d\n", got);
    report("last", got == want ? 0 : -1);
    return 0;
}

/* hog: takes all memory that it gets, and uses it, again and again for a while. */
int hog_main(int argc, char **argv)
{
    const size_t piece = 1 << 20;
    char *last = NULL;
    char *got;

    (void)argc;
    (void)argv;
    while ((got = malloc(piece)) != NULL) {
        memset(got, 1, piece);
        memcpy(got, &last, sizeof last);
        last = got;
    }
    for (int i = 0; i < 10; i++) {
        for (char *each = last; each != NULL; memcpy(&each, each, sizeof each))
            memset(each + sizeof each, i, piece - sizeof each);
    }
    return 0;
}

__attribute__((noinline)) static int deep(long mebibytes)
{
    volatile char room[1 << 20];

    for (size_t i = 0; i < sizeof room; i += 4096)
        room[i] = 1;
    return mebibytes <= 1 ? room[0] : deep(mebibytes - 1) + room[4096];
}

/* deep MEBIBYTES: calls itself until its stack has so many. */
int deep_main(int argc, char **argv)
{
    long want = argc > 1 ? strtol(argv[1], NULL, 10) : 1;

    printf("deep %d\n", deep(want));
    return 0;
}
