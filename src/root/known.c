/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/known.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct name {
    const char *text;
    struct object *object;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

bool known_add(struct known *k, const char *name, struct object *object)
{
    struct name *added;
    void *node;

    if (known_find(k, name) != NULL)
        return true;
    added = malloc(sizeof *added);
    if (added == NULL)
        return false;
    *added = (struct name){name, object};
    node = tsearch(added, &k->tree, compare);
    if (node == NULL)
        free(added);
    return node != NULL;
}

struct object *known_find(const struct known *k, const char *name)
{
    const struct name wanted = {.text = name};
    struct name *const *node = tfind(&wanted, &k->tree, compare);

    return node != NULL ? (*node)->object : NULL;
}

void known_free(struct known *k)
{
    tdestroy(k->tree, free);
    *k = (struct known){0};
}
