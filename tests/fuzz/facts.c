/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parser of Python sources answers: it has read a hostile source, and may be hostile. */
#include <stdlib.h>

#include "fuzz.h"
#include "scan/source.h"

struct answer {
    const uint8_t *data;
    size_t size;
};

static bool parse(void *context, const struct buf *input, struct buf *output, struct error *e)
{
    const struct answer *answer = context;

    (void)input;
    (void)e;
    buf_add(output, answer->data, answer->size);
    return true;
}

static void must_be_printable(const struct scan_report *report)
{
    FUZZ_REQUIRE(fuzz_printable(report->failed));
    for (size_t i = 0; i < report->n; i++) {
        for (size_t j = 0; j < report->files[i].n; j++)
            FUZZ_REQUIRE(fuzz_printable(report->files[i].findings[j].detail));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_policy policy;
    static bool loaded;
    struct answer answer = {data, size};
    const struct scan_parser parser = {.parse = parse, .context = &answer};
    struct scan_report report = {.policy = &policy};
    struct sources sources = {.report = &report, .place = fuzz_directory(), .shown = ""};
    struct error e = {0};
    json_t *document;

    if (!loaded)
        fuzz_named_file("beside.py", (const uint8_t *)"import os\n", 10);
    loaded = loaded || scan_policy_load(&policy, NULL, &e);
    FUZZ_REQUIRE(loaded);
    FUZZ_REQUIRE(sources_add_text(&sources, "a source", "import os\n"));
    FUZZ_REQUIRE(sources_parse(&sources, &parser) || report.failed[0] != '\0');
    must_be_printable(&report);
    document = scan_report_json(&report, "default");
    FUZZ_REQUIRE(document != NULL);
    json_decref(document);
    sources_free(&sources);
    scan_report_free(&report);
    return 0;
}
