/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_POLICY_H
#define DENYBOX_SCAN_POLICY_H

#include "base/error.h"
#include "base/sha256.h"
#include "scan/rule.h"
#include "json/json.h"

/*
 * By what a payload is judged: denybox-scan(1) has the form.
 *
 *   {"schema_version": 1,
 *    "elf": {"loaders": [...], "libraries": [...], "interpreters": [...], "symbols_denied": [...],
 *            "environment": [...], "allow": [RULE...]},
 *    "python": {"imports": [...], "environment": [...], "allow": [RULE...]}}
 */

struct scan_policy {
    json_t *document;              /* owned; what follows is its */
    char sha256[DIGEST_TEXT_SIZE]; /* of the file, as sha256sum shows it */
    const json_t *listed[N_RULES]; /* of a LISTED rule: the list */
    const json_t *symbols_denied;
    bool allow[N_RULES];
};

/* The longest text that a list may have. */
#define SCAN_TEXT_MAX 255

/* Reads the built-in policy (NULL), or a file. *p is to be freed either way. False and *e. */
bool scan_policy_load(struct scan_policy *p, const char *file, struct error *e);

/* Reads a policy from bytes. */
bool scan_policy_read(struct scan_policy *p, const char *bytes, size_t length, struct error *e);

/*
 * Is it allowed? By the rule itself, or by the rule's list: a module is on the list when it or a
 * package that it is in is; an interpreter by its path, which may have a version behind it, or by
 * its digest: `sha256` is that of the file, and may be NULL.
 */
bool scan_policy_allows(const struct scan_policy *p, enum rule rule, const char *detail,
                        const char *sha256);

/* Is the symbol on the list of those that are denied beside the table's? */
bool scan_policy_denies(const struct scan_policy *p, const char *symbol);

void scan_policy_free(struct scan_policy *p);

/* The built-in policy, as a file of JSON. Static storage. */
const char *scan_policy_builtin(void);

#endif
