/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/html_table.h"
#include "verify/page.h"
#include "verify/report.h"

/* The report of one bundle as a page: the verdict first, then everything that it came from. */

static void reason(struct html *h, const struct note *note)
{
    const struct reason_row *row = reason_row(note->reason);

    html_start(h, "li");
    html_class(h, page_outcome_class(row->outcome));
    html_element(h, "strong", NULL, row->code);
    html_printf(h, " (%s, by the check %s): %s. ", outcome_row(row->outcome)->word,
                check_row(row->check)->name, row->meaning);
    html_start(h, "code");
    html_printable(h, note->text);
    html_end(h);
    html_end(h);
}

static void reasons(struct html *h, const struct verification *v)
{
    html_element(h, "h2", NULL, "Why");
    if (v->n_notes == 0) {
        html_element(h, "p", NULL, "Every check was made, and none has found anything wrong.");
        return;
    }
    html_start(h, "ul");
    html_class(h, "reasons");
    for (size_t i = 0; i < v->n_notes; i++)
        reason(h, &v->notes[i]);
    html_end(h);
    if (v->unsaid != 0) {
        html_start(h, "p");
        html_printf(h, "And %zu more reasons.", v->unsaid);
        html_end(h);
    }
    html_start(h, "p");
    html_printf(h, "Next: %s.", REPORT_NEXT);
    html_end(h);
}

static void verdict(struct html *h, const struct verification *v)
{
    const struct outcome_row *row = outcome_row(verification_outcome(v));

    html_start(h, "header");
    html_class(h, page_outcome_class(verification_outcome(v)));
    html_element(h, "p", "kind", "denybox: report of a bundle of evidence");
    html_element(h, "h1", NULL, row->word);
    html_start(h, "p");
    html_printf(h, "This means: %s.", row->meaning);
    html_end(h);
    html_start(h, "p");
    html_element(h, "code", NULL, v->path);
    if (v->sha256[0] != '\0') {
        html_printf(h, ", %zu bytes, ", v->size);
        html_element(h, "code", NULL, v->sha256);
    }
    html_end(h);
    html_end(h);
}

static void page_checks(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Check", "Result", "What it asks", NULL};
    struct html_table t;

    table_begin(&t, h, "checks", "The checks, in their order", headings);
    for (int i = 0; i < N_CHECKS; i++) {
        enum outcome outcome = verification_check(v, (enum check)i);

        table_row(&t, NULL);
        table_text(&t, "id", check_row((enum check)i)->name);
        table_cell(&t, NULL);
        page_mark(h, v->made[i] ? page_outcome_class(outcome) : "none",
                  !v->made[i]                     ? "not made"
                  : outcome == OUTCOME_ACCEPTABLE ? "ok"
                                                  : outcome_row(outcome)->word);
        html_end(h);
        table_text(&t, NULL, check_row((enum check)i)->question);
        table_row_end(&t);
    }
    table_end(&t);
}

static void page_policy(struct html *h, const struct verification *v)
{
    page_asked(h, v->policy);
}

static void page_caveats(struct html *h, const struct verification *v)
{
    (void)v;
    html_start(h, "ul");
    html_element(
        h, "li", NULL,
        "What a bundle cannot show, a verifier cannot see. Whoever holds root on the host, "
        "or a signing key, can write any bundle, and it will be acceptable.");
    html_element(
        h, "li", NULL,
        "What is marked as stated can be changed, one at a time, without any check seeing "
        "it; denybox-verify(1) lists these fields. Who changes several values so that they "
        "agree, and their digests too, can change more. Only a signature over the file could "
        "protect them.");
    html_element(h, "li", NULL,
                 "This page can be written by anybody too. Who has to decide verifies the bundle: "
                 "denybox verify FILE.");
    html_end(h);
}

static const struct section {
    const char *id;
    const char *title;
    void (*write)(struct html *h, const struct verification *v);
    bool document; /* needs one that could be parsed */
} sections[] = {
    {"run", "What was run", page_run, true},
    {"deviations", "Deviations", page_deviations, true},
    {"boundary", "The boundary", page_boundary, true},
    {"policy", "What was asked for", page_policy, false},
    {"checks", "The checks", page_checks, false},
    {"probes", "The probes", page_probes, true},
    {"mounts", "The mounts", page_mounts, true},
    {"limits", "The limits", page_limits, true},
    {"controls", "The controls", page_controls, true},
    {"matrix", "The acceptance matrix", page_matrix, true},
    {"outputs", "The outputs", page_outputs, true},
    {"scan", "The scan", page_scan, true},
    {"raw", "The bundle itself", page_raw, true},
    {"caveats", "What this report cannot show", page_caveats, false},
};

#define N_SECTIONS (sizeof sections / sizeof sections[0])

static bool is_shown(const struct section *section, const struct verification *v)
{
    return !section->document || json_is_object(v->bundle);
}

static void contents(struct html *h, const struct verification *v)
{
    char target[32];

    html_start(h, "nav");
    html_attribute(h, "aria-label", "Sections");
    html_start(h, "ul");
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (!is_shown(&sections[i], v))
            continue;
        snprintf(target, sizeof target, "#%s", sections[i].id);
        html_start(h, "li");
        html_start(h, "a");
        html_attribute(h, "href", target);
        html_text(h, sections[i].title);
        html_end(h);
        html_end(h);
    }
    html_end(h);
    html_end(h);
}

void report_html(struct html *h, const struct verification *v)
{
    page_head(h, outcome_row(verification_outcome(v))->word, v->path);
    verdict(h, v);
    html_start(h, "main");
    html_start(h, "section");
    html_class(h, "why");
    reasons(h, v);
    html_end(h);
    if (!json_is_object(v->bundle))
        html_element(h, "p", "note loud",
                     "The file could not be read as a bundle: there is nothing of it to be shown.");
    contents(h, v);
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (!is_shown(&sections[i], v))
            continue;
        html_start(h, "section");
        html_attribute(h, "id", sections[i].id);
        html_element(h, "h2", NULL, sections[i].title);
        sections[i].write(h, v);
        html_end(h);
    }
    html_end(h);
    page_foot(h, v->policy);
}
