/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "rules/control.h"
#include "rules/words.h"
#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/page.h"
#include "verify/rows.h"

/* The probes, the controls, and the rows of the matrix that follow from them. */

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

/* ---------------------------------------------------------------- controls */

/* The grid is what must come out; whether it did, the bundle only counts. */
static void grid_cell(struct html_table *t, bool flips, bool held)
{
    table_text(t, !flips ? "stays" : held ? "flips good" : "flips none", flips ? "F" : ".");
}

static void grid_row(struct html_table *t, enum removal removal, bool held)
{
    const struct removal_row *row = removal_row(removal);

    table_row(t, NULL);
    table_text(t, "id", row->name);
    for (int i = 0; i < N_PROBES; i++) {
        if (probe_never((enum probe)i) == NULL)
            grid_cell(t, removal_flips(removal, (enum probe)i), held);
    }
    table_text(t,
               row->launcher == UNSEEN ? "stays"
               : held                  ? "flips good"
                                       : "flips none",
               row->launcher == SEEN     ? "F"
               : row->launcher == EITHER ? "?"
                                         : ".");
    table_row_end(t);
}

static void grid(struct html *h, bool held)
{
    const char *headings[N_PROBES + 3] = {"Taken away"};
    struct html_table t;
    size_t n = 1;

    for (int i = 0; i < N_PROBES; i++) {
        if (probe_never((enum probe)i) == NULL)
            headings[n++] = probe_row((enum probe)i)->id;
    }
    headings[n] = "launcher";
    html_start(h, "div");
    html_class(h, "scroll");
    html_attribute(h, "role", "region");
    html_attribute(h, "tabindex", "0");
    html_attribute(h, "aria-label", "The grid of the controls");
    table_begin(&t, h, "grid", "Which probe must fail without which wall", headings);
    for (int i = 0; i < N_REMOVALS; i++)
        grid_row(&t, (enum removal)i, held);
    table_end(&t);
    html_end(h);
    html_element(h, "p", "dim",
                 "F: without this wall the probe must fail, or the launcher must notice; a dot: it "
                 "must pass as before; a question mark: it depends on the host.");
}

void page_controls(struct html *h, const struct verification *v)
{
    const json_t *controls = json_object_get(v->bundle, "controls");
    json_int_t removals = field_number(controls, "removals");
    json_int_t faults = field_number(controls, "faults");
    char golden[DIGEST_TEXT_SIZE];
    bool same;
    bool held;

    if (!json_is_object(controls)) {
        page_none(h, "The controls were not run for this bundle; denybox attest --controls runs "
                     "them. They are not required.");
        return;
    }
    same = same_text(control_golden_digest(golden), field_text(controls, "golden_sha256"));
    held = same && faults == 0 && removals == N_REMOVALS - 1;
    html_start(h, "p");
    html_class(h, held ? "note" : "note loud");
    html_printf(h,
                "The bundle states that %lld of %d walls were taken away, one at a time, with "
                "%lld faults%s. The results stand in a document of their own, controls.json, of "
                "the digest ",
                (long long)removals, N_REMOVALS - 1, (long long)faults,
                same ? "" : ", by another table than this version's");
    page_value(h, field(controls, "matrix_sha256"));
    html_text(h, held ? ". So each cell came out as the grid has it, by the bundle's word."
                      : ". So the grid is only what must come out.");
    html_end(h);
    grid(h, held);
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
