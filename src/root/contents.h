/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_CONTENTS_H
#define DENYBOX_ROOT_CONTENTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "root/along.h"
#include "root/trace.h"

/*
 * What a root is to hold: files, directories and links of the host, each at the path that it has
 * there. Links stay links. Nothing is read but names until the root is written.
 */

/* Bounds of one root: more was hardly meant. */
#define CONTENTS_MAX 200000
#define CONTENTS_BYTES_MAX (8ULL << 30)

struct item {
    char *path;   /* owned; absolute, without links, "." and ".." */
    char *target; /* owned; of a link, else NULL */
    bool directory;
    bool executable;
    uint64_t size;
    int64_t mtime;   /* seconds; INT64_MIN: the epoch, as for everything that nothing depends on */
    bool time_only;  /* says the time of a file, and is none itself */
    bool dropped;    /* does not belong to the root: there is another of that path */
    const char *why; /* static storage, for the manifest */
};

struct contents {
    struct trace trace;
    struct along along;
    struct item *items;
    size_t n;
    size_t room;
    uint64_t bytes;
};

void contents_begin(struct contents *c);

/*
 * Puts what an absolute path leads to, which the caller or denybox itself names, into the root, and
 * every link on the way; `real` becomes its own path, and *st what it is. A directory is put there
 * without what is in it. False and *e (exit 125): it is not there, cannot be read, is neither file
 * nor directory, or lies where the sandbox's own mounts would hide it.
 */
bool contents_place(struct contents *c, const char *path, const char *why, char real[PATH_MAX],
                    struct stat *st, struct error *e);

/*
 * The same for what the file `by` names: false and *e (exit 125, with what to do) too when it may
 * not come along by itself (along.h). With NULL for `by` the caller has named it.
 */
bool contents_named(struct contents *c, const char *by, const char *path, const char *why,
                    char real[PATH_MAX], struct stat *st, struct error *e);

/* Refuses what is at a real path unless it may come along, as contents_named does. */
bool contents_allows(const struct contents *c, const char *by, const char *real,
                     const struct stat *st, struct error *e);

/* Adds one item by its real path; `target` is that of a link or NULL. False and *e. */
bool contents_add(struct contents *c, const char *path, const struct stat *st, const char *target,
                  const char *why, struct error *e);

/*
 * Refuses what a link has led out of the directory `top` to: whoever made that directory would
 * choose which of the caller's files are taken. False and *e (exit 125), with what to do.
 */
bool contents_stays(const char *real, const char *top, struct error *e);

/* If this file is added, before or after, it keeps its time in the root: a compiled form of it
 * names that. False and *e when out of memory. */
bool contents_keep_time(struct contents *c, const char *path, const struct stat *st,
                        struct error *e);

/* Sorts by path and marks what was added twice. False and *e when it is too much. */
bool contents_finish(struct contents *c, struct error *e);

void contents_free(struct contents *c);

/* The directory of the sandbox that would hide this path of the host ("/tmp"), or NULL. */
const char *contents_hidden(const char *path);

#endif
