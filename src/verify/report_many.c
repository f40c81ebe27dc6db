/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "verify/html_table.h"
#include "verify/page.h"
#include "verify/report.h"

/* The report of many bundles as a page: a row each, as the lines on a terminal, but with every
 * reason. */

static void names(struct html *h, const struct option_list *words, const char *otherwise)
{
    html_start(h, "code");
    for (size_t i = 0; i < words->n; i++)
        html_printf(h, "%s%s", i != 0 ? ", " : "", words->word[i]);
    if (words->n == 0)
        html_text(h, otherwise);
    html_end(h);
}

void page_asked(struct html *h, const struct policy *p)
{
    html_start(h, "p");
    html_text(h, "Nonce: ");
    html_element(h, "code", NULL,
                 p->nonce != NULL ? p->nonce : "any, so that it may be an old one");
    html_text(h, "; age: ");
    if (p->max_age != 0)
        html_printf(h, "at most %llu s", (unsigned long long)p->max_age);
    else
        html_text(h, "any");
    html_text(h, "; venues: ");
    names(h, &p->venues, "VPS, CI");
    html_text(h, "; deviations that are accepted: ");
    names(h, &p->allowed, "none");
    html_text(h, "; further profiles: ");
    names(h, &p->profiles, "none");
    html_text(h, "; further policies of scans: ");
    names(h, &p->scan_files, "none");
    html_text(h, "; acceptance matrix: ");
    html_element(h, "code", NULL, p->matrix_file != NULL ? p->matrix_file : "built in");
    html_text(h, p->base ? "; a bundle of another sandbox is enough (--base)." : ".");
    html_end(h);
}

void report_keep(struct kept_verdict *kept, const struct verification *v, const char *copy_of)
{
    *kept = (struct kept_verdict){.path = v->path,
                                  .outcome = verification_outcome(v),
                                  .more = v->unsaid != 0,
                                  .copy_of = copy_of};
    if (v->n_notes != 0)
        snprintf(kept->words, sizeof kept->words, "%s", v->notes[0].text);
    memcpy(kept->sha256, v->sha256, sizeof kept->sha256);
    kept->n_reasons = report_reasons(v, kept->reasons);
}

/* The codes, and the first reason in words; or what it is a copy of. */
static void reasons(struct html *h, const struct kept_verdict *kept)
{
    for (size_t i = 0; i < kept->n_reasons; i++)
        html_printf(h, "%s%s", i != 0 ? ", " : "", reason_row(kept->reasons[i])->code);
    html_text(h, kept->more ? ", ..." : NULL);
    if (kept->words[0] != '\0') {
        html_text(h, " (");
        html_start(h, "code");
        html_printable(h, kept->words);
        html_end(h);
        html_text(h, ")");
    }
    if (kept->copy_of != NULL) {
        html_text(h, "a copy of ");
        html_element(h, "code", NULL, kept->copy_of);
    }
}

static void row(struct html_table *t, const struct kept_verdict *kept)
{
    table_row(t, NULL);
    table_cell(t, NULL);
    html_element(t->h, "code", NULL, kept->path);
    html_end(t->h);
    table_cell(t, NULL);
    page_mark(t->h, page_outcome_class(kept->outcome), outcome_row(kept->outcome)->word);
    html_end(t->h);
    table_cell(t, NULL);
    reasons(t->h, kept);
    html_end(t->h);
    table_cell(t, "small");
    html_element(t->h, "code", NULL, kept->sha256);
    html_end(t->h);
    table_row_end(t);
}

static void verdict(struct html *h, enum outcome worst, const struct tally *tally, size_t n)
{
    html_start(h, "header");
    html_class(h, page_outcome_class(worst));
    html_element(h, "p", "kind", "denybox: report of many bundles of evidence");
    html_element(h, "h1", NULL, outcome_row(worst)->word);
    html_start(h, "p");
    html_printf(h, "%zu bundles: %zu acceptable, %zu rejected, %zu blocked. The worst counts.", n,
                tally->n[OUTCOME_ACCEPTABLE], tally->n[OUTCOME_REJECTED],
                tally->n[OUTCOME_BLOCKED]);
    if (tally->copies != 0)
        html_printf(h, " Of the acceptable, copies of others: %zu.", tally->copies);
    html_end(h);
    html_end(h);
}

void report_html_many(struct html *h, const struct policy *policy, const struct kept_verdict *kept,
                      size_t n, const struct tally *tally)
{
    static const char *const headings[] = {"Bundle", "Verdict", "Reasons", "Digest", NULL};
    enum outcome worst = tally_worst(tally);
    struct html_table t;

    page_head(h, outcome_row(worst)->word, "many bundles");
    verdict(h, worst, tally, n);
    html_start(h, "main");
    html_start(h, "section");
    html_element(h, "h2", NULL, "What was asked for");
    page_asked(h, policy);
    html_end(h);
    html_start(h, "section");
    html_element(h, "h2", NULL, "The bundles");
    html_element(h, "p", NULL,
                 "The reasons are those of denybox-verify(1), the first of them in words; what is "
                 "behind the others, a report of that bundle alone says.");
    table_begin(&t, h, "many", "Each bundle and its verdict", headings);
    for (size_t i = 0; i < n; i++)
        row(&t, &kept[i]);
    table_end(&t);
    html_end(h);
    html_end(h);
    page_foot(h, policy);
}
