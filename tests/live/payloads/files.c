/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "payload.h"

static long fill_bytes(const char *directory)
{
    static char block[65536];
    char path[4096];
    long total = 0;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "%s/fill", directory);
    fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd < 0)
        return -1;
    while ((n = write(fd, block, sizeof block)) > 0)
        total += n;
    report("bytes-last", n);
    close(fd);
    unlink(path);
    return total;
}

static long fill_inodes(const char *directory)
{
    char path[4096];
    long count = 0;

    for (;; count++) {
        int fd;

        snprintf(path, sizeof path, "%s/inode-%ld", directory, count);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (fd < 0)
            break;
        close(fd);
    }
    report("inodes-last", -1);
    return count;
}

/* fill DIRECTORY: how many bytes it takes, then how many files. */
int fill_main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : "/tmp";

    printf("bytes %ld\n", fill_bytes(directory));
    printf("inodes %ld\n", fill_inodes(directory));
    return 0;
}

/* descriptors: how many can be open, the standard three included. */
int descriptors_main(int argc, char **argv)
{
    int highest = 2;
    int fd;

    (void)argc;
    (void)argv;
    while ((fd = dup(0)) >= 0)
        highest = fd;
    report("last", fd);
    printf("open %d\n", highest + 1);
    return 0;
}
