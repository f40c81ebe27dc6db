/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/controllers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/text.h"

/* The period of processor time, in microseconds: the kernel's own default. */
#define PERIOD_US 100000U

#define TEXT_SIZE 64

static void memory_text(const struct declared *d, char *text)
{
    snprintf(text, TEXT_SIZE, "%" PRIu64, controller_value(CONTROLLER_MEMORY, d));
}

static void no_swap_text(const struct declared *d, char *text)
{
    (void)d;
    strcpy(text, "0");
}

/* init is one of the processes that are counted. */
static void pids_text(const struct declared *d, char *text)
{
    snprintf(text, TEXT_SIZE, "%" PRIu64, d->pids + 1);
}

static void cpu_text(const struct declared *d, char *text)
{
    snprintf(text, TEXT_SIZE, "%" PRIu64 " %u", d->cpus * PERIOD_US, PERIOD_US);
}

/* The kernel shows each as it was written. */
static const struct knob {
    enum controller controller;
    const char *file;
    void (*text)(const struct declared *d, char *text);
} knobs[] = {
    {CONTROLLER_MEMORY, "memory.max", memory_text},
    {CONTROLLER_MEMORY, "memory.swap.max", no_swap_text},
    {CONTROLLER_PIDS, "pids.max", pids_text},
    {CONTROLLER_CPU, "cpu.max", cpu_text},
};

#define N_KNOBS (sizeof knobs / sizeof knobs[0])

uint64_t controller_value(enum controller c, const struct declared *d)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    switch (c) {
    case CONTROLLER_MEMORY:
        return d->memory / page * page;
    case CONTROLLER_PIDS:
        return d->pids;
    default:
        return d->cpus;
    }
}

/* A kernel that knows no swap has nothing to be told of it. */
static bool is_needless(const struct knob *knob, int number)
{
    return number == ENOENT && strcmp(knob->file, "memory.swap.max") == 0 &&
           access("/proc/swaps", F_OK) != 0;
}

static bool set_one(int fd, const struct knob *knob, const struct declared *d, struct error *e)
{
    char text[TEXT_SIZE];

    if (fault_skips(knob->file))
        return true;
    knob->text(d, text);
    return io_write_file(fd, knob->file, text) || is_needless(knob, errno) ||
           error_errno(e, EXIT_DENYBOX, errno, "cannot set %s of the cgroup to %s", knob->file,
                       text);
}

bool controllers_set(int fd, unsigned set, const struct declared *d, struct error *e)
{
    for (size_t i = 0; i < N_KNOBS; i++) {
        if ((set & CONTROLLER_BIT(knobs[i].controller)) != 0 && !set_one(fd, &knobs[i], d, e))
            return false;
    }
    return true;
}

static bool says(int fd, const struct knob *knob, const struct declared *d)
{
    struct buf b = {0};
    char text[TEXT_SIZE + 1];
    bool same;

    if (!io_read_file(fd, knob->file, 256, &b)) {
        int number = errno;

        buf_free(&b);
        return is_needless(knob, number);
    }
    knob->text(d, text);
    strcat(text, "\n");
    same = strcmp(buf_text(&b), text) == 0;
    buf_free(&b);
    return same;
}

bool controller_holds(int fd, enum controller c, const struct declared *d)
{
    bool all = true;

    for (size_t i = 0; i < N_KNOBS; i++)
        all = all && (knobs[i].controller != c || says(fd, &knobs[i], d));
    return all;
}

int64_t controller_event(int fd, const char *file, const char *event)
{
    size_t length = strlen(event);
    unsigned long long value = 0;
    struct buf b = {0};
    bool found = false;

    if (!io_read_file(fd, file, 4096, &b))
        buf_free(&b);
    for (char *line = b.data; line != NULL && *line != '\0' && !found;) {
        char *end = strchrnul(line, '\n');
        char *next = *end == '\0' ? end : end + 1;

        *end = '\0';
        found = strncmp(line, event, length) == 0 && line[length] == ' ' &&
                text_number(line + length + 1, INT64_MAX, &value);
        line = next;
    }
    buf_free(&b);
    return found ? (int64_t)value : -1;
}
