/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/control.h"
#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/page.h"

/* The controls: what must have come out without each wall, beside what the file of --controls says
 * that did. A bundle has only their number, and without that file nothing is shown of them. */

/* Class and word of a cell, by what came of it; `must` it flip? */
static void cell(struct html_table *t, enum flip flip, bool must)
{
    static const struct {
        const char *names;
        const char *word;
    } words[] = {
        [FLIP_NONE] = {"stays good", "."},           [FLIP_EXPECTED] = {"flips good", "F"},
        [FLIP_UNEXPECTED] = {"flips bad", "failed"}, [FLIP_MISSING] = {"flips bad", "held"},
        [FLIP_NOT_RUN] = {"flips none", "F?"},
    };

    if (flip == FLIP_NOT_RUN && !must)
        table_text(t, "stays none", "-");
    else
        table_text(t, words[flip].names, words[flip].word);
}

static void grid_row(struct html_table *t, const struct control *c)
{
    table_row(t, NULL);
    table_text(t, "id", removal_row(c->removal)->name);
    for (int p = 0; p < N_PROBES; p++) {
        if (probe_never((enum probe)p) == NULL)
            cell(t, c->flip[p], removal_flips(c->removal, (enum probe)p));
    }
    cell(t, c->launcher, removal_row(c->removal)->launcher != UNSEEN);
    table_row_end(t);
}

static void grid(struct html *h, const struct controls *c)
{
    const char *headings[N_PROBES + 3] = {"Taken away"};
    struct html_table t;
    size_t n = 1;

    for (int p = 0; p < N_PROBES; p++) {
        if (probe_never((enum probe)p) == NULL)
            headings[n++] = probe_row((enum probe)p)->id;
    }
    headings[n] = "launcher";
    html_start(h, "div");
    html_class(h, "scroll");
    html_attribute(h, "role", "region");
    html_attribute(h, "tabindex", "0");
    html_attribute(h, "aria-label", "The grid of the controls");
    table_begin(&t, h, "grid", "Which probe failed without which wall", headings);
    for (int i = 0; i < N_REMOVALS; i++)
        grid_row(&t, &c->row[i]);
    table_end(&t);
    html_end(h);
    html_element(h, "p", "dim",
                 "F: it must fail without this wall, and did; a dot: it must hold, and did. Those "
                 "agree. failed: it must hold, and failed; held: it must fail, and held. Those are "
                 "faults. F?: it must fail, and this host could not show it; a dash: it was not "
                 "run. The launcher fails by noticing, from outside.");
}

/* ---------------------------------------------------------------- row by row */

static void listed(struct html *h, const char *word, bool *some)
{
    html_text(h, *some ? ", " : NULL);
    html_element(h, "span", "id", word);
    *some = true;
}

static void expected(struct html_table *t, enum removal removal)
{
    enum launcher launcher = removal_row(removal)->launcher;
    bool some = false;

    table_cell(t, "small");
    for (int p = 0; p < N_PROBES; p++) {
        if (removal_flips(removal, (enum probe)p))
            listed(t->h, probe_row((enum probe)p)->id, &some);
    }
    if (launcher != UNSEEN)
        listed(t->h, launcher == SEEN ? "launcher" : "launcher, perhaps", &some);
    html_text(t->h, some ? NULL : "nothing");
    html_end(t->h);
}

static bool is_flip(enum flip flip)
{
    return flip == FLIP_EXPECTED || flip == FLIP_UNEXPECTED;
}

static void seen(struct html_table *t, const struct control *c)
{
    bool some = false;

    table_cell(t, "small");
    for (int p = 0; p < N_PROBES; p++) {
        if (is_flip(c->flip[p]))
            listed(t->h, probe_row((enum probe)p)->id, &some);
    }
    if (is_flip(c->launcher))
        listed(t->h, "launcher", &some);
    html_text(t->h, some ? NULL : c->ran ? "nothing" : "not run");
    html_end(t->h);
}

static bool is_whole(const struct control *c)
{
    for (int p = 0; p < N_PROBES; p++) {
        if (c->flip[p] == FLIP_NOT_RUN && removal_flips(c->removal, (enum probe)p))
            return false;
    }
    return true;
}

