/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/object.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"

/* What to do where there is no directory of that name, and where there is a file. */
static const struct {
    const char *option;
    const char *missing;
    const char *file;
} advice[] = {
    {"in", "give the directory that the payload is to read at /in",
     "give the directory that the file is in: the payload sees it as /in/NAME"},
    {"out", NULL, "give a directory, in which the payload writes files as /out/NAME"},
    {"evidence", NULL, "the bundle becomes a new file in a directory that is there"},
    {"rootfs", "denybox pack -o DIR COMMAND makes one of a program of the host",
     "unpack it, or give --image FILE for an archive of a container image"},
};

static bool advise(const char *option, const char *path, bool missing, struct error *e)
{
    size_t i = 0;

    while (i < sizeof advice / sizeof advice[0] - 1 && strcmp(option, advice[i].option) != 0)
        i++;
    if (path[0] == '-')
        return error_hint(e,
                          "the value of --%s is missing; a name that begins with a dash is "
                          "written ./-NAME",
                          option);
    if (!missing)
        return error_hint(e, "%s", advice[i].file);
    if (advice[i].missing != NULL)
        return error_hint(e, "%s", advice[i].missing);
    return error_hint(e, "make it first: mkdir -p %s", text_show(path));
}

/* Nothing can be mounted from such a directory, or made in it; the working directory may be one.
 * Some file systems in user space count no links at all, so the kernel is asked as well. */
static bool was_removed(int fd, const struct stat *st)
{
    static const char mark[] = " (deleted)"; /* d_path() in the kernel's fs/d_path.c */
    char path[PATH_MAX];
    size_t length;

    if (!S_ISDIR(st->st_mode) || st->st_nlink != 0 || !io_place_of(fd, path, sizeof path))
        return false;
    length = strlen(path);
    return length >= strlen(mark) && strcmp(path + length - strlen(mark), mark) == 0;
}

bool object_open(struct host_object *o, const char *option, const char *path, bool want_directory,
                 struct error *e)
{
    struct stat st;

    o->path = path;
    o->fd = sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
    if (o->fd < 0 || sys_fstat(o->fd, &st) < 0) {
        if (errno == ENOENT && want_directory) {
            error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': no such directory", option,
                      text_show(path));
            return advise(option, path, true, e);
        }
        error_errno(e, EXIT_DENYBOX, errno, "cannot use --%s '%s'", option, text_show(path));
        return e->number != ELOOP ? false
                                  : error_hint(e, "a link of /proc leads there, as all of /dev/fd "
                                                  "are, or one to itself: name the place itself");
    }
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    o->directory = S_ISDIR(st.st_mode);
    if (was_removed(o->fd, &st)) {
        error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': the directory was removed", option,
                  text_show(path));
        return error_hint(e, "where it is the working directory, go to one that is there: cd");
    }
    if (!want_directory || o->directory)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': not a directory", option, text_show(path));
    return advise(option, path, false, e);
}

bool object_access(const struct host_object *o, const char *option, int mode, struct error *e)
{
    bool write = (mode & W_OK) != 0;

    if (o->fd < 0 || faccessat(o->fd, ".", mode, AT_EACCESS) == 0)
        return true;
    error_errno(e, EXIT_DENYBOX, errno, "cannot %s --%s '%s'", write ? "write to" : "read", option,
                text_show(o->path));
    return error_hint(e, "give a directory that you may %s",
                      write ? "write to, of your own" : "list and enter");
}
