/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_ALONG_H
#define DENYBOX_ROOT_ALONG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * What comes along into a root because a file names it: the library of a program, the interpreter
 * of a script. Whoever wrote that file would choose which of the caller's files the payload sees,
 * so by itself comes along only
 *
 *   what is the system's: it and every directory above it belong to root, nobody else can write to
 *       them, and everybody can read them;
 *   what lies beside a program that the caller has named: in its own directory or beneath it, or in
 *       lib or lib64 of the directory above; so does a pyvenv.cfg there. A directory that is the
 *       caller's home, or above it, or that everybody can write to, is a heap and nobody's own; so
 *       is every directory while HOME names no home of the caller's own;
 *
 *   what --with names, and what lies in a directory that it names.
 *
 * Every path here is absolute; where it is said to be real, it is without links, "." and "..".
 */
struct along {
    char **trees; /* owned, and each of them; real */
    size_t n_trees;
    char **files; /* owned, and each of them; the last part may be a link */
    size_t n_files;
};

/* The caller has named this program or script: what is beside it comes along, both by its name and
 * where its links lead. False when out of memory. */
bool along_add_program(struct along *a, const char *path);

/* The caller has named this by --with. False when out of memory. */
bool along_add_with(struct along *a, const char *path);

/* Is it what --with names? Of a link, which is in a real directory, too. */
bool along_is_named(const struct along *a, const char *path);

/* May what is at a real path (a link is one too, and *st its own) come along by itself? */
bool along_allows(const struct along *a, const char *real, const struct stat *st);

/* Forgets the programs that were added after there were `n` trees. */
void along_cut(struct along *a, size_t n);

void along_free(struct along *a);

#endif
