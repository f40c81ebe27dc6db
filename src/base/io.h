/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_IO_H
#define DENYBOX_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Writes all of it, whatever the signals and short writes. False with errno set. */
bool io_write_all(int fd, const void *bytes, size_t length);

/* Reads to end of file, at most `max` bytes (more is EFBIG). Adds to *b. False with errno set. */
bool io_read_all(int fd, size_t max, struct buf *b);

/* The same for the file `path` beneath `dirfd`, opened read-only, never through a final link. */
bool io_read_file(int dirfd, const char *path, size_t max, struct buf *b);

/* Closes *fd unless it is negative and makes it -1. Keeps errno. */
void io_close(int *fd);

/* 16 random bytes as 32 hexadecimal digits. False with errno set. */
bool io_random_hex(char out[33]);

#endif
