/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TREE_TREE_H
#define DENYBOX_TREE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/sha256.h"
#include "rules/oddity.h"

/* Walks a directory by descriptors: links are never followed, nothing but regular files and
 * directories is opened, and a tree made to be endless comes to an end. */

#define TREE_DEPTH_MAX OUTPUT_DEPTH_MAX
#define TREE_ENTRIES_MAX 1000000

struct tree_entry {
    const char *path; /* beneath the root, without a leading slash; any bytes but NUL */
    struct stat st;
    const char *target;            /* of a symbolic link, else NULL */
    char sha256[DIGEST_TEXT_SIZE]; /* of a regular file, else "" */
};

typedef bool tree_visit(const struct tree_entry *entry, void *context);

/*
 * Calls `visit` for every entry, in the byte order of the names of each directory, a directory
 * before what is in it. Regular files are hashed, up to `hash` bytes in all; one that would exceed
 * that is not. False and *e when something cannot be read, the tree is deeper or larger than the
 * bounds, or visit returns false (*e is then untouched).
 */
bool tree_walk(int dirfd, uint64_t hash, tree_visit *visit, void *context, struct error *e);

/*
 * The digest of a tree: SHA-256 over, for each entry, its type (f, d, l or the octal file type),
 * mode in octal, size (0 for a directory), content ("sha256:..." of a file, the target of a link,
 * else "-") and path, each followed by a NUL. Owners and times do not count. False and *e.
 */
bool tree_digest(int dirfd, char digest[DIGEST_TEXT_SIZE], struct error *e);

#endif
