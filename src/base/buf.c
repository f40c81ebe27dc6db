/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool buf_reserve(struct buf *b, size_t more)
{
    size_t capacity = b->capacity != 0 ? b->capacity : 256;
    char *grown;

    if (b->failed || more > SIZE_MAX / 4 - b->length)
        goto fail;
    if (b->capacity > b->length + more)
        return true;
    while (capacity <= b->length + more)
        capacity *= 2;
    grown = realloc(b->data, capacity);
    if (grown == NULL)
        goto fail;
    b->data = grown;
    b->capacity = capacity;
    return true;
fail:
    b->failed = true;
    return false;
}

void buf_add(struct buf *b, const void *bytes, size_t length)
{
    if (!buf_reserve(b, length))
        return;
    if (length != 0)
        memcpy(b->data + b->length, bytes, length);
    b->length += length;
    b->data[b->length] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (length < 0 || !buf_reserve(b, (size_t)length)) {
        b->failed = true;
    } else {
        vsnprintf(b->data + b->length, (size_t)length + 1, format, again);
        b->length += (size_t)length;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

const char *buf_text(const struct buf *b)
{
    return b->data != NULL ? b->data : "";
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
