/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TREE_AUDIT_H
#define DENYBOX_TREE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sha256.h"
#include "rules/oddity.h"
#include "tree/tree.h"

/*
 * A look at what a payload has left: it follows no link, opens nothing but directories, and comes
 * to an end whatever was made to be endless. What cannot be read is odd, and not an error.
 */

struct audit_entry {
    const char *path; /* beneath the directory, without a leading slash; any bytes but NUL */
    const char *name; /* its last component */
    int dirfd;        /* the directory that it is in */
    struct stat st;
    unsigned odd; /* set of enum oddity; ODD_UNREADABLE and ODD_DEEP of directories alone */
};

struct audit_visitor {
    /* The directory is one that nobody else uses, a tmpfs whose processes are gone: what its owner
     * has shut is opened up (0700, 0600), and nothing is unreadable. */
    bool own;
    /* May add to entry->odd. False ends the walk, with *e set. */
    bool (*visit)(struct audit_entry *entry, void *context, struct error *e);
    /* After everything in a directory that was visited and entered; NULL: nothing to do. */
    void (*leave)(void *context);
    void *context;
    size_t most; /* entries: TREE_ENTRIES_MAX, but in tests */
};

/*
 * Calls visit for every entry, in the byte order of the names of each directory, a directory before
 * what is in it. A directory that is refused (see oddity.def) is not entered; one at TREE_DEPTH_MAX
 * is too deep, and refused. *whole becomes false when there were more than `most` entries: those
 * that were read first are visited, of a directory before those of the ones in it. False and *e
 * when the directory itself cannot be read, when visit said so, and out of memory.
 */
bool audit_walk(int dirfd, const struct audit_visitor *visitor, bool *whole, struct error *e);

/* Entries beyond this are counted, and not kept. */
#define AUDIT_LISTED OUTPUTS_LISTED

struct audit_row {
    char *path; /* owned */
    struct stat st;
    unsigned odd;
    char sha256[DIGEST_TEXT_SIZE]; /* "" until audit_digest, and where there is none */
};

/* What was there. Zero-initialised it is empty. */
struct audit {
    struct audit_row *rows; /* owned; the first AUDIT_LISTED entries, or OUTPUTS_PATHS bytes */
    size_t n_rows;
    size_t paths; /* bytes of theirs */
    bool full;    /* there was one that is not among them */
    unsigned long entries;
    unsigned long odd;     /* of these have something odd */
    unsigned long refused; /* of these have something that --out-size refuses */
    char *first;           /* owned; the path of the first odd one, or NULL */
    unsigned first_odd;    /* what is odd about it */
    bool endless;          /* there are more than were counted */
};

/* Counts one entry, and keeps it. False and *e when out of memory. */
bool audit_note(struct audit *a, const struct audit_entry *entry, struct error *e);

/* Looks at a directory that others may use. False and *e as audit_walk. */
bool audit_take(int dirfd, struct audit *a, struct error *e);

/*
 * Digests the regular files among the rows, the smallest first, up to `bytes` in all. Those that
 * are left over become ODD_UNDIGESTED, those that cannot be read ODD_UNREADABLE, and a->odd is
 * counted anew. Files that are refused already are not read.
 */
void audit_digest(struct audit *a, int dirfd, uint64_t bytes);

/* Frees what it owns and makes it empty. */
void audit_free(struct audit *a);

#endif
