/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/page.h"

/* What came of the payload: outputs, and the scan that was made of it before. */

static void output(struct html_table *t, const json_t *entry)
{
    static const char *const keys[] = {"type", "size", "sha256"};
    const json_t *odd = json_object_get(entry, "odd");

    table_row(t, NULL);
    table_cell(t, NULL);
    page_value(t->h, json_object_get(entry, "path"));
    html_end(t->h);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        table_cell(t, i == 2 ? "small" : NULL);
        page_value(t->h, json_object_get(entry, keys[i]));
        html_end(t->h);
    }
    table_cell(t, json_array_size(odd) != 0 ? "odd" : NULL);
    page_value(t->h, odd);
    html_end(t->h);
    table_row_end(t);
}

void page_outputs(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Path", "Type", "Bytes", "Digest", "Odd", NULL};
    const json_t *list = field(v->bundle, "result.outputs");
    struct html_table t;
    size_t n = json_array_size(list);

    if (!json_is_array(list)) {
        page_none(h, "The bundle does not say.");
        return;
    }
    html_start(h, "p");
    html_text(h, "By the bundle's word; of each file the digest is stated, and the file is not at "
                 "hand here. They were ");
    page_value(h, field(v->bundle, "result.outputs_state"));
    html_text(h, "; entries: ");
    page_value(h, field(v->bundle, "result.outputs_entries"));
    html_text(h, ", odd ones: ");
    page_value(h, field(v->bundle, "result.outputs_odd"));
    html_text(h, "; all of them are listed: ");
    page_value(h, field(v->bundle, "result.outputs_complete"));
    html_text(h, ".");
    html_end(h);
    if (n == 0)
        return;
    table_begin(&t, h, "outputs", "What was left in /out", headings);
    for (size_t i = 0; i < n && i < PAGE_LIST_MAX; i++)
        output(&t, json_array_get(list, i));
    table_end(&t);
    page_more(h, n, PAGE_LIST_MAX);
}

static void finding(struct html_table *t, const json_t *file, const json_t *entry)
{
    bool allowed = json_is_true(json_object_get(entry, "allowed"));

    table_row(t, NULL);
    table_text(t, NULL, field_text(entry, "rule"));
    table_cell(t, NULL);
    page_mark(t->h, allowed ? "none" : "bad", allowed ? "allowed" : "denied");
    html_end(t->h);
    table_cell(t, NULL);
    page_value(t->h, json_object_get(entry, "detail"));
    html_end(t->h);
    table_cell(t, NULL);
    page_value(t->h, json_object_get(file, "path"));
    html_end(t->h);
    table_cell(t, NULL);
    page_value(t->h, json_object_get(entry, "line"));
    html_end(t->h);
    table_row_end(t);
}

/* What is denied comes first: it must not be behind what is cut. Returns how many there are. */
static size_t findings(struct html_table *t, const json_t *files, bool allowed, size_t *shown)
{
    const json_t *file;
    const json_t *entry;
    size_t n = 0;
    size_t i;
    size_t j;

    json_array_foreach(files, i, file)
    {
        json_array_foreach(json_object_get(file, "findings"), j, entry)
        {
            if (json_is_true(json_object_get(entry, "allowed")) != allowed)
                continue;
            n++;
            if (*shown < PAGE_LIST_MAX) {
                finding(t, file, entry);
                (*shown)++;
            }
        }
    }
    return n;
}

void page_scan(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Rule", "Policy", "What", "In", "Line", NULL};
    const json_t *scan = json_object_get(v->bundle, "scan");
    const json_t *files = json_object_get(scan, "files");
    struct html_table t;
    size_t shown = 0;
    size_t n;

    if (!json_is_object(scan)) {
        page_none(h, scan != NULL ? "The payload was not scanned." : "The bundle does not say.");
        return;
    }
    html_start(h, "p");
    html_text(h, "It came to ");
    page_value(h, json_object_get(scan, "verdict"));
    html_text(h, ", which was judged again by the policy ");
    page_value(h, json_object_get(scan, "policy"));
    html_text(h, ": ");
    page_basis(h, v, CHECK_PROBES);
    html_printf(h, ". Files: %zu. Findings that are allowed anyway may have been left out.",
                json_array_size(files));
    html_end(h);
    table_begin(&t, h, "scan", "What the scan has found", headings);
    n = findings(&t, files, false, &shown);
    n += findings(&t, files, true, &shown);
    table_end(&t);
    page_more(h, n, PAGE_LIST_MAX);
}
