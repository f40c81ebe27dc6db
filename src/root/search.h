/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_SEARCH_H
#define DENYBOX_ROOT_SEARCH_H

#include <limits.h>

#include "root/hwcaps.h"
#include "root/ldcache.h"
#include "root/object.h"
#include "root/trace.h"

/* Bytes of the paths that are looked at, and what is noted of each: a program and the libraries
 * beside it can name so many directories, and so many libraries, that the search would not end. */
#define SEARCH_MAX (64U << 20)

/*
 * Where the loader of the GNU C library would find a library, by the rules of ld.so(8) and without
 * running it. LD_LIBRARY_PATH and LD_PRELOAD have no part in it: no payload gets them unless it is
 * told to. An element of a path that is not absolute depends on the working directory and is passed
 * over.
 */
struct search {
    struct trace *trace;
    const struct ldcache *cache; /* NULL: none */
    struct hwcaps hwcaps;
    char *const *directories; /* the loader's own; each ends in '/' */
    size_t n_directories;
    const char *lib;      /* what $LIB stands for */
    const char *platform; /* what $PLATFORM stands for */
    size_t looked;        /* of SEARCH_MAX */
    bool used_cache;      /* set when the cache led where the loader's directories do not */
};

/*
 * Finds `name`, which `object` needs; `program` is the object that the process began with. Every
 * place looked at is noted in the trace. ABSENT: it is nowhere; BAD: *e. *found is the caller's.
 */
enum object_result search_library(struct search *s, const char *name, const struct object *object,
                                  const struct object *program, struct object **found,
                                  struct error *e);

/*
 * Reads out of a loader's file which directories it searches by itself: they stand in it one after
 * the other. A newly allocated list, ended by NULL, or NULL with *n = 0 when it has no such list.
 */
char **search_directories(const char *loader, size_t *n);

/* Does a path list use $ORIGIN? */
bool search_needs_origin(const char *path);

#endif
