/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_TRACE_H
#define DENYBOX_ROOT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"

/*
 * Everything of the host that was looked at while a root was made, what was not there included. As
 * long as all of it is as it was, the same root would be made again.
 *
 * A file is known again by device, inode, type, size and both times: whoever writes to it and sets
 * mtime back cannot set ctime. What was changed after the looking began may have been changed once
 * more within the same tick of the clock, so a trace that has such a file never holds.
 */
struct trace {
    struct buf records;
    int64_t began; /* nanoseconds; the kernel's coarse clock, which stamps files */
    size_t n;
};

enum trace_kind {
    TRACE_FILE = 1, /* what the path leads to, links followed */
    TRACE_LINK = 2, /* the link itself */
    TRACE_NONE = 3, /* the path leads to nothing */
};

/* Notes the time; what is looked at comes after it. */
void trace_begin(struct trace *t);

/* Adds one look; `st` is not used for TRACE_NONE. Running out of memory shows in t->records. */
void trace_add(struct trace *t, enum trace_kind kind, const char *path, const struct stat *st);

/* stat(2), noted. Returns false with errno set. */
bool trace_stat(struct trace *t, const char *path, struct stat *st);

/* The bytes to keep: the records, after a head with the time. The caller frees `out`. */
void trace_write(const struct trace *t, struct buf *out);

/* Is all as it was? False too for bytes that trace_write did not write. */
bool trace_holds(const char *bytes, size_t length);

void trace_free(struct trace *t);

#endif
