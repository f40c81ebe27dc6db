/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_REPORT_H
#define DENYBOX_VERIFY_REPORT_H

#include <stdio.h>

#include "verify/html.h"
#include "verify/verification.h"

/* How many files came to what. */
struct tally {
    size_t n[N_OUTCOMES];
};

/* Everything about one bundle, for people; the last line is the verdict and the file. */
void report_whole(FILE *out, const struct verification *v);

/* One line: the verdict and the file. */
void report_verdict(FILE *out, const struct verification *v);

/* One line: the verdict, the file, and the first reasons. */
void report_line(FILE *out, const struct verification *v);

/* The line below many files. */
void report_tally(FILE *out, const struct tally *tally);

/* The exit status for all files: the worst. */
int tally_status(const struct tally *tally);

/* The same as a document, denybox-verify(1). New reference, NULL when out of memory. */
json_t *report_json(const struct verification *v);

/* The same as a page, of a bundle of whatever shape. The page is the caller's to free. */
void report_html(struct html *h, const struct verification *v);

/* {"summary": {...}}. New reference. */
json_t *report_tally_json(const struct tally *tally);

#endif
