/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_IO_H
#define DENYBOX_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"

/* Writes all of it, whatever the signals and short writes. False with errno set. */
bool io_write_all(int fd, const void *bytes, size_t length);

/* Reads to end of file, at most `max` bytes (more is EFBIG). Adds to *b. False with errno set. */
bool io_read_all(int fd, size_t max, struct buf *b);

/* The same for the regular file `path` beneath `dirfd`, opened read-only, never through a final
 * link. Another kind of file is EISDIR or EINVAL. For files whose place nobody else can write to:
 * it is opened before it is looked at, so that it works for one of /proc, and inside a sandbox. */
bool io_read_file(int dirfd, const char *path, size_t max, struct buf *b);

/*
 * Opens a regular file for reading, and nothing else. What it is, is known before it is opened: to
 * open a FIFO lets its writer go on, and to open a device may do something. Links are followed as
 * `resolve` says (RESOLVE_ of openat2(2); 0 asks plain openat). -1 and errno; *st is then all zero
 * unless there is something of another kind (EISDIR, else EINVAL), which it tells. Needs /proc,
 * without which it is ENOSYS.
 */
int io_open_file(int dirfd, const char *path, uint64_t resolve, struct stat *st);

/* The same for a regular file or a directory. */
int io_open_tree(int dirfd, const char *path, uint64_t resolve, struct stat *st);

/* Reads a file that the user has named, opened by io_open_file: links are followed. */
bool io_read_named(const char *path, size_t max, struct buf *b);

/* Why a file that the user has named was not read, by the errno. */
const char *io_why_unread(int number);

/* Writes a text into a file that is there, as those of the kernel are: beneath `dirfd`, never
 * through a final link, by one write(2). False with errno set. */
bool io_write_file(int dirfd, const char *path, const char *text);

/* What /proc says where an open file is, or what it is, cut off at `size` and ended. False with
 * errno set. */
bool io_place_of(int fd, char *place, size_t size);

/* Is it on a file system of that type, a number of linux/magic.h? */
bool io_is_on(int fd, long type);

/* Is something mounted exactly there, beneath `dirfd`? False with errno set where that cannot be
 * told. statx(2), STATX_ATTR_MOUNT_ROOT, since Linux 5.8; st_dev does not tell: in an overlay it
 * differs from file to file. */
bool io_is_mount_point(int dirfd, const char *path, bool *is);

/* Closes *fd unless it is negative and makes it -1. Keeps errno. */
void io_close(int *fd);

/* 16 random bytes as 32 hexadecimal digits. False with errno set. */
bool io_random_hex(char out[33]);

#endif
