/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support.h"

static const struct safe {
    const char *bytes;
    size_t length;
    const char *text;
} safe[] = {
    {BYTES(""), ""},
    {BYTES("plain text, ~!@#"), "plain text, ~!@#"},
    {BYTES("a\nb"), "a\\x0ab"},
    {BYTES("a\0b"), "a\\x00b"},
    {BYTES("\\x41"), "\\\\x41"},
    {BYTES("\x1b[31mred"), "\\x1b[31mred"},
    {BYTES("\x7f\x80\xff"), "\\x7f\\x80\\xff"},
    {BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae"},
    {BYTES("\x9b"
           "31m"),
     "\\x9b31m"},
    {BYTES("tab\there"), "tab\\x09here"},
};

START_TEST(is_made_safe)
{
    char out[100];

    ck_assert_ptr_eq(text_safe(out, sizeof out, safe[_i].bytes, safe[_i].length), out);
    ck_assert_str_eq(out, safe[_i].text);
}
END_TEST

START_TEST(every_byte_is_printable)
{
    char out[16];

    for (int c = 0; c < 256; c++) {
        unsigned char byte = (unsigned char)c;
        char want[8];

        if (c == '\\')
            strcpy(want, "\\\\");
        else if (c >= ' ' && c <= '~')
            snprintf(want, sizeof want, "%c", c);
        else
            snprintf(want, sizeof want, "\\x%02x", (unsigned)c);
        ck_assert_str_eq(text_safe(out, sizeof out, &byte, 1), want);
    }
}
END_TEST

/* For every size: nothing behind it is touched, it ends in NUL, and what was cut says so. */
START_TEST(what_does_not_fit_is_cut)
{
    static const char in[] = "ab\x01\x02"
                             "c\\d\x03";
    static const char whole[] = "ab\\x01\\x02c\\\\d\\x03";
    char out[64];

    for (size_t size = 4; size <= sizeof out - 1; size++) {
        size_t length;

        memset(out, 'Z', sizeof out);
        text_safe(out, size, in, sizeof in - 1);
        ck_assert_int_eq(out[size], 'Z');
        length = strnlen(out, size);
        ck_assert_uint_lt(length, size);
        if (size < sizeof whole) {
            ck_assert_uint_ge(length, 3);
            ck_assert_str_eq(out + length - 3, "...");
            ck_assert_int_eq(strncmp(out, whole, length - 3), 0);
        }
        if (size >= sizeof whole + 3)
            ck_assert_str_eq(out, whole);
    }
}
END_TEST

/* A cut never leaves half of an escape, which would read as something else. */
START_TEST(no_escape_is_split)
{
    static const char in[] = "\x01\x01\x01\x01\x01\x01\x01\x01";
    char out[64];

    for (size_t size = 4; size < 36; size++) {
        text_safe(out, size, in, sizeof in - 1);
        ck_assert_uint_eq((strlen(out) - (strstr(out, "...") != NULL ? 3 : 0)) % 4, 0);
    }
}
END_TEST

START_TEST(four_can_be_shown_at_once)
{
    const char *a = text_show("one\n");
    const char *b = text_show("two\\");
    const char *c = text_show("three");
    const char *d = text_show("");

    ck_assert_str_eq(a, "one\\x0a");
    ck_assert_str_eq(b, "two\\\\");
    ck_assert_str_eq(c, "three");
    ck_assert_str_eq(d, "");
}
END_TEST

START_TEST(a_long_one_is_shown_cut)
{
    char in[5000];
    const char *shown;

    memset(in, '\n', sizeof in - 1);
    in[sizeof in - 1] = '\0';
    shown = text_show(in);
    ck_assert_uint_lt(strlen(shown), 300);
    ck_assert_str_eq(shown + strlen(shown) - 7, "\\x0a...");
}
END_TEST

START_TEST(is_hexadecimal)
{
    static const unsigned char bytes[] = {0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0xab, 0xff};
    char out[2 * sizeof bytes + 1];

    ck_assert_ptr_eq(text_hex(out, bytes, sizeof bytes), out);
    ck_assert_str_eq(out, "00010f107f80abff");
    ck_assert_str_eq(text_hex(out, bytes, 0), "");
}
END_TEST

/* RFC 4648, section 10, and the two digits that its vectors do not reach. */
static const struct base64 {
    const char *bytes;
    size_t length;
    const char *text;
} base64[] = {
    {BYTES(""), ""},
    {BYTES("f"), "Zg=="},
    {BYTES("fo"), "Zm8="},
    {BYTES("foo"), "Zm9v"},
    {BYTES("foob"), "Zm9vYg=="},
    {BYTES("fooba"), "Zm9vYmE="},
    {BYTES("foobar"), "Zm9vYmFy"},
    {BYTES("\0"), "AA=="},
    {BYTES("\0\0\0"), "AAAA"},
    {BYTES("\xfb\xff\xbf"), "+/+/"},
    {BYTES("\xff\xff"), "//8="},
};

START_TEST(is_base64)
{
    char *text = text_base64(base64[_i].bytes, base64[_i].length);

    ck_assert_str_eq(text, base64[_i].text);
    free(text);
}
END_TEST

#define ALL 18446744073709551615ULL

static const struct number {
    const char *text;
    unsigned long long max;
    bool good;
    unsigned long long value;
} numbers[] = {
    {"0", 0, true, 0},
    {"1", 0, false, 0},
    {"10", 0, false, 0},
    {"0", ALL, true, 0},
    {"007", ALL, true, 7},
    {"5", 5, true, 5},
    {"6", 5, false, 0},
    {"10", 5, false, 0},
    {"255", 255, true, 255},
    {"256", 255, false, 0},
    {"260", 255, false, 0},
    {"1000", 255, false, 0},
    {"18446744073709551615", ALL, true, ALL},
    {"18446744073709551616", ALL, false, 0},
    {"18446744073709551620", ALL, false, 0},
    {"99999999999999999999", ALL, false, 0},
    {"184467440737095516150", ALL, false, 0},
    {"4294967294", 4294967294, true, 4294967294},
    {"4294967295", 4294967294, false, 0},
    {"", ALL, false, 0},
    {"-1", ALL, false, 0},
    {"+1", ALL, false, 0},
    {" 1", ALL, false, 0},
    {"1 ", ALL, false, 0},
    {"1\n", ALL, false, 0},
    {"0x10", ALL, false, 0},
    {"1e3", ALL, false, 0},
    {"1.0", ALL, false, 0},
    {"1,000", ALL, false, 0},
    {"/", ALL, false, 0},
    {":", ALL, false, 0},
    {"\xd9\xa1", ALL, false, 0},
};

START_TEST(is_a_number)
{
    unsigned long long value = 12345;

    ck_assert_int_eq(text_number(numbers[_i].text, numbers[_i].max, &value), numbers[_i].good);
    if (numbers[_i].good)
        ck_assert_uint_eq(value, numbers[_i].value);
}
END_TEST

START_TEST(base64_is_read_back)
{
    size_t length = 99;
    unsigned char *bytes = text_base64_decode(base64[_i].text, &length);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(length, base64[_i].length);
    ck_assert_mem_eq(bytes, base64[_i].bytes, length);
    ck_assert_uint_eq(bytes[length], 0);
    free(bytes);
}
END_TEST

/* RFC 4648, section 3: what another encoder, or a forger, could write instead. */
static const char *const not_base64[] = {
    "Z",        "Zg",         "Zg=",    "Zh==", "Zm9=",  "=",     "==",    "====",
    "Z===",     "Zg==\n",     " Zg=",   "Zm-v", "Zm_v",  "Zm9v=", "Zg=o",  "Zg==Zg==",
    "Zm9vZ===", "Zm\xc3\xa4", "Zm9v\n", "Zg=A", "Zm9vZ", "Zn==",  "Zm9/Z", "\x80gg=",
};

START_TEST(not_base64_is_refused)
{
    size_t length;

    ck_assert_ptr_null(text_base64_decode(not_base64[_i], &length));
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
    const char *text;
} lines[] = {
    {BYTES(""), ""},
    {BYTES("one\ttwo\nthree\n"), "one\ttwo\nthree\n"},
    {BYTES("/a\\040b"), "/a\\040b"}, /* the kernel's own escapes stay what they are */
    {BYTES("a\0b\x1b\x7f\xff\r"), "a\\x00b\\x1b\\x7f\\xff\\x0d"},
};

START_TEST(lines_are_kept)
{
    char *text = text_lines(lines[_i].bytes, lines[_i].length);

    ck_assert_str_eq(text, lines[_i].text);
    free(text);
}
END_TEST

START_TEST(what_was_made_safe_is_made_of_one_thing)
{
    char out[64];
    size_t length = 99;

    ck_assert(text_unsafe(out, &length, safe[_i].text));
    ck_assert_uint_eq(length, safe[_i].length);
    ck_assert_mem_eq(out, safe[_i].bytes, length);
}
END_TEST

/* Another spelling of the same bytes is no text that text_safe writes. */
static const char *const not_safe[] = {
    "\\",       "\\x",   "\\x1", "\\x1B", "\\x41", "\\x20", "\\n",    "\x1b",
    "\xc3\xa4", "\\x5c", "a\\b", "\n",    "\\X1b", "\\xg0", "\\\\\\",
};

START_TEST(another_spelling_is_refused)
{
    char out[64];
    size_t length;

    ck_assert(!text_unsafe(out, &length, not_safe[_i]));
}
END_TEST

/* From date -u -d @N. */
static const struct {
    int64_t seconds;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {1780963199, "2026-06-08T23:59:59Z"},
    {4102444800, "2100-01-01T00:00:00Z"},
};

START_TEST(a_time_is_written_in_utc)
{
    char out[TEXT_TIME_SIZE];

    ck_assert_str_eq(text_time(out, times[_i].seconds), times[_i].text);
}
END_TEST

static const struct tidy {
    const char *path;
    const char *tidy;
} tidied[] = {
    {"/", "/"},
    {"//", "/"},
    {"/.", "/"},
    {"/./", "/"},
    {"/a", "/a"},
    {"/a/", "/a"},
    {"/a/./b", "/a/b"},
    {"//a//b//", "/a/b"},
    {"/a/../b", "/a/../b"},
    {"/./.hidden/.", "/.hidden"},
    {"/..", "/.."},
    {"/a/.../b", "/a/.../b"},
};

START_TEST(a_path_is_made_tidy)
{
    char path[32];

    snprintf(path, sizeof path, "%s", tidied[_i].path);
    text_tidy_path(path);
    ck_assert_str_eq(path, tidied[_i].tidy);
}
END_TEST

START_TEST(the_end_of_a_text)
{
    ck_assert(text_ends_in("a.py", ".py"));
    ck_assert(text_ends_in(".py", ".py"));
    ck_assert(text_ends_in("a", ""));
    ck_assert(!text_ends_in("py", ".py"));
    ck_assert(!text_ends_in("", ".py"));
    ck_assert(!text_ends_in("a.pyc", ".py"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("text");
    TCase *c = tcase_create("text");

    tcase_add_test(c, the_end_of_a_text);
    tcase_add_loop_test(c, a_path_is_made_tidy, 0, N_ROWS(tidied));
    tcase_add_loop_test(c, is_made_safe, 0, N_ROWS(safe));
    tcase_add_test(c, every_byte_is_printable);
    tcase_add_test(c, what_does_not_fit_is_cut);
    tcase_add_test(c, no_escape_is_split);
    tcase_add_test(c, four_can_be_shown_at_once);
    tcase_add_test(c, a_long_one_is_shown_cut);
    tcase_add_test(c, is_hexadecimal);
    tcase_add_loop_test(c, is_base64, 0, N_ROWS(base64));
    tcase_add_loop_test(c, base64_is_read_back, 0, N_ROWS(base64));
    tcase_add_loop_test(c, not_base64_is_refused, 0, N_ROWS(not_base64));
    tcase_add_loop_test(c, lines_are_kept, 0, N_ROWS(lines));
    tcase_add_loop_test(c, what_was_made_safe_is_made_of_one_thing, 0, N_ROWS(safe));
    tcase_add_loop_test(c, another_spelling_is_refused, 0, N_ROWS(not_safe));
    tcase_add_loop_test(c, is_a_number, 0, N_ROWS(numbers));
    tcase_add_loop_test(c, a_time_is_written_in_utc, 0, N_ROWS(times));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
