/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BATCH_RESULTS_H
#define DENYBOX_BATCH_RESULTS_H

#include <stdbool.h>

#include "base/error.h"
#include "rules/words.h"

/*
 * Where the results of a batch go. Each is one directory, NAME, in the directory of --out-each:
 *
 *   NAME/out           what the payload left in /out
 *   NAME/stdout        what it printed
 *   NAME/stderr        the same, and what denybox had to say
 *   NAME/bundle.json   the evidence
 *
 * It is made in a directory beside the others, RESULTS_WORK, and moved to its name when the bundle
 * is in it: who looks sees all of a result or nothing, and what has a name is not done again.
 */

#define RESULTS_STDOUT "stdout"
#define RESULTS_STDERR "stderr"

struct results {
    const char *path; /* borrowed, of --out-each */
    int dir;          /* the directory; -1: none */
    int work;         /* RESULTS_WORK in it, locked for as long as it is open; -1: none */
};

/*
 * Opens the directory, and takes it for this batch alone; what one that was killed has left
 * unfinished is removed. False and *e: it is not there, not to be written, or in use by another
 * batch.
 */
bool results_open(struct results *p, const char *path, struct error *e);

/* Is there a whole result of that name (1), nothing (0), or something else (-1)? */
int results_has(const struct results *p, const char *name);

/* Makes the directories of one result that is to be. Returns a descriptor of it, the caller's; -1
 * and *e. */
int results_begin(const struct results *p, const char *name, struct error *e);

/* Waits until all of the unfinished ones is on the disk: what gets a name must not be empty when
 * the machine falls. 0, or an errno: what could not be written since the last time. */
int results_keep(const struct results *p);

/* The same of the names that were given. */
bool results_keep_names(const struct results *p, struct error *e);

/* Has an unfinished one its bundle? */
bool results_whole(const struct results *p, const char *name);

/* Gives a finished one its name. False and *e; it is then still unfinished. */
bool results_publish(const struct results *p, const char *name, struct error *e);

/* Removes an unfinished one, if there is one. False with errno set when something is left. */
bool results_drop(const struct results *p, const char *name);

/* Lets go of the directory, and removes RESULTS_WORK when nothing is in it. */
void results_close(struct results *p);

#endif
