/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"

bool io_write_all(int fd, const void *bytes, size_t length)
{
    const char *next = bytes;

    while (length != 0) {
        ssize_t n = sys_write(fd, next, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = EIO;
            return false;
        }
        next += n;
        length -= (size_t)n;
    }
    return true;
}

bool io_read_all(int fd, size_t max, struct buf *b)
{
    char chunk[4096];
    size_t total = 0;

    for (;;) {
        ssize_t n = sys_read(fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        total += (size_t)n;
        if (total > max) {
            errno = EFBIG;
            return false;
        }
        buf_add(b, chunk, (size_t)n);
    }
    if (b->failed)
        errno = ENOMEM;
    return !b->failed;
}

bool io_read_file(int dirfd, const char *path, size_t max, struct buf *b)
{
    int fd = sys_openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    bool ok;

    if (fd < 0)
        return false;
    ok = io_read_all(fd, max, b);
    io_close(&fd);
    return ok;
}

void io_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

bool io_random_hex(char out[33])
{
    unsigned char bytes[16];

    if (sys_getrandom(bytes, sizeof bytes) != (ssize_t)sizeof bytes)
        return false;
    text_hex(out, bytes, sizeof bytes);
    return true;
}
