/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_OBJECT_H
#define DENYBOX_ROOT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

/* What the loader knows of one program or library, read once; the file is closed afterwards. */
struct object {
    char *path;            /* owned; as it was found, links and all */
    struct object *loader; /* who needed it first; NULL: the program itself */
    dev_t dev;
    ino_t ino;
    uint16_t machine;
    int elf_class;
    uint16_t type;
    char *interpreter; /* owned; PT_INTERP, or NULL */
    bool dynamic;      /* has a dynamic section */
    bool no_default;   /* DF_1_NODEFLIB */
    bool by_cache;     /* the host's /etc/ld.so.cache leads to it, and not another file */
    char *soname;      /* owned strings, NULL: none */
    char *rpath;
    char *runpath;
    char **needed; /* owned; DT_NEEDED and DT_FILTER, in order */
    size_t n_needed;
};

enum object_result { OBJECT_OK, OBJECT_ABSENT, OBJECT_OTHER, OBJECT_BAD };

/*
 * Reads the file at a path. ABSENT: there is no such file (errno); OTHER: it is an ELF file of
 * another class or machine, which a loader passes over; BAD: *e says what is wrong with it. *out is
 * the caller's to free when OK; *st is that of the open file unless ABSENT.
 */
enum object_result object_read(const char *path, struct object **out, struct stat *st,
                               struct error *e);

void object_free(struct object *o);

#endif
