/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_FILTER_H
#define DENYBOX_FILTER_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The kernel takes no longer program (BPF_MAXINSNS). */
#define FILTER_MAX_INSTRUCTIONS 4096

/* A profile, or a filter, is a few kilobytes; this is a bound, not a budget. */
#define FILTER_FILE_MAX (1U << 20)

/* A classic BPF program as seccomp takes it. Zero-initialised it is empty. */
struct filter_program {
    struct sock_filter *code; /* owned */
    unsigned short length;    /* in instructions */
};

/* Releases the code and makes the program empty. */
void filter_free(struct filter_program *program);

/*
 * Copies a program from raw bytes: struct sock_filter as it lies in memory, 1 to
 * FILTER_MAX_INSTRUCTIONS of them, the last a return. Everything else is left to the kernel, which
 * checks each instruction when the filter is loaded. On success *out owns the copy (filter_free);
 * on failure it is empty and *e is set (EXIT_DENYBOX).
 */
bool filter_from_bytes(const void *bytes, size_t length, struct filter_program *out,
                       struct error *e);

/* The error of a filter's file that was not read, and why not (an errno). Always returns false. */
bool filter_unreadable(struct error *e, int number, const char *path);

#endif
