/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"

static bool write_text(int fd, const char *text)
{
    return io_write_all(fd, text, strlen(text)) && io_write_all(fd, "\n", 1);
}

/* Gives a file without a name one, by the way that the kernel has for the capability to read
 * everything, or else by the one for all. */
static bool give_name(int fd, int dirfd, const char *name)
{
    char path[64];

    if (sys_linkat(fd, "", dirfd, name, AT_EMPTY_PATH) == 0)
        return true;
    if (errno == EEXIST)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return sys_linkat(AT_FDCWD, path, dirfd, name, AT_SYMLINK_FOLLOW) == 0;
}

/* A file that has no name until it is whole: of a launcher that is killed nothing is left. False
 * and errno; not every file system has such files. */
static bool without_name(int dirfd, const char *name, const char *text)
{
    int fd = sys_openat(dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write_text(fd, text) && give_name(fd, dirfd, name);

    io_close(&fd);
    return ok;
}

/* False and errno. */
static bool under_another(int dirfd, const char *name, const char *text)
{
    char random[33];
    char temporary[64];
    int fd;
    bool ok;

    if (!io_random_hex(random))
        return false;
    snprintf(temporary, sizeof temporary, ".denybox-%s", random);
    fd = sys_openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    ok = fd >= 0 && write_text(fd, text) &&
         sys_renameat2(dirfd, temporary, dirfd, name, RENAME_NOREPLACE) == 0;
    if (!ok && fd >= 0) {
        int saved = errno;

        unlinkat(dirfd, temporary, 0);
        errno = saved;
    }
    io_close(&fd);
    return ok;
}

bool publish(int dirfd, const char *name, const char *text, struct error *e)
{
    return without_name(dirfd, name, text) ||
           (errno != EEXIST && under_another(dirfd, name, text)) ||
           error_errno(e, EXIT_DENYBOX, errno, "cannot write '%s'", text_show(name));
}
