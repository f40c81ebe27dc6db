/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_CACHE_H
#define DENYBOX_CMD_CACHE_H

#include <stdbool.h>

#include "base/error.h"

/* The kinds of what is kept in the cache, as bits of a set. */
#define CACHE_ROOTS 1U
#define CACHE_IMAGES 2U

/*
 * The verbs that are the same for all that is kept: list, verify, prune; argv are the words from
 * the verb on. `command` is what they were given to ("cache", "image"), for messages.
 *
 * cache_words says whether they are such words. False and *e. cache_verb carries out what
 * cache_words has read, prints what is wrong, and returns the exit status.
 */
bool cache_words(const char *command, unsigned kinds, int argc, char **argv, struct error *e);
int cache_verb(const char *command, unsigned kinds, int argc, char **argv);

#endif
