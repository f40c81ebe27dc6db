/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_REPORT_H
#define DENYBOX_VERIFY_REPORT_H

#include <stdio.h>

#include "verify/html.h"
#include "verify/verification.h"

/* How many files came to what. */
struct tally {
    size_t n[N_OUTCOMES];
    size_t copies; /* acceptable ones that are of the run of one before */
};

/* For whoever has a bundle that is not acceptable. */
#define REPORT_NEXT                                                                                \
    "denybox-verify(1) says what each code means, denybox-operator(7) what to do then"

/* Everything about one bundle, for people; the last line is the verdict and the file. */
void report_whole(FILE *out, const struct verification *v);

/* One line: the verdict and the file. */
void report_verdict(FILE *out, const struct verification *v);

/* One line: the verdict, the file, the first reasons, and the first of them in words. `copy_of`:
 * the file of which it is a copy; NULL: of none. */
void report_line(FILE *out, const struct verification *v, const char *copy_of);

/* The line below many files. */
void report_tally(FILE *out, const struct tally *tally);

/* What they come to: the worst, which is REJECTED, then BLOCKED; and its exit status. */
enum outcome tally_worst(const struct tally *tally);
int tally_status(const struct tally *tally);

/* The same as a document, denybox-verify(1). `copy_of` as above. New reference, NULL when out of
 * memory. */
json_t *report_json(const struct verification *v, const char *copy_of);

/* The same as a page, of a bundle of whatever shape. The page is the caller's to free. */
void report_html(struct html *h, const struct verification *v);

/* Its reasons in the order in which they were found, each once: how often is the whole report's to
 * say. Returns how many. */
size_t report_reasons(const struct verification *v, enum reason reasons[N_REASONS]);

/* What is kept of one bundle among many. */
struct kept_verdict {
    const char *path; /* of the policy's files */
    enum outcome outcome;
    char sha256[DIGEST_TEXT_SIZE];
    enum reason reasons[N_REASONS];
    size_t n_reasons;
    bool more;           /* there were more than were noted */
    char words[256];     /* of the first reason; "" without one */
    const char *copy_of; /* of the policy's files; NULL: of none */
};

void report_keep(struct kept_verdict *kept, const struct verification *v, const char *copy_of);

/* Many of them as a page: a row each. The page is the caller's to free. */
void report_html_many(struct html *h, const struct policy *policy, const struct kept_verdict *kept,
                      size_t n, const struct tally *tally);

/* {"summary": {...}}. New reference. */
json_t *report_tally_json(const struct tally *tally);

#endif
