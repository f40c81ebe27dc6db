/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_KNOWN_H
#define DENYBOX_ROOT_KNOWN_H

#include <stdbool.h>

#include "root/object.h"

/*
 * What a process has loaded, by the names that it is known by: sonames, and what was asked for. A
 * balanced tree, for one library can need forty thousand, and each of the others all of them again.
 * Zero-initialised it is empty.
 */
struct known {
    void *tree; /* owned; of tsearch(3) */
};

/* Adds a name, borrowed; it stays that of the object that had it first. False when out of memory.
 */
bool known_add(struct known *k, const char *name, struct object *object);

/* NULL: none has that name. */
struct object *known_find(const struct known *k, const char *name);

void known_free(struct known *k);

#endif
