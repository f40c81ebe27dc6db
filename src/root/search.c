/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/search.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "elf/file.h"

#define DIRECTORIES_MAX 16

/* Of a loader, all its segments together; real ones have less than a megabyte. */
#define LOADER_MAX (16U << 20)

static bool spend(struct search *s, size_t size, const char *name, struct error *e)
{
    s->looked += size;
    return s->looked <= SEARCH_MAX ||
           error_set(e, EXIT_NOT_EXECUTABLE,
                     "cannot find the library '%s': there are too many places", text_show(name));
}

/* Tries one file. Only what the loader would take ends the search. */
static enum object_result try_file(struct search *s, const char *path, struct object **found,
                                   struct error *e)
{
    struct stat st;
    enum object_result result;

    if (!spend(s, strlen(path) + sizeof st, strrchr(path, '/') + 1, e))
        return OBJECT_BAD;
    result = object_read(path, found, &st, e);
    if (result == OBJECT_ABSENT)
        trace_stat(s->trace, path, &st); /* one that may not be read is there all the same */
    else
        trace_add(s->trace, TRACE_FILE, path, &st);
    return result == OBJECT_OTHER ? OBJECT_ABSENT : result;
}

/* One directory, which ends in '/': the subdirectories for this processor come first. */
static enum object_result try_directory(struct search *s, const char *directory, size_t length,
                                        const char *name, struct object **found, struct error *e)
{
    char path[PATH_MAX];
    enum object_result result;

    for (size_t i = 0; i < s->hwcaps.n; i++) {
        if (snprintf(path, sizeof path, "%.*sglibc-hwcaps/%s/%s", (int)length, directory,
                     s->hwcaps.name[i], name) >= (int)sizeof path)
            continue;
        result = try_file(s, path, found, e);
        if (result != OBJECT_ABSENT)
            return result;
    }
    if (snprintf(path, sizeof path, "%.*s%s", (int)length, directory, name) >= (int)sizeof path)
        return OBJECT_ABSENT;
    return try_file(s, path, found, e);
}

/* The token at p, after '$', with or without braces; its length with them, or 0. */
static size_t token(const char *p, const char *name)
{
    size_t length = strlen(name);

    if (p[0] == '{')
        return strncmp(p + 1, name, length) == 0 && p[1 + length] == '}' ? length + 2 : 0;
    if (strncmp(p, name, length) != 0 || isalnum((unsigned char)p[length]) || p[length] == '_')
        return 0;
    return length;
}

/* $ORIGIN, $LIB and $PLATFORM replaced; false when the result is too long. */
static bool expand(const struct search *s, const char *from, size_t length,
                   const struct object *object, char out[PATH_MAX])
{
    const char *slash = strrchr(object->path, '/');
    size_t n = 0;

    for (size_t i = 0; i < length;) {
        const char *with = NULL;
        size_t with_length = 0;
        size_t skip = 0;

        if (from[i] == '$' && (skip = token(from + i + 1, "ORIGIN")) != 0 && slash != NULL) {
            with = object->path;
            with_length = slash == object->path ? 1 : (size_t)(slash - object->path);
        } else if (from[i] == '$' && (skip = token(from + i + 1, "LIB")) != 0) {
            with = s->lib;
        } else if (from[i] == '$' && (skip = token(from + i + 1, "PLATFORM")) != 0) {
            with = s->platform;
        }
        if (with != NULL && with_length == 0)
            with_length = strlen(with);
        if (with == NULL) {
            with = from + i;
            with_length = 1;
            skip = 0;
        }
        if (n + with_length >= PATH_MAX - 1)
            return false;
        memcpy(out + n, with, with_length);
        n += with_length;
        i += skip + 1;
    }
    out[n] = '\0';
    return true;
}

/* The directories of a DT_RPATH or DT_RUNPATH. */
static enum object_result try_path(struct search *s, const char *list, const struct object *object,
                                   const char *name, struct object **found, struct error *e)
{
    char directory[PATH_MAX];

    for (const char *p = list; p != NULL && *p != '\0';) {
        size_t length = strcspn(p, ":");
        enum object_result result = OBJECT_ABSENT;

        /* Of what is passed over there may be megabytes, read again for each library. */
        if (!spend(s, length + 1, name, e))
            return OBJECT_BAD;
        if (expand(s, p, length, object, directory) && directory[0] == '/') {
            size_t n = strlen(directory);

            if (directory[n - 1] != '/') {
                directory[n++] = '/';
                directory[n] = '\0';
            }
            result = try_directory(s, directory, n, name, found, e);
        }
        if (result != OBJECT_ABSENT)
            return result;
        p += length + (p[length] == ':');
    }
    return OBJECT_ABSENT;
}

/* DT_RPATH: of whoever needs the library, of who needed that one, up to the program. */
static enum object_result try_rpaths(struct search *s, const char *name,
                                     const struct object *object, const struct object *program,
                                     struct object **found, struct error *e)
{
    bool did_program = false;
    enum object_result result;

