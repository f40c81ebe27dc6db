/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/output.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/limits.h"

#define BYTES_PER_INODE 4096
#define INODES_MAX 1000000

uint64_t tmpfs_inodes(uint64_t size)
{
    uint64_t inodes = size / BYTES_PER_INODE + 2;

    return inodes < INODES_MAX ? inodes : INODES_MAX;
}

/* The same that was seen at /out, a tmpfs, and bounded as it was asked for: in whole pages. */
static bool holds(int fd, const struct launch_result *result, uint64_t size)
{
    struct stat st;
    struct statfs fs;

    return sys_fstat(fd, &st) == 0 && st.st_dev == result->before.out.dev &&
           st.st_ino == result->before.out.ino && fstatfs(fd, &fs) == 0 &&
           fs.f_type == TMPFS_MAGIC && fs.f_bsize > 0 &&
           fs.f_blocks == (size + (uint64_t)fs.f_bsize - 1) / (uint64_t)fs.f_bsize &&
           fs.f_files == tmpfs_inodes(size);
}

bool output_take(const struct sandbox *s, pid_t pid, struct launch_result *result)
{
    uint64_t size = s->plan->declared.out_size;
    char path[48];
    int fd;

    if (size == 0)
        return true;
    snprintf(path, sizeof path, "%d/root/out", (int)pid);
    fd = sys_openat(s->host_proc, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0 || !holds(fd, result, size)) {
        buf_puts(&result->reasons, "the limit out is not in force\n");
        io_close(&fd);
        return false;
    }
    result->out = fd;
    limits_note(result, (struct limit_row){"out", size, "tmpfs", "/out"});
    return true;
}
