/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts on files: to change the input, to get at the host's, to fill what there is. */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

const char *try_map_input_shared(void)
{
    int fd = open(IN("file"), O_RDWR | O_CLOEXEC);
    char *map;

    if (fd < 0) { /* without a right to write: a private mapping must stay private */
        fd = open(IN("file"), O_RDONLY | O_CLOEXEC);
        map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        return answer_map(map);
    }
    map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        map[0] = 'X';
    return answer_map(map);
}

static const char *open_relative(int directory, const char *path)
{
    return answer(openat(directory, path, O_RDONLY | O_CLOEXEC));
}

#define UP "../../../../../../../../../../../../../../../../"

const char *try_up_from_input(void)
{
    return open_relative(open(place.in, O_RDONLY | O_DIRECTORY | O_CLOEXEC), UP "etc/passwd");
}

const char *try_up_by_chdir(void)
{
    for (int i = 0; i < 64; i++) {
        if (chdir("..") < 0)
            return answer(-1);
    }
    return open_relative(AT_FDCWD, "etc/passwd");
}

/* The caller has / open as 9, and has forgotten to close it. */
const char *try_up_from_descriptor(void)
{
    return open_relative(9, "etc/passwd");
}

/* A directory: an ordinary user is given no other by a handle, and that in mounts of its own. */
const char *try_open_by_handle(void)
{
    struct {
        unsigned bytes;
        int type;
        unsigned char data[128];
    } handle = {.bytes = 128};
    int id;
    int top = open(place.tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (top < 0 || mkdir(TMP("handled"), 0755) < 0)
        return answer(-1);
    syscall(SYS_name_to_handle_at, AT_FDCWD, TMP("handled"), &handle, &id, 0);
    return answer(syscall(SYS_open_by_handle_at, top, &handle, O_RDONLY | O_DIRECTORY));
}

/* cap_net_raw, effective and permitted, for this namespace's root: version 3. */
const char *try_file_capabilities(void)
{
    static const unsigned char value[24] = {1, 0, 0, 3, 0, 0x20};
    int fd = open(TMP("program"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    if (fd < 0)
        return answer(-1);
    return answer(fsetxattr(fd, "security.capability", value, sizeof value, 0));
}

const char *try_fill_tmp(void)
{
    static char block[1 << 20];

    memset(block, 'x', sizeof block);
    for (int i = 0; i < 8; i++) {
        char name[16];
        int fd;

        snprintf(name, sizeof name, "fill-%d", i);
        fd = open(TMP(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0 || write(fd, block, sizeof block) < 0)
            return answer(-1);
        /* What was written in part is full; the next write says how. */
        if (lseek(fd, 0, SEEK_CUR) != sizeof block && write(fd, block, 1) < 0)
            return answer(-1);
        close(fd);
    }
    return WORKS;
}

const char *try_fill_inodes(void)
{
    for (int i = 0; i < 2000; i++) {
        char name[16];
        int fd;

        snprintf(name, sizeof name, "node-%d", i);
        fd = open(TMP(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            return answer(-1);
        close(fd);
    }
    return WORKS;
}
