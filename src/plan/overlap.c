/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/overlap.h"

#include <errno.h>
#include <fcntl.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"

enum answer { NO, YES, UNKNOWN };

/* A directory tree deeper than this is not walked: UNKNOWN, and so refused. */
#define DEPTH_MAX 4096

/* Is `inner` the same as `outer`, or beneath it? Files have no "..": only equality is seen. */
static enum answer beneath(const struct host_object *inner, const struct host_object *outer)
{
    int fd = -1;
    dev_t dev = inner->dev;
    ino_t ino = inner->ino;

    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        struct stat st;
        int up;

        if (dev == outer->dev && ino == outer->ino) {
            io_close(&fd);
            return YES;
        }
        if (!inner->directory)
            return NO;
        up = sys_openat(fd >= 0 ? fd : inner->fd, "..", O_PATH | O_CLOEXEC | O_DIRECTORY, 0);
        io_close(&fd);
        fd = up;
        if (up < 0 || sys_fstat(up, &st) < 0)
            break;
        if (st.st_dev == dev && st.st_ino == ino) {
            io_close(&fd);
            return NO;
        }
        dev = st.st_dev;
        ino = st.st_ino;
    }
    io_close(&fd);
    return UNKNOWN;
}

bool overlap_refuse_inside(const struct host_object *inner, const char *inner_option,
                           const struct host_object *outer, const char *outer_option,
                           struct error *e)
{
    if (inner->fd < 0 || outer->fd < 0)
        return true;
    switch (beneath(inner, outer)) {
    case NO:
        return true;
    case YES:
        error_set(e, EXIT_DENYBOX, "cannot use %s '%s': it is inside %s '%s'", inner_option,
                  text_show(inner->path), outer_option, text_show(outer->path));
        return error_hint(e, "give directories that do not contain each other");
    default:
        return error_errno(e, EXIT_DENYBOX, errno, "cannot tell whether %s '%s' is inside %s",
                           inner_option, text_show(inner->path), outer_option);
    }
}

bool overlap_refuse(const struct host_object *a, const char *a_option, const struct host_object *b,
                    const char *b_option, struct error *e)
{
    return overlap_refuse_inside(a, a_option, b, b_option, e) &&
           overlap_refuse_inside(b, b_option, a, a_option, e);
}
