/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_CACHE_H
#define DENYBOX_CMD_CACHE_H

/* The kinds of what is kept in the cache, as bits of a set. */
#define CACHE_ROOTS 1U
#define CACHE_IMAGES 2U

/*
 * The verbs that are the same for all that is kept: list, verify, prune; argv are the words from
 * the verb on. `command` is what they were given to ("cache", "image"), for messages. Returns the
 * exit status, and prints what is wrong; -1: it is no verb of these, and nothing was done.
 */
int cache_verb(const char *command, unsigned kinds, int argc, char **argv);

/* Says that a word is no verb, with what may have been meant. `usage` is for
 * the hint. Returns the exit status. */
int cache_refuse_verb(const char *command, const char *word, const char *usage);

#endif
