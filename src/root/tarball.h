/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_TARBALL_H
#define DENYBOX_ROOT_TARBALL_H

#include "base/error.h"

/* Writes a root that was built as a tar archive to a descriptor: the same bytes for the same root,
 * wherever and whenever. False and *e. */
bool root_tarball(int root, int fd, struct error *e);

#endif
