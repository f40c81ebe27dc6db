/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/text.h"
#include "evidence/inside.h"
#include "evidence/publish.h"

bool place_find(struct place *p, const char *option, const char *path, struct error *e)
{
    char directory[PATH_MAX];
    struct stat st;
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    *p = (struct place){.directory = -1};
    if (path == NULL)
        return true;
    p->name = slash != NULL ? slash + 1 : path;
    if (p->name[0] == '\0' || strcmp(p->name, ".") == 0 || strcmp(p->name, "..") == 0)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': it names no file", option,
                         text_show(path));
    /* Cut off, it would name another directory. */
    if (p->name - path > PATH_MAX - 2)
        return error_errno(e, EXIT_DENYBOX, ENAMETOOLONG, "cannot use --%s '%s'", option,
                           text_show(path));
    snprintf(directory, sizeof directory, "%.*s.", (int)(p->name - path), path);
    p->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (p->directory < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot use --%s '%s'", option, text_show(path));
    if (fstatat(p->directory, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': it exists", option, text_show(path));
        io_close(&p->directory);
        return error_hint(e, "a file is never overwritten; choose another name or move it away");
    }
    return true;
}

bool place_write(const struct place *p, const char *text, struct error *e)
{
    if (p->directory >= 0)
        return publish(p->directory, p->name, text, e);
    if (io_write_all(1, text, strlen(text)) && io_write_all(1, "\n", 1))
        return true;
    return error_errno(e, EXIT_DENYBOX, errno, "cannot write the bundle");
}

const char *place_taken(const char *directory)
{
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *name = fd >= 0 ? inside_taken(fd) : NULL;

    io_close(&fd);
    return name;
}
