/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/pyc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY "/__pycache__/"

bool pyc_source(const char *path, char source[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *directory = slash != NULL ? slash + 1 - strlen(DIRECTORY) : NULL;
    size_t length;

    if (slash == NULL || directory < path || strncmp(directory, DIRECTORY, strlen(DIRECTORY)) != 0)
        return false;
    length = strcspn(slash + 1, ".");
    return snprintf(source, PATH_MAX, "%.*s/%.*s.py", (int)(directory - path), path, (int)length,
                    slash + 1) < PATH_MAX;
}

/* Little-endian on every machine. */
static uint32_t number(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

enum pyc pyc_check(int fd, const struct stat *source)
{
    unsigned char head[16]; /* magic, flags, time, size */

    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        return PYC_STALE;
    if ((number(head + 4) & 1) != 0)
        return PYC_BY_HASH;
    if (number(head + 8) == (uint32_t)source->st_mtim.tv_sec &&
        number(head + 12) == (uint32_t)source->st_size)
        return PYC_BY_TIME;
    return PYC_STALE;
}
