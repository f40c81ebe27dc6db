/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
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

static int of_another_kind(const struct stat *st)
{
    return S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
}

bool io_read_file(int dirfd, const char *path, size_t max, struct buf *b)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = sys_openat(dirfd, path, flags, 0);
    struct stat st;
    bool ok;

    if (fd < 0)
        return false;
    ok = fstat(fd, &st) == 0;
    if (ok && !S_ISREG(st.st_mode)) {
        errno = of_another_kind(&st);
        ok = false;
    }
    ok = ok && io_read_all(fd, max, b);
    io_close(&fd);
    return ok;
}

/* A descriptor of the file itself, whatever has its name by now. */
static int reopen(int handle)
{
    char name[32];
    int fd;

    snprintf(name, sizeof name, "/proc/self/fd/%d", handle);
    fd = sys_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        errno = ENOSYS;
    return fd;
}

static int open_known(int dirfd, const char *path, uint64_t resolve, bool directories,
                      struct stat *st)
{
    int flags = O_PATH | O_CLOEXEC;
    int handle =
        resolve != 0 ? sys_openat2(dirfd, path, flags, resolve) : sys_openat(dirfd, path, flags, 0);
    int fd = -1;

    *st = (struct stat){0};
    if (handle < 0)
        return -1;
    if (sys_fstat(handle, st) == 0) {
        if (S_ISREG(st->st_mode) || (directories && S_ISDIR(st->st_mode))) {
            fd = reopen(handle);
        } else {
            errno = of_another_kind(st);
            io_close(&handle);
            return -1;
        }
    }
    if (fd < 0)
        *st = (struct stat){0};
    io_close(&handle);
    return fd;
}

int io_open_file(int dirfd, const char *path, uint64_t resolve, struct stat *st)
{
    return open_known(dirfd, path, resolve, false, st);
}

int io_open_tree(int dirfd, const char *path, uint64_t resolve, struct stat *st)
{
    return open_known(dirfd, path, resolve, true, st);
}

bool io_read_named(const char *path, size_t max, struct buf *b)
{
    struct stat st;
    int fd = io_open_file(AT_FDCWD, path, 0, &st);
    bool ok = fd >= 0 && io_read_all(fd, max, b);

    io_close(&fd);
    return ok;
}

const char *io_why_unread(int number)
{
    switch (number) {
    case EINVAL:
        return "it is a pipe, a socket or a device; write it to a file";
    case ELOOP:
        return "a link of /proc leads to it, or one to itself; write it to a file";
    default:
        return strerror(number);
    }
}

bool io_write_file(int dirfd, const char *path, const char *text)
{
    int fd = sys_openat(dirfd, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    ssize_t n = fd >= 0 ? sys_write(fd, text, strlen(text)) : -1;
    bool whole = n == (ssize_t)strlen(text);

    if (n >= 0 && !whole)
        errno = EIO;
    io_close(&fd);
    return whole;
}

bool io_place_of(int fd, char *place, size_t size)
{
    char link[sizeof "/proc/self/fd/" + 11];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, place, size - 1);
    place[length < 0 ? 0 : length] = '\0';
    return length >= 0;
}

bool io_is_on(int fd, long type)
{
    struct statfs fs;

    return sys_fstatfs(fd, &fs) == 0 && (long)fs.f_type == type;
}

bool io_is_mount_point(int dirfd, const char *path, bool *is)
{
    struct statx st;

    if (statx(dirfd, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) < 0)
        return false;
    *is = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    errno = EOPNOTSUPP;
    return (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
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
