/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_LDCACHE_H
#define DENYBOX_ROOT_LDCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "root/hwcaps.h"

/* /etc/ld.so.cache as ldconfig writes it since glibc 2.32 ("glibc-ld.so.cache1.1"). */

#define LDCACHE_PATH "/etc/ld.so.cache"

struct ldcache {
    struct buf bytes;
    size_t n; /* entries; 0 with no cache */
    size_t hwcaps_at;
    size_t n_hwcaps;
};

/*
 * Checks every bound of the file's own tables; `bytes` becomes the cache's, also on failure. False
 * and *e (exit 125): it is truncated, damaged or of another format.
 */
bool ldcache_parse(struct ldcache *c, struct buf *bytes, struct error *e);

/*
 * The path that the loader of this machine would take for a library of that name: of several the
 * one for the best subdirectory of glibc-hwcaps that this processor has. NULL: none. Belongs to the
 * cache.
 */
const char *ldcache_find(const struct ldcache *c, const char *name, const struct hwcaps *h);

void ldcache_free(struct ldcache *c);

#endif
