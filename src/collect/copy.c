/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "collect/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/patience.h"
#include "base/sys.h"

/* The bytes from `at` up to `end`, both files at the same place. */
static bool copy_range(int from, int to, off_t at, off_t end, bool (*stop)(void))
{
    static char chunk[131072];

    if (lseek(to, at, SEEK_SET) < 0)
        return false;
    while (at < end) {
        size_t want = end - at < (off_t)sizeof chunk ? (size_t)(end - at) : sizeof chunk;
        ssize_t n = pread(from, chunk, want, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0 || !io_write_all(to, chunk, (size_t)n))
            return false;
        at += n;
        patience_add((uint64_t)n);
        if (stop()) {
            errno = EINTR;
            return false;
        }
    }
    return true;
}

static bool copy_bytes(int from, int to, off_t size, bool (*stop)(void))
{
    off_t at = 0;

    while (at < size) {
        off_t data = lseek(from, at, SEEK_DATA);
        off_t hole;

        if (data < 0 && errno == ENXIO) /* nothing but a hole from here on */
            break;
        hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);
        if (hole < 0 || !copy_range(from, to, data, hole < size ? hole : size, stop))
            return false;
        at = hole;
    }
    return ftruncate(to, size) == 0;
}

bool copy_file(int from, int to, const char *name, uint64_t size, bool executable,
               bool (*stop)(void))
{
    int fd = sys_openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Whatever the caller's umask is. */
    bool ok = fd >= 0 && copy_bytes(from, fd, (off_t)size, stop) &&
              fchmod(fd, executable ? 0755 : 0644) == 0;

    io_close(&fd);
    return ok;
}
