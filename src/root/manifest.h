/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_MANIFEST_H
#define DENYBOX_ROOT_MANIFEST_H

#include "base/sha256.h"
#include "root/contents.h"

/*
 * The list of a root that was built: for each entry type, mode, size, path, and why it is there, in
 * lines that begin with '#'; then for each file the line that sha256sum(1) -c checks. *digest
 * becomes that of the tree (tree.h), the same for the same bytes everywhere. Added to *out. False
 * and *e.
 */
bool manifest_write(const struct contents *c, int root, char digest[DIGEST_TEXT_SIZE],
                    struct buf *out, struct error *e);

#endif
