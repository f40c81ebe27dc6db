/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "elf/file.h"
#include "root/interpreter.h"
#include "root/process.h"
#include "root/take.h"

#define WHY_WITH "--with"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot make a root: out of memory");
}

/* Where the program itself is: in the root, or, hidden by the sandbox's mounts, only on the host.
 */
static bool place_program(struct contents *c, const char *path, char real[PATH_MAX],
                          struct error *e)
{
    struct stat st;

    if (contents_hidden(path) == NULL)
        return contents_place(c, path, "the program", real, &st, e);
    if (!trace_stat(&c->trace, path, &st) || realpath(path, real) == NULL)
        return error_errno(e, EXIT_NOT_FOUND, errno, "cannot run '%s'", text_show(path));
    return true;
}

static bool note_origin(const struct process *p, const char *real, char **origin, struct error *e)
{
    if (!process_needs_origin(p))
        return true;
    *origin = strndup(real, strrchr(real, '/') == real ? 1 : (size_t)(strrchr(real, '/') - real));
    return *origin != NULL || out_of_memory(e);
}

static bool take_program(struct contents *c, struct process *p, const char *path, char **origin,
                         struct error *e)
{
    char real[PATH_MAX];

    return place_program(c, path, real, e) && process_begin(p, c, real, e) &&
           note_origin(p, real, origin, e) && interpreter_take(p, path, real, e);
}

static bool is_elf(const char *path)
{
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    bool is = fd >= 0 && elf_file_is(fd);

    io_close(&fd);
    return is;
}

/* A file that --with names: a library is the program's to load, another program has a loader of its
 * own. What it needs must be there, unlike what only lies in a tree. */
static bool take_file(struct contents *c, struct process *p, const char *real, struct error *e)
{
    struct process own = {0};
    bool ok = true;

    if (!is_elf(real))
        return true;
    if (p->n != 0)
        return process_add(p, real, e) != ADDED_FAILED && process_add(p, real, e) != ADDED_MISSING;
    ok = process_begin(&own, c, real, e);
    process_free(&own);
    return ok;
}

static bool take_with(struct contents *c, struct process *p, const char *path, struct error *e)
{
    struct take take = {.contents = c, .process = p->n != 0 ? p : NULL, .why = WHY_WITH};
    char real[PATH_MAX];
    struct stat st;

    if (!contents_place(c, path, WHY_WITH, real, &st, e))
        return false;
    return S_ISDIR(st.st_mode) ? take_tree(&take, real, e) : take_file(c, p, real, e);
}

bool root_collect(const struct root_request *r, struct contents *c, char **origin, struct error *e)
{
    struct process p = {0};
    bool ok = true;

    *origin = NULL;
    contents_begin(c);
    if (r->program != NULL)
        ok = take_program(c, &p, r->program, origin, e);
    for (size_t i = 0; ok && i < r->n_scripts; i++) {
        char real[PATH_MAX];
        struct stat st;

        ok = contents_place(c, r->scripts[i], "the script", real, &st, e);
    }
    for (size_t i = 0; ok && i < r->n_with; i++)
        ok = take_with(c, &p, r->with[i], e);
    process_free(&p);
    return ok && contents_finish(c, e);
}
