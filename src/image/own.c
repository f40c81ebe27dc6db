/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/own.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024

/* FNV-1a. Whoever makes many names of one hash makes the unpacking of an image slow that has a
 * bound of entries. */
static uint64_t hash(ino_t directory, const char *name)
{
    uint64_t h = 0xcbf29ce484222325U ^ directory;

    h *= 0x9e3779b97f4a7c15U;
    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3U;
    return h ^ h >> 32;
}

/* Where it is, or where it would go. */
static size_t find(const struct own *set, ino_t directory, const char *name)
{
    size_t i = (size_t)hash(directory, name) & (set->size - 1);

    while (set->slot[i].name != NULL &&
           (set->slot[i].inode != directory || strcmp(set->slot[i].name, name) != 0))
        i = (i + 1) & (set->size - 1);
    return i;
}

static bool grow(struct own *set)
{
    struct own larger = {.n = set->n, .size = set->size != 0 ? set->size * 2 : FIRST_SIZE};

    larger.slot = calloc(larger.size, sizeof *larger.slot);
    if (larger.slot == NULL)
        return false;
    for (size_t i = 0; i < set->size; i++) {
        const struct own_entry *entry = &set->slot[i];

        if (entry->name != NULL)
            larger.slot[find(&larger, entry->inode, entry->name)] = *entry;
    }
    free(set->slot);
    *set = larger;
    return true;
}

bool own_add(struct own *set, ino_t directory, const char *name)
{
    struct own_entry *entry;

    if (set->n >= set->size / 2 && !grow(set))
        return false;
    entry = &set->slot[find(set, directory, name)];
    if (entry->name != NULL)
        return true;
    *entry = (struct own_entry){.name = strdup(name), .inode = directory};
    set->n += entry->name != NULL;
    return entry->name != NULL;
}

bool own_has(const struct own *set, ino_t directory, const char *name)
{
    return set->size != 0 && set->slot[find(set, directory, name)].name != NULL;
}

void own_free(struct own *set)
{
    for (size_t i = 0; i < set->size; i++)
        free(set->slot[i].name);
    free(set->slot);
    *set = (struct own){0};
}