static void agrees(struct html_table *t, const struct control *c)
{
    table_cell(t, NULL);
    page_mark(t->h,
              c->faults != 0 ? "bad"
              : !c->ran      ? "warn"
              : is_whole(c)  ? "good"
                             : "none",
              c->faults != 0 ? "differs"
              : !c->ran      ? "not run"
              : is_whole(c)  ? "agrees"
                             : "agrees in part");
    html_end(t->h);
}

/* The file's own sentences: why it could not run, what is a fault, what the launcher noticed. */
static void said(struct html_table *t, const json_t *row)
{
    static const char *const lists[] = {"faults", "launcher.found"};
    const char *reason = field_text(row, "reason");
    bool some = reason != NULL;

    table_cell(t, "small");
    html_text(t->h, reason);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *line;
        size_t n;

        json_array_foreach(field(row, lists[i]), n, line)
        {
            if (n == PAGE_WORDS_MAX)
                break;
            html_text(t->h, some ? "; " : NULL);
            html_text(t->h, json_string_value(line));
            some = true;
        }
    }
    html_end(t->h);
}

static void rows(struct html *h, const struct controls *c)
{
    static const char *const headings[] = {"Taken away", "Must fail", "Failed",
                                           "Result",     "Stated",    NULL};
    const json_t *matrix = field(c->document, "matrix");
    struct html_table t;

    table_begin(&t, h, "controls", "What was expected of each control, and what was seen",
                headings);
    for (int i = 0; i < N_REMOVALS; i++) {
        table_row(&t, NULL);
        table_text(&t, "id", removal_row((enum removal)i)->name);
        expected(&t, (enum removal)i);
        seen(&t, &c->row[i]);
        agrees(&t, &c->row[i]);
        said(&t, json_array_get(matrix, (size_t)i));
        table_row_end(&t);
    }
    table_end(&t);
}

/* ---------------------------------------------------------------- whose word */

static void stated(struct html *h, const json_t *controls)
{
    html_start(h, "p");
    html_text(h, "The bundle states that ");
    page_value(h, field(controls, "removals"));
    html_printf(h, " of %d walls were taken away, one at a time, with ", N_REMOVALS - 1);
    page_value(h, field(controls, "faults"));
    html_text(h, " faults, at ");
    page_value(h, field(controls, "run_at"));
    html_text(h, ", and that the document with what each came to, controls.json, has the digest ");
    page_value(h, field(controls, "matrix_sha256"));
    html_text(h, ".");
    html_end(h);
}

static void results(struct html *h, const struct controls *c)
{
    html_element(
        h, "p", c->faults == 0 ? "note" : "note loud",
        "What was seen is the word of the machine that made the bundle. This verifier has checked "
        "that controls.json is the document of that digest, that its table is the one expected "
        "here, and that its flips and faults follow from its verdicts. It cannot check that a wall "
        "was taken away, nor that a verdict in it is true: of a control there are no raw bytes.");
    rows(h, c);
    grid(h, c);
}

void page_controls(struct html *h, const struct verification *v)
{
    const json_t *controls = json_object_get(v->bundle, "controls");
    const struct controls *c = &v->policy->controls;

    if (!json_is_object(controls)) {
        page_none(h, "The controls were not run for this bundle; denybox attest --controls runs "
                     "them. They are not required.");
        return;
    }
    stated(h, controls);
    if (v->policy->controls_file == NULL)
        html_element(h, "p", "note",
                     "What each control came to is not in a bundle, and so not here: denybox "
                     "verify --controls controls.json --html shows it beside what is expected.");
    else if (!same_text(c->sha256, field_text(controls, "matrix_sha256")))
        html_element(h, "p", "note loud",
                     "The file of --controls is another document. Nothing of it is shown.");
    else if (c->document == NULL)
        html_element(h, "p", "note loud",
                     "The file of --controls is that document, and not one that this version can "
                     "read; the check agreement says why. Nothing of it is shown.");
    else
        results(h, c);
}
