/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/own.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct own_entry *x = a;
    const struct own_entry *y = b;

    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return strcmp(x->name, y->name);
}

bool own_add(struct own *set, ino_t directory, const char *name)
{
    size_t size = strlen(name) + 1;
    struct own_entry *entry;
    void *node;

    if (own_has(set, directory, name))
        return true;
    entry = malloc(sizeof *entry + size);
    if (entry == NULL)
        return false;
    entry->inode = directory;
    memcpy(entry->bytes, name, size);
    entry->name = entry->bytes;
    node = tsearch(entry, &set->tree, compare);
    if (node == NULL)
        free(entry);
    return node != NULL;
}

bool own_has(const struct own *set, ino_t directory, const char *name)
{
    const struct own_entry wanted = {.name = name, .inode = directory};

    return tfind(&wanted, &set->tree, compare) != NULL;
}

void own_free(struct own *set)
{
    tdestroy(set->tree, free);
    *set = (struct own){0};
}
