/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One value: of an option of every kind, and what is read and written in both directions. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/value.h"
#include "fuzz.h"
#include "verify/form.h"

#define MAX 1000000

static void read_kinds(const char *text)
{
    for (int kind = OPTION_PATH; kind < OPTION_OWN; kind++) {
        const struct option_row row = {
            .name = "name", .kind = kind, .value = "VALUE", .min = 2, .max = MAX};
        union {
            const char *text;
            uint64_t number;
            int64_t fd;
            struct option_list list;
        } field = {0};
        struct error e = {0};
        bool ok = value_read(&row, text, &field, &e);

        FUZZ_REQUIRE(ok || (e.text[0] != '\0' && fuzz_printable(e.text)));
        if (ok && (kind == OPTION_COUNT || kind == OPTION_SIZE || kind == OPTION_DURATION))
            FUZZ_REQUIRE(field.number >= 2 && field.number <= MAX);
        if (ok && (kind == OPTION_TEXT || kind == OPTION_WORD || kind == OPTION_HOST))
            FUZZ_REQUIRE(fuzz_printable(text) && strlen(text) >= 2);
        if (kind == OPTION_PATHS || kind == OPTION_TEXTS)
            option_list_free(&field.list);
    }
}

static void read_numbers(const char *text)
{
    unsigned long long n;
    uint64_t bytes;
    int64_t seconds;
    char again[TEXT_TIME_SIZE];

    FUZZ_REQUIRE(!text_number(text, 77, &n) || n <= 77);
    FUZZ_REQUIRE(!value_size(text, MAX, &bytes) || bytes <= MAX);
    FUZZ_REQUIRE(!value_duration(text, MAX, &bytes) || bytes <= MAX);
    if (form_time(text, &seconds))
        FUZZ_REQUIRE(strcmp(text_time(again, seconds), text) == 0);
}

/* What text_safe has written is read back to the same bytes, and nothing else is read at all. */
static void there_and_back(const char *text, size_t length)
{
    size_t size = length * 4 + 8;
    char *safe = malloc(size);
    char *back = malloc(size);
    char *lines = text_lines(text, length);
    size_t n;

    FUZZ_REQUIRE(safe != NULL && back != NULL && lines != NULL);
    text_safe(safe, size, text, length);
    FUZZ_REQUIRE(fuzz_printable(safe));
    FUZZ_REQUIRE(text_unsafe(back, &n, safe) && n == length && memcmp(back, text, n) == 0);
    if (text_unsafe(back, &n, text))
        FUZZ_REQUIRE(strcmp(text_safe(safe, size, back, n), text) == 0);
    free(safe);
    free(back);
    free(lines);
}

static void base64(const char *text, size_t length)
{
    char *coded = text_base64(text, length);
    unsigned char *plain;
    char *again;
    size_t n = 0;

    FUZZ_REQUIRE(coded != NULL);
    plain = text_base64_decode(coded, &n);
    FUZZ_REQUIRE(plain != NULL && n == length && memcmp(plain, text, n) == 0);
    free(plain);
    free(coded);
    plain = text_base64_decode(text, &n);
    if (plain != NULL) {
        again = text_base64(plain, n);
        FUZZ_REQUIRE(again != NULL && strcmp(again, text) == 0);
        free(again);
    }
    free(plain);
}

static void paths(char *text)
{
    size_t length = strlen(text);

    if (value_inside(text))
        FUZZ_REQUIRE(text[0] == '/' && strstr(text, "/../") == NULL && strstr(text, "//") == NULL);
    if (text[0] == '/') {
        text_tidy_path(text);
        FUZZ_REQUIRE(text[0] == '/' && strlen(text) <= length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);

    read_kinds(text);
    read_numbers(text);
    there_and_back(text, size);
    base64(text, size);
    text_date_wrong(text);
    paths(text);
    free(text);
    return 0;
}