    for (const struct object *o = object; o != NULL; o = o->loader) {
        did_program = did_program || o == program;
        result = try_path(s, o->rpath, o, name, found, e);
        if (result != OBJECT_ABSENT)
            return result;
    }
    return did_program ? OBJECT_ABSENT : try_path(s, program->rpath, program, name, found, e);
}

static bool in_own_directory(const struct search *s, const char *path)
{
    for (size_t i = 0; i < s->n_directories; i++) {
        if (strncmp(path, s->directories[i], strlen(s->directories[i])) == 0)
            return true;
    }
    return false;
}

static bool directly_in_own_directory(const struct search *s, const char *path)
{
    size_t length = (size_t)(strrchr(path, '/') - path) + 1;

    for (size_t i = 0; i < s->n_directories; i++) {
        if (strlen(s->directories[i]) == length && strncmp(path, s->directories[i], length) == 0)
            return true;
    }
    return false;
}

static enum object_result try_cache(struct search *s, const char *name, const struct object *object,
                                    struct object **found, struct error *e)
{
    const char *path = s->cache != NULL ? ldcache_find(s->cache, name, &s->hwcaps) : NULL;
    enum object_result result;

    if (path == NULL || path[0] != '/' || (object->no_default && in_own_directory(s, path)))
        return OBJECT_ABSENT;
    result = try_file(s, path, found, e);
    if (result == OBJECT_OK)
        (*found)->by_cache = true;
    if (result == OBJECT_OK && !directly_in_own_directory(s, path))
        s->used_cache = true;
    return result;
}

enum object_result search_library(struct search *s, const char *name, const struct object *object,
                                  const struct object *program, struct object **found,
                                  struct error *e)
{
    char path[PATH_MAX];
    enum object_result result = OBJECT_ABSENT;

    *found = NULL;
    if (strchr(name, '/') != NULL)
        return expand(s, name, strlen(name), object, path) && path[0] == '/'
                   ? try_file(s, path, found, e)
                   : OBJECT_ABSENT;
    if (object->runpath == NULL)
        result = try_rpaths(s, name, object, program, found, e);
    else
        result = try_path(s, object->runpath, object, name, found, e);
    if (result == OBJECT_ABSENT)
        result = try_cache(s, name, object, found, e);
    for (size_t i = 0; result == OBJECT_ABSENT && !object->no_default && i < s->n_directories; i++)
        result = try_directory(s, s->directories[i], strlen(s->directories[i]), name, found, e);
    return result;
}

bool search_needs_origin(const char *path)
{
    for (const char *p = path; p != NULL && (p = strchr(p, '$')) != NULL; p++) {
        if (token(p + 1, "ORIGIN") != 0)
            return true;
    }
    return false;
}

/* "/lib64/" is one: absolute, printable, ends in a slash, names a directory of libraries. */
static bool is_directory_text(const char *text, size_t length)
{
    if (length < 5 || text[0] != '/' || text[length - 1] != '/' ||
        memmem(text, length, "/lib", 4) == NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)text[i]) || text[i] == '%' || text[i] == '$')
            return false;
    }
    return true;
}

/* The list in one run of bytes: the first that is found, to its end. */
static bool take_list(const char *bytes, size_t size, char **list, size_t *n)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\0', size - at);
        size_t length = end != NULL ? (size_t)(end - bytes) - at : 0;
        bool is = end != NULL && is_directory_text(bytes + at, length);

        if (end == NULL || (!is && *n != 0) || *n == DIRECTORIES_MAX)
            break;
        if (is) {
            list[*n] = strndup(bytes + at, length);
            if (list[*n] == NULL)
                return false;
            ++*n;
        }
        at += length + 1;
    }
    return *n != 0;
}

/* In the loader's constant data, an array of characters with a NUL after each directory. A program
 * may bring a loader of its own. */
static bool scan_loader(struct elf_file *f, char **list, size_t *n)
{
    uint64_t left = LOADER_MAX;

    for (size_t i = 0; i < f->n_segments && *n == 0; i++) {
        const char *bytes = elf_file_segment(f, i, &left);

        if (bytes != NULL)
            take_list(bytes, f->segments[i].filesz, list, n);
    }
    return *n != 0;
}

char **search_directories(const char *loader, size_t *n)
{
    char **list = calloc(DIRECTORIES_MAX + 1, sizeof *list);
    struct stat st;
    int fd = io_open_file(AT_FDCWD, loader, 0, &st);
    struct elf_file f;
    struct error e;

    *n = 0;
    if (list != NULL && fd >= 0 && elf_file_open(&f, fd, loader, &e)) {
        scan_loader(&f, list, n);
        elf_file_close(&f);
    }
    io_close(&fd);
    if (*n != 0)
        return list;
    free(list);
    return NULL;
}
