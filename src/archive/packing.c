/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "archive/packing.h"

/* RFC 1952, with a stored block (RFC 1951); RFC 8878, with a raw one. */
static const unsigned char gzip_byte[] = {0x1f, 0x8b, 8,   0,    0,    0,    0,    0, 0, 3, 1, 1, 0,
                                          0xfe, 0xff, 'x', 0x83, 0x16, 0xdc, 0x8c, 1, 0, 0, 0};
static const unsigned char zstd_byte[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 'x'};

_Static_assert(sizeof gzip_byte <= PACKED_BYTE_MAX, "there is room for it");

static const struct packing by_gzip = {BY_GZIP, gzip_byte, sizeof gzip_byte};
static const struct packing by_zstd = {BY_ZSTD, zstd_byte, sizeof zstd_byte};

const struct packing *packing_of(const unsigned char first[MAGIC_LENGTH])
{
    if (first[0] == 0x1f && first[1] == 0x8b)
        return &by_gzip;
    if (first[0] == 0x28 && first[1] == 0xb5 && first[2] == 0x2f && first[3] == 0xfd)
        return &by_zstd;
    /* A frame that is to be passed over; sixteen numbers are for that. */
    if ((first[0] & 0xf0) == 0x50 && first[1] == 0x2a && first[2] == 0x4d && first[3] == 0x18)
        return &by_zstd;
    return NULL;
}
