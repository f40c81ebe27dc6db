/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_PROCESS_H
#define DENYBOX_ROOT_PROCESS_H

#include "root/contents.h"
#include "root/known.h"
#include "root/ldcache.h"
#include "root/object.h"
#include "root/search.h"

/*
 * One program as its loader would load it: the program, the loader, and every library that either
 * needs, each put into the root as it is found. More can be added that the program loads later
 * (the extension modules of an interpreter); they find what is loaded already by its name.
 */
struct process {
    struct contents *contents;
    const char *by; /* borrowed; the script that names the program; NULL: the caller does */
    struct search search;
    struct ldcache cache;
    struct object **objects; /* owned; the program first, then the loader */
    size_t n;
    struct known known;
    char **directories; /* owned; the loader's own */
    char *lib;          /* owned; $LIB */
    bool musl;
};

/*
 * Begins with a program: `real` its own path (what $ORIGIN is for a program), `by` who names it.
 * Puts the loader and the closure of the libraries into the root, not the program. A
 * static program has neither, and is fine. False and *e: a library is missing (which, and who needs
 * it), something is no ELF file of this machine, or the loader is of a kind whose rules are not
 * known. Free it in either case.
 */
bool process_begin(struct process *p, struct contents *c, const char *real, const char *by,
                   struct error *e);

/* What came of adding a file. */
enum process_added { ADDED, ADDED_NOT_ELF, ADDED_MISSING, ADDED_FAILED };

/*
 * Adds the closure of one more file, that the program may load. NOT_ELF: it is nothing that this
 * program could load (no ELF file, or of another machine); MISSING: *e says which library is
 * missing and who needs it, and nothing was added; FAILED: *e.
 */
enum process_added process_add(struct process *p, const char *path, struct error *e);

/* Does the program need LD_ORIGIN_PATH where there is no /proc: does its own path use $ORIGIN? */
bool process_needs_origin(const struct process *p);

/* The object with that name, its soname or what it was asked for by, or NULL. */
const struct object *process_find(const struct process *p, const char *name);

void process_free(struct process *p);

#endif
