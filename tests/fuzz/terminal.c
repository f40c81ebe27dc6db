/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a payload prints to a terminal, cut in pieces as the first byte says. */
#include "base/terminal.h"

#include <stdlib.h>

#include "fuzz.h"

/* Nothing that a terminal acts on: the control codes of ASCII, and those of U+0080 to U+009F. */
static void must_be_harmless(const char *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)out[i];
        unsigned char next = i + 1 < n ? (unsigned char)out[i + 1] : 0;

        FUZZ_REQUIRE((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t');
        FUZZ_REQUIRE(c != 0xc2 || next >= 0xa0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct terminal_filter filter = {0};
    size_t step = size != 0 ? data[0] + 1U : 1;
    char *whole = malloc(TERMINAL_ROOM(size) + TERMINAL_ROOM(0));
    size_t n = 0;

    FUZZ_REQUIRE(whole != NULL);
    for (size_t at = 1; at < size; at += step) {
        size_t length = size - at < step ? size - at : step;
        char *out = malloc(TERMINAL_ROOM(length));
        size_t more;

        FUZZ_REQUIRE(out != NULL);
        more = terminal_filter(&filter, data + at, length, out);
        FUZZ_REQUIRE(more <= TERMINAL_ROOM(length));
        for (size_t i = 0; i < more; i++)
            whole[n++] = out[i];
        free(out);
    }
    n += terminal_flush(&filter, whole + n);
    must_be_harmless(whole, n);
    free(whole);
    return 0;
}
