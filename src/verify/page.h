/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_PAGE_H
#define DENYBOX_VERIFY_PAGE_H

#include "verify/html.h"
#include "verify/verification.h"

/*
 * The sections of a report of one bundle, which report_html.c puts in their order. Each may be
 * asked of any bundle that is a JSON document, of whatever shape; where the check of the schema has
 * found something, nothing has its form. What cannot be shown is said.
 */
void page_run(struct html *h, const struct verification *v);
void page_deviations(struct html *h, const struct verification *v);
void page_boundary(struct html *h, const struct verification *v);
void page_probes(struct html *h, const struct verification *v);
void page_mounts(struct html *h, const struct verification *v);
void page_limits(struct html *h, const struct verification *v);
void page_controls(struct html *h, const struct verification *v);
void page_matrix(struct html *h, const struct verification *v);
void page_outputs(struct html *h, const struct verification *v);
void page_scan(struct html *h, const struct verification *v);
void page_raw(struct html *h, const struct verification *v);

/* The beginning of any page, up to its open <body>: nothing is fetched, nothing is run. */
void page_head(struct html *h, const char *outcome, const char *subject);

/* A page's end: who has written it, and when; everything is closed. */
void page_foot(struct html *h, const struct policy *policy);

/* What the verifier has asked for: by which a verdict is one. */
void page_asked(struct html *h, const struct policy *policy);

/* The class of an outcome: "good", "bad" or "warn". */
const char *page_outcome_class(enum outcome outcome);

/* A word with a colour and a sign. */
void page_mark(struct html *h, const char *names, const char *word);

/* Whose word a value is, where a check holds it: "checked", "refused" or "not checked". */
void page_basis(struct html *h, const struct verification *v, enum check check);

/* "PR-NET-1 PASS" in a list, which does not break within; behind a comma unless it is the first. */
void page_probe_word(struct html *h, const struct verification *v, enum probe probe, bool first);

/* A value of a bundle, whatever it is: a text, a number, a list of texts; "not stated" without. */
void page_value(struct html *h, const json_t *value);

/* A sentence in place of what is not there. */
void page_none(struct html *h, const char *text);

/* "and N more", where a list of n is shown to its `shown`th. */
void page_more(struct html *h, size_t n, size_t shown);

/* Of a list so many are shown. */
#define PAGE_LIST_MAX 200
#define PAGE_WORDS_MAX 64

#endif
