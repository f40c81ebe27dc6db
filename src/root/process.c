/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/io.h"
#include "base/text.h"
#include "root/musl.h"
#include "root/take.h"

#define LOCALE "/usr/lib/locale/C.utf8"
#define LDCACHE_MAX (64U << 20)
#define OBJECTS_MAX 4096

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot find the libraries of a program: out of memory");
}

/* Takes over the object. */
static bool keep(struct process *p, struct object *o, struct error *e)
{
    struct object **objects = realloc(p->objects, (p->n + 1) * sizeof(struct object *));

    if (objects != NULL)
        p->objects = objects;
    if (objects == NULL || p->n == OBJECTS_MAX) {
        object_free(o);
        return objects == NULL
                   ? out_of_memory(e)
                   : error_set(e, EXIT_DENYBOX,
                               "cannot follow more than %d libraries of one program", OBJECTS_MAX);
    }
    if (p->musl && o->runpath != NULL) { /* musl makes no difference: both are inherited */
        free(o->rpath);
        o->rpath = o->runpath;
        o->runpath = NULL;
    }
    objects[p->n++] = o;
    return o->soname == NULL || known_add(&p->known, o->soname, o) || out_of_memory(e);
}

static bool place(struct process *p, const char *by, const char *path, const char *why,
                  struct error *e)
{
    char real[PATH_MAX];
    struct stat st;

    return contents_named(p->contents, by, path, why, real, &st, e);
}

const struct object *process_find(const struct process *p, const char *name)
{
    return known_find(&p->known, name);
}

static struct object *same_file(struct process *p, const struct object *o)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->objects[i]->dev == o->dev && p->objects[i]->ino == o->ino)
            return p->objects[i];
    }
    return NULL;
}

static bool say_missing(const char *name, const struct object *object, struct error *e)
{
    error_set(e, EXIT_NOT_EXECUTABLE, "cannot find the library '%s', which '%s' needs",
              text_show(name), text_show(object->path));
    return error_hint(e, "it is in none of the places where the loader would look; install the "
                         "package that has it");
}

/* One library that an object needs. False and *e; *missing when it is that. */
static bool need(struct process *p, const char *name, struct object *object, bool *missing,
                 struct error *e)
{
    struct object *found;
    struct object *other;
    enum object_result result;

    if (process_find(p, name) != NULL || (p->musl && musl_is_own(name)))
        return true;
    result = search_library(&p->search, name, object, p->objects[0], &found, e);
    if (result == OBJECT_BAD)
        return error_hint(e, "'%s' needs it", text_show(object->path));
    if (result != OBJECT_OK) {
        *missing = true;
        return say_missing(name, object, e);
    }
    if (!place(p, found->by_cache ? NULL : object->path, found->path, "a library", e)) {
        object_free(found);
        return false;
    }
    other = same_file(p, found);
    if (other != NULL) {
        object_free(found);
        return known_add(&p->known, name, other) || out_of_memory(e);
    }
    found->loader = object;
    return keep(p, found, e) && (known_add(&p->known, name, found) || out_of_memory(e));
}

/* What the objects from `first` on need, breadth first as the loader does; a cycle ends because
 * each is kept once. */
static bool follow(struct process *p, size_t first, bool *missing, struct error *e)
{
    for (size_t i = first; i < p->n; i++) {
        for (size_t j = 0; j < p->objects[i]->n_needed; j++) {
            if (!need(p, p->objects[i]->needed[j], p->objects[i], missing, e))
                return false;
        }
    }
    return true;
}

static bool read_cache(struct process *p, struct error *e)
{
    struct buf bytes = {0};
    struct stat st;

    if (!trace_stat(&p->contents->trace, LDCACHE_PATH, &st))
        return true;
    if (!io_read_file(AT_FDCWD, LDCACHE_PATH, LDCACHE_MAX, &bytes)) {
        buf_free(&bytes);
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read " LDCACHE_PATH);
    }
    if (!ldcache_parse(&p->cache, &bytes, e))
        return false;
    p->search.cache = &p->cache;
    return true;
}

/* $LIB is built into the loader, as is the first directory that it searches: "/lib64/". */
static bool take_lib(struct process *p, struct error *e)
{
    const char *first = p->directories[0];

    p->lib = strndup(first + 1, strlen(first) - 2);
    if (p->lib == NULL)
        return out_of_memory(e);
    p->search.lib = p->lib;
    p->search.platform = (const char *)getauxval(AT_PLATFORM); // NOLINT(performance-no-int-to-ptr)
    if (p->search.platform == NULL)
        p->search.platform = "";
    return true;
}

static bool know_loader(struct process *p, const struct object *loader, struct error *e)
{
    p->search.trace = &p->contents->trace;
    if (p->musl)
        p->directories = musl_directories(loader->path, p->contents, &p->search.n_directories, e);
    else
        p->directories = search_directories(loader->path, &p->search.n_directories);
    if (p->directories == NULL && p->musl)
        return false;
    if (p->directories == NULL) {
        error_set(e, EXIT_NOT_EXECUTABLE,
                  "cannot find the libraries of '%s': its loader '%s' is not one whose rules are "
                  "known",
                  text_show(p->objects[0]->path), text_show(loader->path));
        return error_hint(e, "make a root by hand and give --rootfs DIR, or link it statically");
    }
    p->search.directories = p->directories;
    if (p->musl) {
        p->search.lib = p->search.platform = "";
        return true;
    }
    hwcaps_take(&p->search.hwcaps);
    return take_lib(p, e) && read_cache(p, e);
}

