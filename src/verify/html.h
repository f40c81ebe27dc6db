/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_HTML_H
#define DENYBOX_VERIFY_HTML_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Writes a page: elements that are opened and closed, and text in them. There is no other way for a
 * byte into it, so that nothing of a bundle becomes markup, and every element that is opened can be
 * closed by its name alone. The names of elements and attributes are literals of this program.
 *
 * The page is ASCII. What comes from outside is written as text_show does: a byte that is not
 * printable ASCII becomes \xNN, whatever a browser would make of it.
 */

#define HTML_DEPTH_MAX 32

/* So many bytes of one text are written; what is cut is marked, and its size said. */
#define HTML_TEXT_MAX 2048

struct html {
    struct buf out; /* owned */
    const char *open[HTML_DEPTH_MAX];
    int depth;
    bool in_tag; /* attributes may follow */
};

/* "<!DOCTYPE html>" */
void html_begin(struct html *h);

/* Opens an element; attributes may follow until something is put into it. */
void html_start(struct html *h, const char *name);
void html_class(struct html *h, const char *names);
void html_attribute(struct html *h, const char *name, const char *value);
void html_attribute_number(struct html *h, const char *name, long value);

/* Closes the innermost element. */
void html_end(struct html *h);

/* One line of text: control characters and what is not ASCII as \xNN, a backslash doubled. NULL
 * writes nothing. */
void html_text(struct html *h, const char *text);
void html_printf(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A text that text_safe has made printable already, as all of this program's messages are: what it
 * has for a byte is not escaped once more. */
void html_printable(struct html *h, const char *text);

/* Bytes that are shown as they are, in <pre>: line feeds, tabs and backslashes stay. */
void html_lines(struct html *h, const char *bytes, size_t length);

/* A whole element with a text in it. The class may be NULL. */
void html_element(struct html *h, const char *name, const char *names, const char *text);

/* The style sheet of this program, in an element that is open: it is neither text nor markup. */
void html_style(struct html *h, const char *sheet);

/* The page, whole; NULL when memory ran out or something is still open. Valid until it is freed. */
const char *html_page(const struct html *h);

void html_free(struct html *h);

#endif
