/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/object.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"

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
            return error_hint(e, "make it first: mkdir -p %s", text_show(path));
        }
        return error_errno(e, EXIT_DENYBOX, errno, "cannot use --%s '%s'", option, text_show(path));
    }
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    o->directory = S_ISDIR(st.st_mode);
    if (want_directory && !o->directory)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': not a directory", option,
                         text_show(path));
    return true;
}

bool object_access(const struct host_object *o, const char *option, int mode, struct error *e)
{
    if (o->fd >= 0 && faccessat(o->fd, ".", mode, AT_EACCESS) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot %s --%s '%s'",
                           (mode & W_OK) != 0 ? "write to" : "read", option, text_show(o->path));
    return true;
}
