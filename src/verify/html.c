/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/html.h"

#include <stdio.h>
#include <string.h>

/* Elements that have no end. */
static const char *const voids[] = {"meta", "br"};

static bool is_void(const char *name)
{
    for (size_t i = 0; i < sizeof voids / sizeof voids[0]; i++) {
        if (strcmp(voids[i], name) == 0)
            return true;
    }
    return false;
}

static void close_tag(struct html *h)
{
    if (h->in_tag)
        buf_puts(&h->out, ">");
    h->in_tag = false;
}

enum kind { LINE, PRINTABLE, LINES };

/* The only place where a byte from outside becomes a part of the page: text or a quoted value. */
static void add_byte(struct buf *b, unsigned char c, enum kind kind)
{
    if (c == '<')
        buf_puts(b, "&lt;");
    else if (c == '>')
        buf_puts(b, "&gt;");
    else if (c == '&')
        buf_puts(b, "&amp;");
    else if (c == '"')
        buf_puts(b, "&quot;");
    else if (c == '\'')
        buf_puts(b, "&#39;");
    else if (c == '\\' && kind == LINE)
        buf_puts(b, "\\\\");
    else if ((c >= 0x20 && c < 0x7f) || (kind == LINES && (c == '\n' || c == '\t')))
        buf_add(b, &c, 1);
    else
        buf_printf(b, "\\x%02x", c);
}

static void add_bytes(struct buf *b, const char *bytes, size_t length, enum kind kind)
{
    for (size_t i = 0; i < length && !b->failed; i++)
        add_byte(b, (unsigned char)bytes[i], kind);
}

static void add_text(struct buf *b, const char *text, enum kind kind)
{
    size_t length = strnlen(text, HTML_TEXT_MAX + 1);

    add_bytes(b, text, length > HTML_TEXT_MAX ? HTML_TEXT_MAX : length, kind);
    if (length > HTML_TEXT_MAX)
        buf_printf(b, "... (%zu bytes)", strlen(text));
}

void html_begin(struct html *h)
{
    *h = (struct html){0};
    buf_puts(&h->out, "<!DOCTYPE html>\n");
}

void html_start(struct html *h, const char *name)
{
    close_tag(h);
    if (h->depth == HTML_DEPTH_MAX) {
        h->out.failed = true;
        return;
    }
    h->open[h->depth++] = name;
    buf_printf(&h->out, "<%s", name);
    h->in_tag = true;
}

void html_attribute(struct html *h, const char *name, const char *value)
{
    if (!h->in_tag) {
        h->out.failed = true;
        return;
    }
    buf_printf(&h->out, " %s=\"", name);
    add_text(&h->out, value, LINE);
    buf_puts(&h->out, "\"");
}

void html_attribute_number(struct html *h, const char *name, long value)
{
    char text[32];

    snprintf(text, sizeof text, "%ld", value);
    html_attribute(h, name, text);
}

void html_class(struct html *h, const char *names)
{
    if (names != NULL)
        html_attribute(h, "class", names);
}

/* A line feed behind what is no part of a sentence keeps the source readable. */
static bool ends_a_line(const char *name)
{
    static const char *const blocks[] = {"meta", "title", "style", "head", "p",   "h1",     "h2",
                                         "h3",   "li",    "tr",    "div",  "svg", "section"};

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (strcmp(blocks[i], name) == 0)
            return true;
    }
    return false;
}

void html_end(struct html *h)
{
    const char *name;

    close_tag(h);
    if (h->depth == 0) {
        h->out.failed = true;
        return;
    }
    name = h->open[--h->depth];
    if (!is_void(name))
        buf_printf(&h->out, "</%s>", name);
    if (ends_a_line(name))
        buf_puts(&h->out, "\n");
}

void html_text(struct html *h, const char *text)
{
    close_tag(h);
    if (text != NULL)
        add_text(&h->out, text, LINE);
}

void html_printf(struct html *h, const char *format, ...)
{
    struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    h->out.failed = h->out.failed || text.failed;
    html_text(h, buf_text(&text));
    buf_free(&text);
}

void html_printable(struct html *h, const char *text)
{
    close_tag(h);
    add_text(&h->out, text, PRINTABLE);
}

void html_lines(struct html *h, const char *bytes, size_t length)
{
    close_tag(h);
    add_bytes(&h->out, bytes, length, LINES);
}

void html_element(struct html *h, const char *name, const char *names, const char *text)
{
    html_start(h, name);
    html_class(h, names);
    html_text(h, text);
    html_end(h);
}

void html_style(struct html *h, const char *sheet)
{
    close_tag(h);
    buf_puts(&h->out, sheet);
}

const char *html_page(const struct html *h)
{
    return h->out.failed || h->depth != 0 ? NULL : buf_text(&h->out);
}

void html_free(struct html *h)
{
    buf_free(&h->out);
}
