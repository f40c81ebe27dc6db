/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "verify/page.h"

/* The bundle itself, folded away: each member of the document, up to a bound. */

#define MEMBERS_SHOWN 40
#define MEMBER_MAX (256U << 10)
#define ALL_MAX (1U << 20)

struct part {
    struct html *h;
    size_t left; /* bytes that may still be written */
};

/* A callback of the writer of JSON: -1 ends it. */
static int add(const char *bytes, size_t length, void *context)
{
    struct part *part = context;
    size_t n = length < part->left ? length : part->left;

    html_lines(part->h, bytes, n);
    part->left -= n;
    return part->left == 0 ? -1 : 0;
}

/* Returns how many bytes it took. */
static size_t member(struct html *h, const char *key, const json_t *value, size_t most)
{
    struct part part = {h, most};
    int written;

    html_start(h, "details");
    html_element(h, "summary", NULL, key);
    html_start(h, "pre");
    written =
        json_dump_callback(value, add, &part, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    html_end(h);
    if (written != 0)
        html_element(h, "p", "note loud", "The rest is left out here; the bundle has it.");
    html_end(h);
    return most - part.left;
}

void page_raw(struct html *h, const struct verification *v)
{
    const char *key;
    const json_t *value;
    size_t left = ALL_MAX;
    size_t n = 0;

    html_element(h, "p", NULL,
                 "The members of the bundle as they stand in it, every character that is not "
                 "ASCII escaped. They are left out in print.");
    json_object_foreach((json_t *)(uintptr_t)v->bundle, key, value)
    {
        if (n++ < MEMBERS_SHOWN && left != 0)
            left -= member(h, key, value, left < MEMBER_MAX ? left : MEMBER_MAX);
    }
    page_more(h, n, MEMBERS_SHOWN);
}
