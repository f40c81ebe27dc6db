/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_CACHE_H
#define DENYBOX_ROOT_CACHE_H

#include "root/collect.h"

#define ROOT_AREA "roots"
#define ROOT_TREE "root"

/*
 * Roots made of the host's programs, kept in the store (area "roots"), because a start must not
 * copy a library of a thousand files. An entry has the tree "root"; "trace", what it was made of;
 * and a record of that for people (record.h). It is used again as long as the trace holds; nothing
 * that was made is trusted to be found by a name alone.
 */
struct cached_root {
    char *path;   /* owned; of the tree */
    int lock;     /* keeps the entry from being pruned; the caller's */
    char *origin; /* owned; for LD_ORIGIN_PATH, or NULL */
};

/* Finds the root for a request, or makes it. False and *e. */
bool root_cached(const struct root_request *r, struct cached_root *out, struct error *e);

/* Can an entry have this name? */
bool root_is_entry(const char *name);

#endif
