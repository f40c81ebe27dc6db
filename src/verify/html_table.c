/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/html_table.h"

static void start(struct html *h, const char *name, const char *role)
{
    html_start(h, name);
    html_attribute(h, "role", role);
}

void table_begin(struct html_table *t, struct html *h, const char *names, const char *caption,
                 const char *const *headings)
{
    *t = (struct html_table){.h = h, .headings = headings};
    start(h, "table", "table");
    html_class(h, names);
    html_element(h, "caption", NULL, caption);
    start(h, "thead", "rowgroup");
    start(h, "tr", "row");
    for (size_t i = 0; headings[i] != NULL; i++) {
        start(h, "th", "columnheader");
        html_attribute(h, "scope", "col");
        html_text(h, headings[i]);
        html_end(h);
    }
    html_end(h);
    html_end(h);
    start(h, "tbody", "rowgroup");
}

void table_row(struct html_table *t, const char *names)
{
    t->column = 0;
    start(t->h, "tr", "row");
    html_class(t->h, names);
}

void table_cell(struct html_table *t, const char *names)
{
    if (t->column == 0) {
        start(t->h, "th", "rowheader");
        html_attribute(t->h, "scope", "row");
    } else {
        start(t->h, "td", "cell");
    }
    html_class(t->h, names);
    if (t->headings[t->column] != NULL)
        html_attribute(t->h, "data-label", t->headings[t->column++]);
}

void table_text(struct html_table *t, const char *names, const char *text)
{
    table_cell(t, names);
    html_text(t->h, text);
    html_end(t->h);
}

void table_row_end(struct html_table *t)
{
    html_end(t->h);
}

void table_end(struct html_table *t)
{
    html_end(t->h);
    html_end(t->h);
}
