/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BATCH_INPUTS_H
#define DENYBOX_BATCH_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "batch/results.h"
#include "tree/names.h"

/* The most inputs of one batch. */
#define INPUTS_MAX 1000000

/* The directories in --in-each, in the byte order of their names. */
struct inputs {
    int dir; /* of --in-each; -1: none */
    struct names names;
    const char **todo; /* owned array; those that have no result yet */
    size_t n_todo;
    size_t n_done; /* those that have */
};

/*
 * Lists them; nothing is made or removed. Names that begin with a dot are left out, as a shell's *
 * does. False and *e: the directory cannot be read, something in it is no directory, there is
 * nothing in it, or what has the name of a result is none.
 */
bool inputs_list(struct inputs *in, const char *path, const struct results *results,
                 struct error *e);

void inputs_free(struct inputs *in);

#endif
