/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"

/* Said before anything is started: of ten thousand inputs none may turn out to be odd at the end.
 */
static bool check_input(int dirfd, const char *path, const char *name, struct error *e)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at '%s/%s' of --in-each",
                           text_show(path), text_show(name));
    if (S_ISDIR(st.st_mode))
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use '%s/%s' of --in-each: it is %s", text_show(path),
              text_show(name), S_ISLNK(st.st_mode) ? "a link" : "no directory");
    return error_hint(e,
                      "each input is a directory, which the payload sees as /in; put a file into "
                      "one of its own");
}

static bool sort_out(struct inputs *in, const struct results *results, const char *name,
                     struct error *e)
{
    switch (results_has(results, name)) {
    case 0:
        in->todo[in->n_todo++] = name;
        return true;
    case 1:
        in->n_done++;
        return true;
    default:
        error_set(e, EXIT_DENYBOX, "cannot use --out-each '%s': '%s' in it is no result of a batch",
                  text_show(results->path), text_show(name));
        return error_hint(e, "move it away, or choose another directory");
    }
}

static bool list(struct inputs *in, int dirfd, const char *path, const struct results *results,
                 struct error *e)
{
    bool whole = true;

    if (!names_read(dirfd, INPUTS_MAX, &in->names, &whole))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read --in-each '%s'", text_show(path));
    if (!whole)
        return error_set(e, EXIT_DENYBOX, "cannot use --in-each '%s': more than %d entries",
                         text_show(path), INPUTS_MAX);
    in->todo = calloc(in->names.n + 1, sizeof *in->todo);
    if (in->todo == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot list the inputs: out of memory");
    for (size_t i = 0; i < in->names.n; i++) {
        if (in->names.name[i][0] != '.' && (!check_input(dirfd, path, in->names.name[i], e) ||
                                            !sort_out(in, results, in->names.name[i], e)))
            return false;
    }
    return in->n_todo + in->n_done != 0 ||
           error_set(e, EXIT_DENYBOX, "cannot use --in-each '%s': there is no input in it",
                     text_show(path));
}

bool inputs_list(struct inputs *in, const char *path, const struct results *results,
                 struct error *e)
{
    *in = (struct inputs){
        .dir = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0),
    };
    if (in->dir < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot open --in-each '%s'", text_show(path));
    return list(in, in->dir, path, results, e);
}

void inputs_free(struct inputs *in)
{
    names_free(&in->names);
    free(in->todo);
    in->todo = NULL;
    io_close(&in->dir);
}
