/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_KEPT_H
#define DENYBOX_CMD_KEPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/sha256.h"
#include "json/json.h"

/* What is kept in the cache: one row a kind. */
struct kept {
    unsigned bit; /* CACHE_ of cmd/cache.h */
    const char *name;
    const char *made; /* "as made" */
    const char *area;

    /* Can an entry have this name? */
    bool (*is_entry)(const char *name);

    /* What its record says, the caller's. NULL and *e: damaged. */
    json_t *(*about)(int entry, const char *name, struct error *e);

    /* The id by which it is asked for; about may be NULL. */
    void (*identify)(const char *name, const json_t *about, char id[DIGEST_TEXT_SIZE]);

    /* Is it still what was made? False and *e. */
    bool (*verify)(int entry, const char *name, struct error *e);

    /* What it is made of, at the end of a line. */
    void (*describe)(const json_t *about, struct buf *line);
};

extern const struct kept kept[];
extern const size_t n_kept;

/* Can an entry of these kinds have this id or name? */
bool kept_is_id(unsigned kinds, const char *word);

#endif
