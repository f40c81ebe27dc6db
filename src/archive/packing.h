/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ARCHIVE_PACKING_H
#define DENYBOX_ARCHIVE_PACKING_H

#include <stddef.h>

/* The two ways in which an archive may be packed, as far as they can be told without unpacking. */

#define MAGIC_LENGTH 4
#define PACKED_BYTE_MAX 32

struct packing {
    enum { BY_GZIP, BY_ZSTD } by;
    const unsigned char *byte; /* a file of one byte, packed so */
    size_t length;             /* at most PACKED_BYTE_MAX */
};

/* By its first bytes; NULL: neither. */
const struct packing *packing_of(const unsigned char first[MAGIC_LENGTH]);

#endif
