// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * syscost: prints what one getppid costs, in nanoseconds.
 *
 *   syscost [CALLS]
 *
 * getppid does next to nothing, so the entry to the kernel and the filters in front of it are
 * what is left to measure.  The calls are timed in slices and the median slice counts: an
 * interrupt or another program's turn spoils one slice and not the result.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLICES 100

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double slice(long calls)
{
    double begin = now_ns();
    for (long i = 0; i < calls; i++)
        syscall(SYS_getppid);
    return (now_ns() - begin) / (double)calls;
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    double ns[SLICES];

    if (calls < SLICES) {
        fprintf(stderr, "syscost: at least %d calls\n", SLICES);
        return 2;
    }
    for (int i = 0; i < SLICES; i++)
        ns[i] = slice(calls / SLICES);
    qsort(ns, SLICES, sizeof(ns[0]), compare);
    return printf("%.2f\n", ns[SLICES / 2]) > 0 && fflush(stdout) == 0 ? 0 : 1;
}
