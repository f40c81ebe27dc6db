/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TREE_NAMES_H
#define DENYBOX_TREE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The names in one directory, sorted by their bytes. Zero-initialised it is empty. */
struct names {
    struct buf bytes;  /* one after the other, each with its NUL */
    const char **name; /* owned; they point into bytes */
    size_t n;
};

/* Reads at most `max` names, "." and ".." left out; *whole becomes false when there are more. Moves
 * the offset of fd. False with errno set. */
bool names_read(int fd, size_t max, struct names *names, bool *whole);

void names_free(struct names *names);

#endif
