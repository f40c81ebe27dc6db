/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "rules/words.h"
#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/page.h"
#include "verify/rows.h"

/* The probes, and the rows of the matrix that follow from them. */

static const char *probe_class(const struct judged *p)
{
    return p->passes                                             ? "good"
           : p->excused                                          ? "warn"
           : p->found.verdict == VERDICT_NOT_RUN && !p->required ? "none"
           : p->found.verdict == VERDICT_NOT_RUN                 ? "warn"
                                                                 : "bad";
}

static void verdict(struct html *h, const struct verification *v, enum probe probe)
{
    const struct judged *p = &v->probe[probe];

    page_mark(h, probe_class(p), row_probe_word(v, probe));
    if (p->stored != p->found.verdict) {
        html_text(h, " ");
        html_start(h, "strong");
        html_printf(h, "the bundle says %s", verdict_name(p->stored));
        html_end(h);
    }
    if (!p->required)
        html_element(h, "span", "dim", " not required");
}

/* Could it have succeeded? One probe is the control of others, and one has none. */
static void control(struct html *h, enum probe probe, int control)
{
    html_text(h, probe_row(probe)->control);
    if (probe != PR_FS_OUT_OK && probe != PR_DYNIMPORT)
        html_printf(h, ": %s", control == 0 ? "yes" : control_word(control));
}

static void probe(struct html_table *t, const struct verification *v, enum probe probe)
{
    const struct probe_row *row = probe_row(probe);

    table_row(t, NULL);
    table_text(t, "id", row->id);
    table_cell(t, NULL);
    verdict(t->h, v, probe);
    html_end(t->h);
    table_text(t, NULL, row->operation);
    table_text(t, NULL, row->expected);
    table_cell(t, NULL);
    html_printable(t->h, v->probe[probe].found.actual);
    html_end(t->h);
    table_cell(t, NULL);
    control(t->h, probe, v->findings.fact[probe].control);
    html_end(t->h);
    table_row_end(t);
}

void page_probes(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Probe", "Verdict", "Tried", "Expected",
                                           "Seen",  "Control", NULL};
    struct html_table t;
    int listed = 0;

    for (int i = 0; i < N_PROBES; i++)
        listed += v->probe[i].listed;
    if (!v->made[CHECK_PROBES] || listed == 0) {
        page_none(h, "No probe was judged: the checks before this one have found too much.");
        return;
    }
    html_element(
        h, "p", NULL,
        "Each verdict was computed again from the observations and the raw bytes in the "
        "bundle. What was tried and expected is this version's table. A control shows that "
        "the probe could have succeeded.");
    table_begin(&t, h, "probes", "The probes, judged again", headings);
    for (int i = 0; i < N_PROBES; i++) {
        if (v->probe[i].listed)
            probe(&t, v, (enum probe)i);
    }
    table_end(&t);
}

/* ---------------------------------------------------------------- matrix */

static const char *row_class(enum row_result result)
{
    static const char *const names[] = {"good", "bad", "none", "none"};

    return names[result];
}

static void matrix_line(struct html_table *t, const struct verification *v,
                        const struct matrix_row *row)
{
    enum row_result result = row_judge(v, row);
    size_t n = 0;

    table_row(t, NULL);
    table_cell(t, "id");
    html_printf(t->h, "%d", row->row);
    html_end(t->h);
    table_cell(t, NULL);
    page_mark(t->h, row_class(result), row_result_name(result));
    html_end(t->h);
    table_text(t, NULL, row->requirement);
    table_text(t, "id", row->source);
    table_cell(t, "small");
    for (int i = 0; i < N_PROBES; i++) {
        if (row->bound[i])
            page_probe_word(t->h, v, (enum probe)i, n++ == 0);
    }
    html_end(t->h);
    table_row_end(t);
}

void page_matrix(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Row",    "Result", "Requirement",
                                           "Source", "Probes", NULL};
    const struct matrix *m = &v->policy->matrix;
    struct html_table t;

    if (!v->made[CHECK_MATRIX]) {
        page_none(h, "No row was judged: the checks before this one have found too much.");
        return;
    }
    html_start(h, "p");
    html_text(h, v->policy->matrix_file != NULL ? "The matrix is the verifier's own file, "
                                                : "The matrix is the built-in one, ");
    html_element(h, "code", NULL, m->sha256);
    html_text(h, ". A row of source inferred has a text that was not handed down.");
    html_end(h);
    table_begin(&t, h, "matrix", "The acceptance matrix, as it follows from the probes", headings);
    for (size_t i = 0; i < m->n; i++)
        matrix_line(&t, v, &m->rows[i]);
    table_end(&t);
}
