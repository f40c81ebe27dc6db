/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_RECORD_H
#define DENYBOX_ROOT_RECORD_H

#include "root/collect.h"
#include "json/json.h"

/*
 * What is written down of a root in the cache, for people, in the file "entry.json" of its entry:
 * program, scripts and with, for what it was made; tree_sha256, bytes and files. Nothing that is
 * started depends on it.
 */

/* Of the root that was built in the directory `tree`. False and *e. */
bool root_record_write(int entry, int tree, const struct root_request *r, const struct contents *c,
                       struct error *e);

/* The document, the caller's. NULL and *e: it is not there, or damaged. `name` is that of the
 * entry, for messages. */
json_t *root_record_read(int entry, const char *name, struct error *e);

/* Is the root still what was built? False and *e. */
bool root_record_verify(int entry, const char *name, struct error *e);

#endif
