/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_TAKE_H
#define DENYBOX_ROOT_TAKE_H

#include "root/contents.h"
#include "root/process.h"

/*
 * A whole directory of the host into the root: what is in it, by descriptors, links as links. What
 * a link leads to comes along only when it lies in the tree as well.
 */
struct take {
    struct contents *contents;
    struct process *process;  /* whose libraries ELF files of the tree need too; NULL: none */
    const char *why;          /* static storage, for the manifest */
    const char *const *leave; /* names (fnmatch(3)) to leave out, ended by NULL; or NULL */
    bool compiled_if_valid;   /* of a __pycache__ only what python would use */
};

/*
 * Takes the tree at a directory's own path. An ELF file in it whose library is missing stays, as on
 * the host. False and *e: something cannot be read, is neither file, directory nor link, or has
 * something mounted on it.
 */
bool take_tree(const struct take *take, const char *real, struct error *e);

#endif
