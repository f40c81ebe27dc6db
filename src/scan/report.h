/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_REPORT_H
#define DENYBOX_SCAN_REPORT_H

#include <stddef.h>

#include "scan/policy.h"

/* What a scan found, as data: of each file what it names, allowed or not. */

struct scan_finding {
    enum rule rule;
    unsigned line; /* of a source; 0: none */
    bool allowed;
    char *detail; /* owned; printable, at most SCAN_TEXT_MAX bytes */
};

struct scan_file {
    char *path; /* owned; any bytes */
    enum scan_kind kind;
    char sha256[DIGEST_TEXT_SIZE];
    struct scan_finding *findings; /* owned */
    size_t n;
    size_t denied;
};

/* Of one scan. They bound what ends up in a bundle, and what a hostile tree costs. */
#define SCAN_FILES_MAX 1000
#define SCAN_FINDINGS_MAX 8000

struct scan_report {
    const struct scan_policy *policy;
    struct scan_file *files; /* owned */
    size_t n;
    size_t findings;
    size_t denied;
    char failed[768]; /* why it could not be scanned to its end; "": it was */
    char hint[1024];  /* what to do about it; "": nothing is known */
};

enum scan_verdict { SCAN_PASS, SCAN_FAIL, SCAN_NOT_RUN };

/* A further file, with nothing found yet; NULL, and failed is set, when there are too many. Valid
 * until the next one is added. */
struct scan_file *scan_report_file(struct scan_report *r, const char *path, enum scan_kind kind,
                                   const char *sha256);

/* Notes something of the last file, once, and whether the policy allows it. Always true, but for
 * memory and too many, which set failed. `detail` may be of any bytes. */
bool scan_note(struct scan_report *r, struct scan_file *file, enum rule rule, unsigned line,
               const char *detail);

/* Sets failed, unless something was said before. Always false. */
bool scan_failed(struct scan_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, for what an error says, with its hint. */
bool scan_failed_for(struct scan_report *r, const struct error *e);

/* Gives a hint to what has failed. Always false. */
bool scan_hint(struct scan_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* PASS: all was looked at, and all of it is allowed. */
enum scan_verdict scan_verdict(const struct scan_report *r);

/* "PASS", "FAIL" or "NOT_RUN" */
const char *scan_verdict_name(enum scan_verdict verdict);

/* The report as the member `scan` of a bundle: denybox-evidence(5). NULL: out of memory. */
json_t *scan_report_json(const struct scan_report *r, const char *policy);

void scan_report_free(struct scan_report *r);

#endif
