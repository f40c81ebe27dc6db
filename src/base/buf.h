/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_BUF_H
#define DENYBOX_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A growing run of bytes, always followed by a NUL that does not count. Zero-initialised it is
 * empty. Running out of memory sets `failed` and drops the bytes: ask once, at the end.
 */
struct buf {
    char *data; /* owned; NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;
};

void buf_add(struct buf *b, const void *bytes, size_t length);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* The text so far, never NULL. Valid until the next call that adds. */
const char *buf_text(const struct buf *b);

/* Releases what the buffer owns and makes it empty. */
void buf_free(struct buf *b);

#endif
