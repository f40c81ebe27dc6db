/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_MEASURE_H
#define DENYBOX_IMAGE_MEASURE_H

#include <stdint.h>

#include "archive/archive.h"
#include "base/sha256.h"

/* Bytes that are counted and hashed while they go by. */
struct measure {
    struct byte_source from;
    uint64_t max;     /* more than that is an error ... */
    const char *what; /* ... of this thing: "the manifest says that layer 2 has fewer" */
    uint64_t length;
    bool over;
    struct sha256 hash;
};

void measure_begin(struct measure *m, struct byte_source from, uint64_t max, const char *what);

/* The measured bytes; the context is the measure. */
struct byte_source measure_bytes(struct measure *m);

/* Reads what is left, to the end. False and *e. */
bool measure_drain(struct measure *m, struct error *e);

/* The digest, once all was read. Returns `digest`. */
char *measure_end(struct measure *m, char digest[DIGEST_TEXT_SIZE]);

#endif
