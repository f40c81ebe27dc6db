/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_INODES_H
#define DENYBOX_IMAGE_INODES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A set of inode numbers of one file system. Zero-initialised it is empty. */
struct inodes {
    ino_t *slot; /* owned; 0: free */
    size_t n;
    size_t size;
};

/* False when out of memory. */
bool inodes_add(struct inodes *set, ino_t inode);
bool inodes_has(const struct inodes *set, ino_t inode);
void inodes_free(struct inodes *set);

#endif
