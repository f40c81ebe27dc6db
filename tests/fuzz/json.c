/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict JSON: its canonical form says the same and is its own; so does the form for people. */
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void must_be_the_same(const json_t *document, const char *text)
{
    struct error e = {0};
    json_t *again = json_parse(text, strlen(text), &e);

    FUZZ_REQUIRE(again != NULL);
    FUZZ_REQUIRE(json_equal(document, again));
    json_decref(again);
}

static void write_canonically(const json_t *document)
{
    char *text = json_canonical(document);
    struct error e = {0};
    json_t *again;
    char *twice;

    if (text == NULL)
        return; /* a number with a fraction, say */
    must_be_the_same(document, text);
    again = json_parse(text, strlen(text), &e);
    twice = json_canonical(again);
    FUZZ_REQUIRE(twice != NULL && strcmp(twice, text) == 0);
    json_decref(again);
    free(twice);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);
    json_t *document = json_parse(bytes, size, &e);
    char *pretty;

    free(bytes);
    if (document == NULL) {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
        return 0;
    }
    write_canonically(document);
    pretty = json_pretty(document);
    FUZZ_REQUIRE(pretty != NULL);
    for (const char *p = pretty; *p != '\0'; p++)
        FUZZ_REQUIRE(*p == '\n' || (*p >= 0x20 && *p <= 0x7e));
    must_be_the_same(document, pretty);
    free(pretty);
    json_decref(document);
    return 0;
}
