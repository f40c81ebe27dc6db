/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_OWN_H
#define DENYBOX_IMAGE_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * What a layer has brought: its whiteouts are of the layers before it, and must leave that alone.
 * A directory is known by its inode number: no other path leads to it, and it counts as brought
 * when something in it is. Anything else is known by its directory and its name, because a file of
 * the layers before may get a further name by a hard link, and is hidden by the one it had.
 *
 * An inode number that becomes free is given again, so an entry may come to speak of something
 * else. What is made while the layer is applied is the layer's own, all of it: nothing false is
 * said of that.
 */
struct own_entry {
    const char *name; /* "": a directory */
    ino_t inode;
    char bytes[];
};

/* A balanced tree of them: whoever makes a layer chooses the names, and could make them all fall
 * into one place of a table by a hash. Zero-initialised it is empty. */
struct own {
    void *tree; /* owned; of tsearch(3) */
};

/* Adds a name of the directory with that inode number, or with "" the directory itself. False when
 * out of memory. */
bool own_add(struct own *set, ino_t directory, const char *name);
bool own_has(const struct own *set, ino_t directory, const char *name);
void own_free(struct own *set);

#endif
