/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/patience.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/terminal.h"

/* A terminal is not to be kept busier than the machine. */
#define BEFORE_MS 1000
#define BETWEEN_MS 100

static struct {
    const char *what;
    uint64_t bytes;
    struct timespec last; /* the beginning, or when the line was written */
    bool there;
} waiting;

static int64_t since_last_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((int64_t)now.tv_sec - waiting.last.tv_sec) * 1000 +
           (now.tv_nsec - waiting.last.tv_nsec) / 1000000;
}

void patience_begin(const char *what)
{
    waiting.what = what;
    waiting.bytes = 0;
    waiting.there = false;
    if (waiting.what != NULL)
        clock_gettime(CLOCK_MONOTONIC, &waiting.last);
}

void patience_add(uint64_t bytes)
{
    waiting.bytes += bytes;
    if (waiting.what == NULL || since_last_ms() < (waiting.there ? BETWEEN_MS : BEFORE_MS))
        return;
    clock_gettime(CLOCK_MONOTONIC, &waiting.last);
    /* Asked only now: nearly everything is done by then. */
    if (!waiting.there && !isatty(2))
        waiting.what = NULL;
    if (waiting.what == NULL || !terminal_takes(2))
        return;
    waiting.there = true;
    fprintf(stderr, "\rdenybox: %s: %llu MiB\033[K", waiting.what,
            (unsigned long long)(waiting.bytes >> 20));
}

void patience_end(void)
{
    /* On one that stands still the line stays: what is left to do must not wait for it. */
    if (waiting.there && terminal_takes(2))
        fputs("\r\033[K", stderr);
    patience_begin(NULL);
}
