/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_STORE_STORE_H
#define DENYBOX_STORE_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "tree/stage.h"

/*
 * The cache: $XDG_CACHE_HOME/denybox, or $HOME/.cache/denybox, a directory of the caller's alone
 * (mode 0700). In it are areas ("roots", "images" ...), in an area entries: directories that are
 * complete from the moment they have their name, and are not changed after that.
 *
 * Who makes an entry works in a staging directory beside it, whose name cannot be guessed, and
 * publishes that by a rename; of two who make the same one, the first wins and the other's is
 * dropped. Who uses an entry, or works in a staging directory, holds a lock on it (flock, shared
 * and exclusive), which ends with the process: what is not locked may be pruned.
 */

/* Opens one area, made if it is not there. The descriptor belongs to the caller. -1 and *e (exit
 * 125, with a hint): no cache directory is named, it is not the caller's own, or others can write
 * to it. */
int store_open(const char *area, struct error *e);

/* As store_open, but makes nothing: -1 with e->text empty when there is no such area yet. */
int store_look(const char *area, struct error *e);

/* The path of an entry, or of something in it ("NAME/root"), whether it is there or not. False and
 * *e: no cache directory is named, or the path is too long. */
bool store_path(const char *area, const char *name, char path[PATH_MAX], struct error *e);

/* The file of an entry that says what it is, and by its time when it was made. */
#define STORE_RECORD "entry.json"

struct store_entry {
    char name[NAME_MAX + 1];
    struct timespec used;
};

/* What is in an area but for staging directories, by name; *list is the caller's. False with errno
 * set. */
bool store_list(int area, struct store_entry **list, size_t *n);

/* Says of an error, when it is that the disk is full, that it is the cache's: what was written
 * there has a path of its own only inside. Always false. */
bool store_explain(const char *area, struct error *e);

/* Opens an entry and locks it against pruning. The descriptor belongs to the caller, the lock goes
 * with it. -1 and errno (ENOENT: there is none). */
int store_use(int area, const char *name);

/* Notes that an open entry is used now: its time is when it was used last. */
void store_mark(int entry);

/* Makes an empty staging directory; stage_drop removes it. False and *e. */
bool staging_begin(int area, struct stage *s, struct error *e);

/*
 * Writes it all to disk (a crash must leave no half of an entry) and gives it the name. When there
 * is an entry of that name already, the staging directory is removed and *existed is true.
 * Afterwards s->fd is closed; use store_use. False and *e; then the staging directory is removed as
 * well.
 */
bool staging_publish(struct stage *s, const char *name, bool *existed, struct error *e);

/*
 * As staging_publish, and goes on to use the entry, as store_use: between the two nobody can prune
 * it, but where there was one of that name already. The descriptor is the caller's; -1 and *e.
 */
int staging_enter(struct stage *s, const char *name, struct error *e);

enum prune_result { PRUNE_GONE, PRUNE_IN_USE, PRUNE_FAILED };

/* Removes one entry, or a staging directory that somebody left, unless it is in use. errno tells
 * why it failed. */
enum prune_result store_prune(int area, const char *name);

/* Removes the staging directories that nobody works in any more. Returns how many. */
size_t store_sweep(int area);

/* Is it the name of a staging directory, and not of an entry? */
bool store_is_staging(const char *name);

#endif
