/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bundle, verified by the strict rules and by those of --base, and reported in every form. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "verify/report.h"
#include "verify/verification.h"

static struct policy policy;
static FILE *nowhere;

static void load(void)
{
    struct error e = {0};

    if (nowhere != NULL)
        return;
    nowhere = fopen("/dev/null", "w");
    FUZZ_REQUIRE(nowhere != NULL && policy_load(&policy, &e));
}

/* Nothing but printable ASCII, and no element that a page does not have, whatever the bundle. */
static void require_page(const char *page)
{
    for (const char *next = page; *next != '\0'; next++)
        FUZZ_REQUIRE(*next == '\n' || *next == '\t' || (*next >= ' ' && *next <= '~'));
    FUZZ_REQUIRE(strstr(page, "<script") == NULL && strstr(page, "<img") == NULL &&
                 strstr(page, "<!--") == NULL);
}

static void verify(const char *path, bool base)
{
    static struct verification v;
    json_t *document;
    struct html page;
    char *text;

    policy.base = base;
    verify_file(&policy, path, &v);
    for (size_t i = 0; i < v.n_notes; i++)
        FUZZ_REQUIRE(v.notes[i].text[0] != '\0' && fuzz_printable(v.notes[i].text));
    for (int i = 0; i < N_CHECKS; i++)
        FUZZ_REQUIRE(verification_check(&v, (enum check)i) != OUTCOME_REJECTED ||
                     verification_outcome(&v) == OUTCOME_REJECTED);
    report_whole(nowhere, &v);
    report_line(nowhere, &v, v.path);
    document = report_json(&v, NULL);
    text = json_canonical(document);
    FUZZ_REQUIRE(document != NULL && text != NULL);
    report_html(&page, &v);
    FUZZ_REQUIRE(html_page(&page) != NULL);
    require_page(html_page(&page));
    html_free(&page);
    free(text);
    json_decref(document);
    verification_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_named_file("bundle", data, size);

    load();
    verify(path, false);
    verify(path, true);
    return 0;
}
