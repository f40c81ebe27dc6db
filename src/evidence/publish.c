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

bool publish(int dirfd, const char *name, const char *text, struct error *e)
{
    char random[33];
    char temporary[64];
    int fd = -1;
    bool ok;

    if (!io_random_hex(random))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot draw a random name");
    snprintf(temporary, sizeof temporary, ".denybox-%s", random);
    fd = sys_openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    ok = fd >= 0 && io_write_all(fd, text, strlen(text)) && io_write_all(fd, "\n", 1) &&
         sys_renameat2(dirfd, temporary, dirfd, name, RENAME_NOREPLACE) == 0;
    if (!ok) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot write '%s'", text_show(name));
        if (fd >= 0)
            unlinkat(dirfd, temporary, 0);
    }
    io_close(&fd);
    return ok;
}
