/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/overlap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"

enum answer { NO, YES, UNKNOWN };

/* A directory tree deeper than this is not walked: UNKNOWN, and so refused. */
#define DEPTH_MAX 4096

/* So many levels up are looked at by one path, "../../..", each by one call; then a descriptor is
 * opened there, and the path begins anew. */
#define LEVELS 32
#define UP_8 "../../../../../../../../"
static const char ups[] = UP_8 UP_8 UP_8 UP_8;

static const char *up(int levels)
{
    return ups + (LEVELS - levels) * strlen("../");
}

/* The directory `levels` above *fd, or above `from` while *fd is -1. */
static bool look_up(int from, int *fd, int *levels, struct stat *st)
{
    int next;

    if (*levels == LEVELS) {
        next = sys_openat(*fd >= 0 ? *fd : from, up(LEVELS), O_PATH | O_CLOEXEC | O_DIRECTORY, 0);
        if (next < 0)
            return false;
        io_close(fd);
        *fd = next;
        *levels = 0;
    }
    (*levels)++;
    return sys_fstatat(*fd >= 0 ? *fd : from, up(*levels), st, 0) == 0;
}

/* Is `inner` the same as `outer`, or beneath it? Files have no "..": only equality is seen. */
static enum answer beneath(const struct host_object *inner, const struct host_object *outer)
{
    struct stat here = {.st_dev = inner->dev, .st_ino = inner->ino};
    enum answer answer = UNKNOWN;
    int levels = 0;
    int fd = -1;

    for (int depth = 0; depth < DEPTH_MAX && answer == UNKNOWN; depth++) {
        struct stat above = here; /* of a file */

        if (here.st_dev == outer->dev && here.st_ino == outer->ino)
            answer = YES;
        else if (inner->directory && !look_up(inner->fd, &fd, &levels, &above))
            break;
        else if (above.st_dev == here.st_dev && above.st_ino == here.st_ino)
            answer = NO;
        else
            here = above;
    }
    io_close(&fd);
    return answer;
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
