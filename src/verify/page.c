/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "verify/rows.h"

/* Made by the build from report.css: style_sheet. */
#include "verify/style.inc"

/* The style sheet by its digest, and nothing else: what stands in a bundle could not even give an
 * element a colour, if it ever became one. */
static void policy_of_contents(struct html *h)
{
    struct sha256 s;
    unsigned char digest[32];
    char text[256];
    char *base64;

    sha256_start(&s);
    sha256_add(&s, style_sheet, strlen(style_sheet));
    sha256_end(&s, digest);
    base64 = text_base64(digest, sizeof digest);
    if (base64 == NULL)
        h->out.failed = true;
    snprintf(text, sizeof text,
             "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
             base64 != NULL ? base64 : "");
    html_start(h, "meta");
    html_attribute(h, "http-equiv", "Content-Security-Policy");
    html_attribute(h, "content", text);
    html_end(h);
    free(base64);
}

static void meta(struct html *h, const char *name, const char *content)
{
    html_start(h, "meta");
    html_attribute(h, "name", name);
    html_attribute(h, "content", content);
    html_end(h);
}

void page_head(struct html *h, const char *outcome, const char *subject)
{
    html_begin(h);
    html_start(h, "html");
    html_attribute(h, "lang", "en");
    html_start(h, "head");
    html_start(h, "meta");
    html_attribute(h, "charset", "utf-8");
    html_end(h);
    policy_of_contents(h);
    meta(h, "viewport", "width=device-width, initial-scale=1");
    meta(h, "color-scheme", "light dark");
    meta(h, "referrer", "no-referrer");
    meta(h, "robots", "noindex");
    html_start(h, "title");
    html_printf(h, "%s: ", outcome);
    html_text(h, subject);
    html_text(h, " - denybox report");
    html_end(h);
    html_start(h, "style");
    html_style(h, style_sheet);
    html_end(h);
    html_end(h);
    html_start(h, "body");
}

void page_foot(struct html *h, const struct policy *policy)
{
    char now[TEXT_TIME_SIZE];

    html_start(h, "footer");
    html_start(h, "p");
    html_printf(h, "Written by denybox verify, version %s, at %s. ", PACKAGE_VERSION,
                text_time(now, policy->now));
    html_text(h, "It fetches nothing and runs nothing.");
    html_end(h);
    html_end(h);
    html_end(h);
    html_end(h);
}

const char *page_outcome_class(enum outcome outcome)
{
    return outcome == OUTCOME_ACCEPTABLE ? "good" : outcome == OUTCOME_REJECTED ? "bad" : "warn";
}

void page_mark(struct html *h, const char *names, const char *word)
{
    char both[32];

    snprintf(both, sizeof both, "mark %s", names);
    html_element(h, "span", both, word);
}

void page_basis(struct html *h, const struct verification *v, enum check check)
{
    enum outcome outcome = verification_check(v, check);

    if (!v->made[check])
        page_mark(h, "none", "not checked");
    else if (outcome == OUTCOME_ACCEPTABLE)
        page_mark(h, "good", "checked");
    else
        page_mark(h, page_outcome_class(outcome), "in doubt");
}

void page_probe_word(struct html *h, const struct verification *v, enum probe probe, bool first)
{
    if (!first)
        html_text(h, ", ");
    html_start(h, "span");
    html_class(h, "id");
    html_printf(h, "%s %s", probe_row(probe)->id,
                v->made[CHECK_PROBES] ? row_probe_word(v, probe) : "not checked");
    html_end(h);
    if (v->made[CHECK_PROBES] && !v->probe[probe].required)
        html_text(h, " (not required)");
}

static void words(struct html *h, const json_t *list)
{
    const json_t *word;
    size_t i;

    html_start(h, "span");
    html_class(h, "words");
    json_array_foreach(list, i, word)
    {
        if (i == PAGE_WORDS_MAX)
            break;
        if (i != 0)
            html_text(h, " ");
        if (!json_is_string(word))
            html_element(h, "code", NULL, "?");
        else if (json_string_length(word) == 0)
            html_element(h, "span", "dim", "(empty)");
        else
            html_element(h, "code", NULL, json_string_value(word));
    }
    if (i < json_array_size(list))
        html_printf(h, " and %zu more", json_array_size(list) - i);
    if (json_array_size(list) == 0)
        html_text(h, "none");
    html_end(h);
}

void page_value(struct html *h, const json_t *value)
{
    if (json_is_string(value) && json_string_length(value) == 0)
        html_element(h, "span", "dim", "(empty)");
    else if (json_is_string(value))
        html_element(h, "code", NULL, json_string_value(value));
    else if (json_is_integer(value))
        html_printf(h, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        html_text(h, json_is_true(value) ? "yes" : "no");
    else if (json_is_array(value))
        words(h, value);
    else if (json_is_null(value))
        html_element(h, "span", "dim", "none");
    else
        html_element(h, "span", "dim", "not stated");
}

void page_none(struct html *h, const char *text)
{
    html_element(h, "p", "dim", text);
}

void page_more(struct html *h, size_t n, size_t shown)
{
    if (n <= shown)
        return;
    html_start(h, "p");
    html_printf(h, "And %zu more, which the bundle has.", n - shown);
    html_end(h);
}
