/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_PLACE_H
#define DENYBOX_EVIDENCE_PLACE_H

#include <stdbool.h>

#include "base/error.h"

/* Where a bundle or a report goes. */
struct place {
    int directory; /* descriptor; -1: standard output */
    const char *name;
};

/* Finds the directory of a file that must not exist yet; NULL is standard output. The descriptor is
 * the caller's to close. `option` has named it, without the dashes. False and *e otherwise. */
bool place_find(struct place *p, const char *option, const char *path, struct error *e);

/* Writes the text and a line feed there. False and *e otherwise. */
bool place_write(const struct place *p, const char *text, struct error *e);

/* The first of the attestation's own files that exists in `directory` by any kind of entry, or
 * NULL. */
const char *place_taken(const char *directory);

#endif
