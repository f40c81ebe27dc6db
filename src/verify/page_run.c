/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "rules/deviation.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/page.h"

/* What was run, by whom and when; and the deviations. */

struct fact_row {
    const char *label;
    const char *path;
    enum check basis; /* STATED: no check holds it */
    enum check foreign;
};

#define CHECK_STATED N_CHECKS
static const struct fact_row facts[] = {
#define FACT(label, path, basis, foreign) {label, path, CHECK_##basis, CHECK_##foreign},
#include "verify/fact.def"
#undef FACT
};

/* A nonce that was asked for is held by that. */
static enum check basis_of(const struct verification *v, const struct fact_row *row)
{
    if (v->policy->nonce != NULL && strcmp(row->path, "freshness.nonce") == 0)
        return CHECK_FRESHNESS;
    return v->foreign ? row->foreign : row->basis;
}

void page_run(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"What", "Value", "Whose word", NULL};
    struct html_table t;

    html_start(h, "p");
    html_text(h, "Checked: another value alone would contradict the rest of the bundle, or this "
                 "version's tables. Stated: only the bundle says so.");
    html_end(h);
    if (v->foreign)
        html_element(
            h, "p", "note loud",
            "The bundle is of another sandbox than denybox's: no launcher has looked at it "
            "from outside, and less of it can be checked.");
    else if (field_null(v->bundle, "binding.plan.payload"))
        html_element(h, "p", NULL,
                     "There was no payload: the bundle is one of attest, whose probes stood in its "
                     "place.");
    table_begin(&t, h, "facts", "What the bundle says of the run", headings);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const json_t *value = field(v->bundle, facts[i].path);
        enum check basis = basis_of(v, &facts[i]);

        if (value == NULL)
            continue;
        table_row(&t, NULL);
        table_text(&t, NULL, facts[i].label);
        table_cell(&t, NULL);
        page_value(h, value);
        html_end(h);
        table_cell(&t, NULL);
        if (basis == CHECK_STATED)
            page_mark(h, "none", "stated");
        else
            page_basis(h, v, basis);
        html_end(h);
        table_row_end(&t);
    }
    table_end(&t);
}

/* The bit of a deviation's name; 0: there is none of that name. */
static unsigned bit_of(const char *name)
{
    for (unsigned i = 0; name != NULL && deviation_name(i) != NULL; i++) {
        if (strcmp(deviation_name(i), name) == 0)
            return 1U << i;
    }
    return 0;
}

static void excused(struct html *h, unsigned bit)
{
    const char *before = "";

    for (int i = 0; i < N_PROBES; i++) {
        if (deviation_excuses(bit, (enum probe)i)) {
            html_printf(h, "%s%s", before, probe_row((enum probe)i)->id);
            before = ", ";
        }
    }
}

static void deviation(struct html_table *t, const struct verification *v, const char *name)
{
    unsigned bit = bit_of(name);

    table_row(t, NULL);
    table_text(t, NULL, name != NULL ? name : "?");
    table_cell(t, NULL);
    excused(t->h, bit);
    html_end(t->h);
    table_cell(t, NULL);
    if ((bit & v->policy->deviations) != 0)
        page_mark(t->h, "warn", "allowed by --allow-deviation");
    else
        page_mark(t->h, "bad", "not allowed");
    html_end(t->h);
    table_row_end(t);
}

void page_deviations(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Deviation", "Walls that it opens", "Accepted", NULL};
    const json_t *list = json_object_get(v->bundle, "deviations");
    struct html_table t;
    size_t n = json_array_size(list);

    if (!json_is_array(list)) {
        page_none(h, "The bundle does not say whether there were any.");
        return;
    }
    html_start(h, "p");
    html_class(h, n == 0 ? "note" : "note loud");
    if (n == 0)
        html_text(h, v->foreign ? "None is declared: the profile is that of another sandbox."
                                : "None is declared: the profile is the strict one.");
    else
        html_printf(h, "%zu declared: this was not the strict profile. ", n);
    html_end(h);
    if (n == 0)
        return;
    table_begin(&t, h, NULL, "Declared deviations", headings);
    for (size_t i = 0; i < n && i < PAGE_WORDS_MAX; i++)
        deviation(&t, v, json_string_value(json_array_get(list, i)));
    table_end(&t);
    page_more(h, n, PAGE_WORDS_MAX);
}
