/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_BUILD_H
#define DENYBOX_ROOT_BUILD_H

#include "root/contents.h"

/*
 * Writes what was collected into an empty directory: copies of the files, of the modes 0644 and
 * 0755 alone, no owner but the caller, the time of the epoch unless an item says otherwise. False
 * and *e: a file changed while it was copied, or cannot be read or written; what is there then is
 * for the caller to remove.
 */
bool root_build(const struct contents *c, int dirfd, struct error *e);

#endif
