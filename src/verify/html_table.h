/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_HTML_TABLE_H
#define DENYBOX_VERIFY_HTML_TABLE_H

#include "verify/html.h"

/*
 * A table with a caption. The first cell of a row is its heading. The roles are written out, and
 * each cell has its column's heading as an attribute: on a narrow window the style sheet puts the
 * cells of a row below each other, and a screen reader must still find a table there.
 */
struct html_table {
    struct html *h;
    const char *const *headings; /* NULL ends them */
    size_t column;
};

void table_begin(struct html_table *t, struct html *h, const char *names, const char *caption,
                 const char *const *headings);
void table_row(struct html_table *t, const char *names);

/* Opens the next cell of a row, to be closed by html_end. */
void table_cell(struct html_table *t, const char *names);

/* A whole cell. */
void table_text(struct html_table *t, const char *names, const char *text);
void table_row_end(struct html_table *t);
void table_end(struct html_table *t);

#endif
