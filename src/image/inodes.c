/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/inodes.h"

#include <stdlib.h>

#define FIRST_SIZE 1024

/* Where it is, or where it would go. */
static size_t find(const struct inodes *set, ino_t inode)
{
    size_t i = (size_t)(inode * 0x9e3779b97f4a7c15U) & (set->size - 1);

    while (set->slot[i] != 0 && set->slot[i] != inode)
        i = (i + 1) & (set->size - 1);
    return i;
}

static bool grow(struct inodes *set)
{
    struct inodes larger = {.n = set->n, .size = set->size != 0 ? set->size * 2 : FIRST_SIZE};

    larger.slot = calloc(larger.size, sizeof *larger.slot);
    if (larger.slot == NULL)
        return false;
    for (size_t i = 0; i < set->size; i++) {
        if (set->slot[i] != 0)
            larger.slot[find(&larger, set->slot[i])] = set->slot[i];
    }
    free(set->slot);
    *set = larger;
    return true;
}

bool inodes_add(struct inodes *set, ino_t inode)
{
    size_t i;

    if (set->n >= set->size / 2 && !grow(set))
        return false;
    i = find(set, inode);
    set->n += set->slot[i] == 0;
    set->slot[i] = inode;
    return true;
}

bool inodes_has(const struct inodes *set, ino_t inode)
{
    return set->size != 0 && set->slot[find(set, inode)] == inode;
}

void inodes_free(struct inodes *set)
{
    free(set->slot);
    *set = (struct inodes){0};
}
