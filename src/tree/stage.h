/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TREE_STAGE_H
#define DENYBOX_TREE_STAGE_H

#include <stdbool.h>

/*
 * A directory in which something is made before a rename gives it its place, so that who looks sees
 * all of it or nothing. Its name cannot be guessed, and whoever works in it holds a lock on it
 * (flock), which ends with the process: what is not locked is of somebody who was killed, and can
 * be swept.
 */

/* Of those beside what a user has named; the cache has a prefix of its own. */
#define STAGE_BESIDE ".denybox-"

struct stage {
    int parent;    /* borrowed */
    int fd;        /* of the directory; -1: none */
    char name[64]; /* in the parent */
};

/* Makes an empty one, of mode 0700; its name begins with `prefix`. False with errno set. */
bool stage_make(int parent, const char *prefix, struct stage *s);

/* Removes it with what is in it, if there is one, and closes it. False with errno set when
 * something is left. */
bool stage_drop(struct stage *s);

/* Does the name lead to the open directory? It may have been removed, and made anew, before it was
 * locked. */
bool stage_is_named(int parent, const char *name, int fd);

/* Can this be the name of one? */
bool stage_is(const char *prefix, const char *name);

/* Removes those of the caller's that nobody works in any more. Nothing depends on success. */
void stage_sweep(int parent, const char *prefix);

#endif
