/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_COLLECT_H
#define DENYBOX_ROOT_COLLECT_H

#include "root/contents.h"

/* What a root is asked for. Every path is absolute; all strings are borrowed. */
struct root_request {
    const char *program;        /* an ELF program; NULL: none */
    const char *const *scripts; /* what led to it by #!, at their own paths */
    size_t n_scripts;
    bool searched; /* the last of them names the program without a path: PATH, the caller's, led to
                      it */
    const char *const *with; /* files and directories to add */
    size_t n_with;
};

/*
 * Finds everything that belongs into the root, and runs nothing: the program, its loader and its
 * libraries, the library of an interpreter, the scripts, and what --with names, with the libraries
 * of what is ELF in it. What one file names of another has to be allowed to come along (along.h). A
 * program in /in, /out or /tmp itself stays outside: it is executed by descriptor. *origin becomes
 * what LD_ORIGIN_PATH has to be inside, where there is no /proc; newly allocated, or NULL when the
 * program does not need it. False and *e; *c is to be freed either way.
 */
bool root_collect(const struct root_request *r, struct contents *c, char **origin, struct error *e);

#endif
