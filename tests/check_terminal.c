/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/terminal.h"
#include "support.h"

/* RFC 3629: what is well-formed passes, all else is written out. */
static const struct row {
    const char *bytes;
    size_t length;
    const char *text;
} rows[] = {
    {BYTES(""), ""},
    {BYTES("plain ~text!\t\n"), "plain ~text!\t\n"},
    {BYTES("a\\b"), "a\\b"},
    {BYTES("\r"), "\\x0d"},
    {BYTES("\0"), "\\x00"},
    {BYTES("\a\b\v\f\x7f"), "\\x07\\x08\\x0b\\x0c\\x7f"},
    {BYTES("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m"},
    {BYTES("\x1b]52;c;eA==\a"), "\\x1b]52;c;eA==\\x07"},
    {BYTES("\x9b"
           "c"),
     "\\x9bc"},
    /* the first and the last of each length */
    {BYTES("\xc2\xa0\xdf\xbf"), "\xc2\xa0\xdf\xbf"},
    {BYTES("\xe0\xa0\x80\xef\xbf\xbf"), "\xe0\xa0\x80\xef\xbf\xbf"},
    {BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
    {BYTES("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80"},
    /* C1 control codes as characters */
    {BYTES("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"},
    /* overlong */
    {BYTES("\xc0\xaf"), "\\xc0\\xaf"},
    {BYTES("\xc1\xbf"), "\\xc1\\xbf"},
    {BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf"},
    {BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},
    {BYTES("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf"},
    {BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"},
    /* surrogates, and beyond U+10FFFF */
    {BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
    {BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf"},
    {BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
    {BYTES("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80"},
    {BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80"},
    {BYTES("\xfe\xff"), "\\xfe\\xff"},
    /* cut, and interrupted */
    {BYTES("\x80\xbf"), "\\x80\\xbf"},
    {BYTES("\xc3"), "\\xc3"},
    {BYTES("\xe2\x82"), "\\xe2\\x82"},
    {BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
    {BYTES("\xc3"
           "a"),
     "\\xc3a"},
    {BYTES("\xe2\x82\n"), "\\xe2\\x82\n"},
    {BYTES("\xe2\x82\x1b[m"), "\\xe2\\x82\\x1b[m"},
    {BYTES("\xe2\xe2\x82\xac"), "\\xe2\xe2\x82\xac"},
    {BYTES("\xf0\x9f\xc3\xa4"), "\\xf0\\x9f\xc3\xa4"},
    {BYTES("\xc3\xa4\xa4"), "\xc3\xa4\\xa4"},
};

/* In pieces of any size the same comes out. */
START_TEST(only_text_passes)
{
    const struct row *row = &rows[_i];

    for (size_t piece = 1; piece <= row->length + 1; piece++) {
        struct terminal_filter f = {.n_pending = 0};
        char out[512] = "";
        size_t used = 0;

        for (size_t at = 0; at < row->length; at += piece) {
            size_t n = row->length - at < piece ? row->length - at : piece;
            size_t came = terminal_filter(&f, row->bytes + at, n, out + used);

            ck_assert_uint_le(came, TERMINAL_ROOM(n));
            used += came;
        }
        used += terminal_flush(&f, out + used);
        out[used] = '\0';
        ck_assert_str_eq(out, row->text);
        ck_assert_uint_eq(terminal_flush(&f, out), 0);
    }
}
END_TEST

/* All pairs of bytes: nothing below a blank but tab and line feed, and nothing from 7F to 9F that
 * is not the rest of a sequence. */
START_TEST(no_control_code_passes)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        unsigned char in[3] = {(unsigned char)(pair >> 8), (unsigned char)pair, 'x'};
        struct terminal_filter f = {.n_pending = 0};
        unsigned char out[TERMINAL_ROOM(3) + 1];
        size_t n = terminal_filter(&f, in, 3, (char *)out);

        for (size_t i = 0; i < n; i++) {
            ck_assert(out[i] >= ' ' || out[i] == '\t' || out[i] == '\n');
            ck_assert_int_ne(out[i], 0x7f);
            if (out[i] >= 0x80 && out[i] < 0xa0)
                ck_assert(i > 0 && out[i - 1] >= 0xc3 && out[i - 1] <= 0xdf);
        }
        ck_assert_int_eq(out[n - 1], 'x');
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("terminal");
    TCase *c = tcase_create("terminal");

    tcase_add_loop_test(c, only_text_passes, 0, N_ROWS(rows));
    tcase_add_test(c, no_control_code_passes);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
