/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_HWCAPS_H
#define DENYBOX_ROOT_HWCAPS_H

#include <stddef.h>

/* The subdirectories of glibc-hwcaps that are for this processor, the best first. */
struct hwcaps {
    const char *name[4];
    size_t n;
};

void hwcaps_take(struct hwcaps *h);

#endif
