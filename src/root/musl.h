/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_MUSL_H
#define DENYBOX_ROOT_MUSL_H

#include <stdbool.h>
#include <stddef.h>

#include "root/contents.h"

/* What musl's loader does otherwise: it is the C library too, has no cache and no subdirectories
 * for processors, and reads its directories from /etc/ld-musl-MACHINE.path. */

/* By its name, "ld-musl-MACHINE.so.1", from which it makes that of its file as well. */
bool musl_is_loader(const char *path);

/* A library that the loader itself is: libc, libpthread and so on. */
bool musl_is_own(const char *name);

/*
 * Where it looks: a newly allocated list, each ending in '/', that ends in NULL. The file, if there
 * is one, is put into the root. NULL and *e.
 */
char **musl_directories(const char *loader, struct contents *c, size_t *n, struct error *e);

#endif
