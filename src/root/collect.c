/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
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
static bool place_program(struct contents *c, const char *by, const char *path, char real[PATH_MAX],
                          struct error *e)
{
    struct stat st;

    if (contents_hidden(path) == NULL)
        return contents_named(c, by, path, "the program", real, &st, e);
    if (!trace_stat(&c->trace, path, &st) || realpath(path, real) == NULL)
        return error_errno(e, EXIT_NOT_FOUND, errno, "cannot run '%s'", text_show(path));
    return by == NULL || contents_allows(c, by, real, &st, e);
}

static bool note_origin(const struct process *p, const char *real, char **origin, struct error *e)
{
    if (!process_needs_origin(p))
        return true;
    *origin = strndup(real, strrchr(real, '/') == real ? 1 : (size_t)(strrchr(real, '/') - real));
    return *origin != NULL || out_of_memory(e);
}

/* Who names the program; NULL: the caller. */
static const char *namer(const struct root_request *r, const struct contents *c)
{
    if (r->n_scripts == 0 || r->searched || along_is_named(&c->along, r->program))
        return NULL;
    return r->scripts[r->n_scripts - 1];
}

static bool take_program(const struct root_request *r, struct contents *c, struct process *p,
                         char **origin, struct error *e)
{
    const char *path = r->program;
    const char *by = namer(r, c);
    char real[PATH_MAX];

    if (by == NULL && !along_add_program(&c->along, path))
        return out_of_memory(e);
    return place_program(c, by, path, real, e) && process_begin(p, c, real, by, e) &&
           note_origin(p, real, origin, e) && interpreter_take(p, path, real, e);
}

/* The first is what the caller has named, and each names the next. */
static bool take_scripts(const struct root_request *r, struct contents *c, struct error *e)
{
    char real[PATH_MAX];
    struct stat st;

    if (r->n_scripts != 0 && !along_add_program(&c->along, r->scripts[0]))
        return out_of_memory(e);
    for (size_t i = 0; i < r->n_scripts; i++) {
        if (!contents_named(c, i != 0 ? r->scripts[i - 1] : NULL, r->scripts[i], "the script", real,
                            &st, e))
            return false;
    }
    return true;
}

static bool is_elf(const char *path)
{
    struct stat st;
    int fd = io_open_file(AT_FDCWD, path, 0, &st);
    bool is = fd >= 0 && elf_file_is(fd);

    io_close(&fd);
    return is;
}

/* A file that --with names: a library is the program's to load, another program has a loader of its
 * own. What it needs must be there, unlike what only lies in a tree. */
static bool take_elf(struct contents *c, struct process *p, const char *real, struct error *e)
{
    struct process own = {0};
    enum process_added added;
    bool ok;

    if (p->n != 0) {
        added = process_add(p, real, e);
        return added != ADDED_FAILED && added != ADDED_MISSING;
    }
    ok = process_begin(&own, c, real, NULL, e);
    process_free(&own);
    return ok;
}

/* It is named like the program, and has beside it what it needs. */
static bool take_file(struct contents *c, struct process *p, const char *path, const char *real,
                      struct error *e)
{
    size_t before = c->along.n_trees;
    bool ok = true;

    if (!is_elf(real))
        return true;
    if (!along_add_program(&c->along, path))
        return out_of_memory(e);
    ok = take_elf(c, p, real, e);
    along_cut(&c->along, before);
    return ok;
}

static bool take_with(struct contents *c, struct process *p, const char *path, struct error *e)
{
    struct take take = {.contents = c, .process = p->n != 0 ? p : NULL, .why = WHY_WITH};
    char real[PATH_MAX];
    struct stat st;

    if (!contents_place(c, path, WHY_WITH, real, &st, e))
        return false;
    return S_ISDIR(st.st_mode) ? take_tree(&take, real, e) : take_file(c, p, path, real, e);
}

bool root_collect(const struct root_request *r, struct contents *c, char **origin, struct error *e)
{
    struct process p = {0};
    bool ok = true;

    *origin = NULL;
    contents_begin(c);
    for (size_t i = 0; ok && i < r->n_with; i++)
        ok = along_add_with(&c->along, r->with[i]) || out_of_memory(e);
    ok = ok && take_scripts(r, c, e);
    if (ok && r->program != NULL)
        ok = take_program(r, c, &p, origin, e);
    for (size_t i = 0; ok && i < r->n_with; i++)
        ok = take_with(c, &p, r->with[i], e);
    process_free(&p);
    return ok && contents_finish(c, e);
}
