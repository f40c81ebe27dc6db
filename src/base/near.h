/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_NEAR_H
#define DENYBOX_BASE_NEAR_H

#include <stddef.h>

/* The known name that is nearest to a word which is none. Zero-initialised at first. */
struct near {
    const char *name; /* NULL: none is near; the strings given to near_try */
    unsigned distance;
};

/*
 * Takes `name` when the first `length` bytes of `word` are nearly that, and nearer than what was
 * found before: a letter is missing, too many, another, or changed places with the next (of a long
 * word two such faults), or the word is a beginning of three letters.
 */
void near_try(struct near *near, const char *word, size_t length, const char *name);

#endif