/* PT_INTERP is what the kernel opens, whatever the file says otherwise. */
static bool take_loader(struct process *p, struct error *e)
{
    const char *path = p->objects[0]->interpreter;
    struct object *loader = NULL;
    struct stat st;
    enum object_result result = OBJECT_ABSENT;

    if (path[0] != '/')
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': the name of its loader is not an absolute path",
                         text_show(p->objects[0]->path));
    if (trace_stat(&p->contents->trace, path, &st))
        result = object_read(path, &loader, &st, e);
    if (result == OBJECT_ABSENT) {
        error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': its loader '%s' is not there",
                  text_show(p->objects[0]->path), text_show(path));
        return error_hint(e, "it was built for another distribution; use a build for this one, or "
                             "a static one");
    }
    if (result != OBJECT_OK)
        return error_hint(e, "'%s' names it as its loader", text_show(p->objects[0]->path));
    loader->loader = p->objects[0];
    return keep(p, loader, e) && place(p, p->objects[0]->path, path, "the loader", e) &&
           know_loader(p, loader, e);
}

/* The locale that the payload's LANG names is a directory of files, not built into glibc. */
static bool add_locale(struct process *p, struct error *e)
{
    struct take take = {.contents = p->contents, .why = "the locale C.UTF-8"};
    char real[PATH_MAX];
    struct stat st;

    return !trace_stat(&p->contents->trace, LOCALE, &st) ||
           (contents_place(p->contents, LOCALE, take.why, real, &st, e) &&
            (!S_ISDIR(st.st_mode) || take_tree(&take, real, e)));
}

/* What glibc opens by its name, later: a locale, and a library for a thread that is cancelled or
 * ends by pthread_exit. Either may be missing. */
static bool add_late(struct process *p, struct error *e)
{
    const struct object *libc = process_find(p, "libc.so.6");
    bool missing = false;

    for (size_t i = 0; libc != NULL && i < p->n; i++) {
        if (p->objects[i] != libc)
            continue;
        if (!need(p, "libgcc_s.so.1", p->objects[i], &missing, e) && !missing)
            return false;
        return add_locale(p, e);
    }
    return true;
}

/* Where the cache alone leads to a library, the loader needs it inside as well. */
static bool add_cache(struct process *p, struct error *e)
{
    return !p->search.used_cache || place(p, NULL, LDCACHE_PATH, "the loader's cache", e);
}

static bool refuse_program(const char *path, enum object_result result, struct error *e)
{
    if (result == OBJECT_ABSENT)
        return error_errno(e, EXIT_NOT_FOUND, errno, "cannot run '%s'", text_show(path));
    return false;
}

bool process_begin(struct process *p, struct contents *c, const char *real, const char *by,
                   struct error *e)
{
    struct object *program;
    struct stat st;
    bool missing;
    enum object_result result = object_read(real, &program, &st, e);

    *p = (struct process){.contents = c, .by = by};
    if (result != OBJECT_OK)
        return refuse_program(real, result, e);
    p->musl = program->interpreter != NULL && musl_is_loader(program->interpreter);
    if (!keep(p, program, e))
        return false;
    if (program->interpreter == NULL)
        return true;
    return take_loader(p, e) && follow(p, 0, &missing, e) && add_late(p, e) &&
           follow(p, 1, &missing, e) && add_cache(p, e);
}

enum process_added process_add(struct process *p, const char *path, struct error *e)
{
    struct object *o;
    struct stat st;
    size_t before = p->n;
    bool missing = false;
    enum object_result result = object_read(path, &o, &st, e);

    if (result != OBJECT_OK || !o->dynamic || p->objects[0]->interpreter == NULL) {
        if (result == OBJECT_OK)
            object_free(o);
        return ADDED_NOT_ELF;
    }
    if (same_file(p, o) != NULL) {
        object_free(o);
        return ADDED;
    }
    o->loader = p->objects[0];
    if (!keep(p, o, e))
        return ADDED_FAILED;
    if (follow(p, before, &missing, e) && add_cache(p, e))
        return ADDED;
    return missing ? ADDED_MISSING : ADDED_FAILED;
}

bool process_needs_origin(const struct process *p)
{
    const struct object *program = p->objects[0];

    if (search_needs_origin(program->rpath) || search_needs_origin(program->runpath))
        return true;
    for (size_t i = 0; i < program->n_needed; i++) {
        if (search_needs_origin(program->needed[i]))
            return true;
    }
    return false;
}

void process_free(struct process *p)
{
    for (size_t i = 0; i < p->n; i++)
        object_free(p->objects[i]);
    free(p->objects);
    known_free(&p->known);
    for (size_t i = 0; p->directories != NULL && p->directories[i] != NULL; i++)
        free(p->directories[i]);
    free(p->directories);
    free(p->lib);
    ldcache_free(&p->cache);
    *p = (struct process){0};
}
