/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/terminal.h"

/* A terminal is not to be kept busier than the machine. */
#define DRAW_SECONDS 0.1
#define LINE_SECONDS 10.0

#define BAR_MAX 30

static double between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

double progress_seconds(const struct progress *p)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return between(&p->start, &now);
}

void progress_begin(struct progress *p, size_t total, bool wanted)
{
    *p = (struct progress){.total = total, .wanted = wanted, .terminal = isatty(2) == 1};
    clock_gettime(CLOCK_MONOTONIC, &p->start);
    p->drawn = p->start;
}

static void time_left(char *out, size_t size, double seconds)
{
    unsigned long s = (unsigned long)seconds;

    if (s >= 3600)
        snprintf(out, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%lu:%02lu", s / 60, s % 60);
}

char *progress_line(char out[PROGRESS_SIZE], const struct progress *p, double seconds,
                    unsigned width)
{
    size_t ended = p->done + p->failed + p->broken;
    double rate = seconds > 0 ? (double)ended / seconds : 0;
    char text[160];
    char left[32] = "-";
    size_t bar;
    size_t full;

    if (rate > 0)
        time_left(left, sizeof left, (double)(p->total - ended) / rate);
    snprintf(text, sizeof text, "%zu/%zu  failed %zu  no result %zu  %.0f/s  %s left", ended,
             p->total, p->failed, p->broken, rate, left);
    bar = width > strlen(text) + 4 ? width - strlen(text) - 4 : 0;
    bar = bar > BAR_MAX ? BAR_MAX : bar;
    full = p->total != 0 ? bar * ended / p->total : bar;
    if (bar < 5)
        snprintf(out, PROGRESS_SIZE, "%.*s", (int)(width < 159 ? width : 159), text);
    else
        snprintf(out, PROGRESS_SIZE, "[%.*s%.*s] %s", (int)full, "##############################",
                 (int)(bar - full), "..............................", text);
    return out;
}

static unsigned columns(void)
{
    struct winsize size;

    return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool progress_taken(void)
{
    return terminal_takes(2);
}

void progress_draw(struct progress *p)
{
    char line[PROGRESS_SIZE];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!p->wanted || ((p->there || !p->terminal) &&
                       between(&p->drawn, &now) < (p->terminal ? DRAW_SECONDS : LINE_SECONDS)))
        return;
    p->drawn = now;
    if (!progress_taken())
        return;
    p->there = p->terminal;
    /* One column is left free: in the last one some terminals go to the next line. */
    progress_line(line, p, between(&p->start, &now), p->terminal ? columns() - 1 : PROGRESS_SIZE);
    fprintf(stderr, p->terminal ? "\r%s\033[K" : "denybox: %s\n", line);
    fflush(stderr);
}

void progress_clear(struct progress *p)
{
    if (!p->there || !progress_taken())
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    p->there = false;
}
