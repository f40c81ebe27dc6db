/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_OUTPUTS_H
#define DENYBOX_EVIDENCE_OUTPUTS_H

#include <stdbool.h>

#include "json/json.h"

/* More entries than this are counted, not listed. */
#define OUTPUTS_LISTED 1000

/* Bytes that are digested in all: a payload makes a file of 16 TiB with one call. */
#define OUTPUTS_DIGESTED (4ULL << 30)

/*
 * What is left in the output directory after the last process is gone: an array of path, type,
 * size, sha256, and what is odd about it (a link, a special file, setuid or setgid, more than one
 * name, not digested since the bytes that may be are spent, a name with control bytes). Links are
 * not followed, nothing special is opened. *odd and *entries are counted, and *complete is false
 * when more was there than is listed. New reference, or NULL with *e.
 */
json_t *outputs_json(int dirfd, unsigned long *entries, unsigned long *odd, bool *complete,
                     struct error *e);

#endif
