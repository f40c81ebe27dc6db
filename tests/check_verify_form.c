/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/form.h"

#include <string.h>

#include "support.h"
#include "verify/venue.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define NONCE88                                                                                    \
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890"             \
    "12345678"

static const struct {
    enum form form;
    const char *argument;
    const char *text;
    bool holds;
} texts[] = {
    {FORM_PLAIN, "", "", true},
    {FORM_PLAIN, "", "a b~", true},
    {FORM_PLAIN, "", "a\\\\b\\x00", false},
    {FORM_PLAIN, "", "a\\\\b\\xc3\\xa4\\x0a", true},
    {FORM_PLAIN, "", "a\\x41", false}, /* a second way to write A */
    {FORM_PLAIN, "", "a\\xC3", false},
    {FORM_PLAIN, "", "a\\n", false},
    {FORM_PLAIN, "", "a\\", false},
    {FORM_PLAIN, "", "a\nb", false},
    {FORM_PLAIN, "", "\xc3\xa4", false},
    {FORM_PLAIN, "", "\x7f", false},
    {FORM_SOME, "", "a b~", true},
    {FORM_SOME, "", "", false},
    {FORM_SOME, "", "a\nb", false},
    {FORM_PATH, "", "/a b", true},
    {FORM_PATH, "", "auto", true},
    {FORM_PATH, "", "/\\xff\\x0a", true},
    {FORM_PATH, "", "/a\\\\b", true},
    {FORM_PATH, "", "", false},
    {FORM_PATH, "", "/a\\b", false},
    {FORM_PATH, "", "/\\x41", false},
    {FORM_PATH, "", "/\\xFF", false},
    {FORM_PATH, "", "/\\x00", false},
    {FORM_PATH, "", "/\\xf", false},
    {FORM_PATH, "", "/a\n", false},
    {FORM_PATH, "", "/\xc3\xa4", false},
    {FORM_INSIDE, "", "/", true},
    {FORM_INSIDE, "", "/in/a", true},
    {FORM_INSIDE, "", "/a\\xff", true},
    {FORM_INSIDE, "", "in", false},
    {FORM_INSIDE, "", "/in/", false},
    {FORM_INSIDE, "", "/in/../a", false},
    {FORM_INSIDE, "", "//a", false},
    {FORM_INSIDE, "", "", false},
    {FORM_HOST, "", "box-1.example", true},
    {FORM_HOST, "", "", false},
    {FORM_HOST, "", "a_b", false},
    {FORM_HOST, "", HEX32 HEX32, true},
    {FORM_HOST, "", HEX32 HEX32 "0", false},
    {FORM_VERSION, "", "0.1.0", true},
    {FORM_VERSION, "", "1.0~rc1+b-2", true},
    {FORM_VERSION, "", "", false},
    {FORM_VERSION, "", "0.1.0 (mine)", false},
    {FORM_VERSION, "", "0.1.0\\x0a", false},
    {FORM_TEXT, "", "a\tb\n", true},
    {FORM_TEXT, "", "a\rb", false},
    {FORM_WORD, "", "VPS", true},
    {FORM_WORD, "", "", false},
    {FORM_WORD, "", "a b", false},
    {FORM_WORD, "", HEX32 HEX32, true},
    {FORM_WORD, "", HEX32 HEX32 "0", false},
    {FORM_DIGEST, "", "sha256:" HEX32 HEX32, true},
    {FORM_DIGEST, "", "sha256:" HEX32 HEX32 "0", false},
    {FORM_DIGEST, "", "sha256:" HEX32, false},
    {FORM_DIGEST, "", "sha512:" HEX32 HEX32, false},
    {FORM_DIGEST, "", "sha256:A123456789abcdef0123456789abcdef" HEX32, false},
    {FORM_DATE, "", "2026-11-22", true},
    {FORM_DATE, "", "2024-02-29", true},
    {FORM_DATE, "", "2026-02-29", false},
    {FORM_DATE, "", "2026-13-01", false},
    {FORM_DATE, "", "2026-00-01", false},
    {FORM_DATE, "", "2026-1-1", false},
    {FORM_DATE, "", "2026-11-22 ", false},
    {FORM_TIME, "", "2026-11-22T03:40:53Z", true},
    {FORM_TIME, "", "2026-11-22T23:59:60Z", false},
    {FORM_TIME, "", "2026-11-22T24:00:00Z", false},
    {FORM_TIME, "", "2026-11-22T03:40:53", false},
    {FORM_TIME, "", "2026-11-22T03:40:53+00:00", false},
    {FORM_TIME, "", "2026-11-22t03:40:53z", false},
    {FORM_NONCE, "", "self", true},
    {FORM_NONCE, "", "1234567", false},
    {FORM_NONCE, "", "12345678", true},
    {FORM_NONCE, "", NONCE88, true},
    {FORM_NONCE, "", NONCE88 "9", false},
    {FORM_NONCE, "", "1234567\n", false},
    {FORM_BASE64, "", "", true},
    {FORM_BASE64, "", "Zg==", true},
    {FORM_BASE64, "", "Zg=", false},
    {FORM_DEVIATION, "", "proc", true},
    {FORM_DEVIATION, "", "all", false},
    {FORM_CONTROL, "", "not run", true},
    {FORM_CONTROL, "", "maybe", false},
    {FORM_ONE, "one|two words", "one", true},
    {FORM_ONE, "one|two words", "two words", true},
    {FORM_ONE, "one|two words", "two", false},
    {FORM_ONE, "one|two words", "one|two words", false},
    {FORM_ONE, "one|two words", "", false},
    {FORM_NUMBER, "0 9", "5", false},
    {FORM_NONE, "", "", false},
};

START_TEST(texts_have_their_form)
{
    json_t *value = json_string_nocheck(texts[_i].text);

    ck_assert_msg(form_holds(texts[_i].form, texts[_i].argument, value) == texts[_i].holds, "%s",
                  texts[_i].text);
    json_decref(value);
}
END_TEST

START_TEST(numbers_have_their_range)
{
    static const struct {
        const char *argument;
        json_int_t number;
        bool holds;
    } rows[] = {
        {"1 13", 1, true},   {"1 13", 13, true},     {"1 13", 0, false},
        {"1 13", 14, false}, {"-1 5", -1, true},     {"-1 5", -2, false},
        {"1 1", 1, true},    {"1 1", 2, false},      {"0 9007199254740992", 1LL << 53, true},
        {"0 5", -1, false},  {"0 5", 1 << 30, false}};

    for (int i = 0; i < N_ROWS(rows); i++) {
        json_t *value = json_integer(rows[i].number);

        ck_assert_msg(form_holds(FORM_NUMBER, rows[i].argument, value) == rows[i].holds, "row %d",
                      i);
        ck_assert(!form_holds(FORM_PLAIN, rows[i].argument, value));
        json_decref(value);
    }
}
END_TEST

START_TEST(moments_are_counted)
{
    int64_t seconds = 0;

    ck_assert(form_time("1970-01-01T00:00:00Z", &seconds));
    ck_assert_int_eq(seconds, 0);
    ck_assert(form_time("2000-03-01T00:00:01Z", &seconds));
    ck_assert_int_eq(seconds, 951868801);
    ck_assert(form_time("2100-01-01T00:00:00Z", &seconds));
    ck_assert_int_eq(seconds, 4102444800LL);
}
END_TEST

START_TEST(desktops_are_told)
{
    static const struct {
        const char *text;
        const char *word;
    } rows[] = {
        {"6.6.16-linuxkit", "linuxkit"},
        {"linuxkit-025000000001", "linuxkit"},
        {"5.15.153.1-microsoft-standard-WSL2", "microsoft"},
        {"#1 SMP WSL", "wsl"},
        {"WSL2", "wsl"},
        {"OrbStack", "orbstack"},
        {"lima-default", "lima"},
        {"colima", "colima"},
        {"docker-desktop", "desktop"},
        {"DESKTOP-AB12CD3", "desktop"},
        {"podman-machine-default", "podman-machine"},
        {"Johns-MacBook-Pro.local", "macbook"},
        {"", NULL},
        {"vps-4711.example.org", NULL},
        {"limassol", NULL},
        {"climate", NULL},
        {"wslx", NULL},
        {"6.1.0-18-amd64", NULL},
        {"runnervm", NULL},
        {"awsl", NULL},
    };

    for (int i = 0; i < N_ROWS(rows); i++) {
        const char *word = venue_desktop(rows[i].text);

        ck_assert_msg((word == NULL) == (rows[i].word == NULL), "%s", rows[i].text);
        if (word != NULL)
            ck_assert_str_eq(word, rows[i].word);
    }
}
END_TEST

START_TEST(kernels_are_old_or_not)
{
    static const struct {
        const char *release;
        bool new;
    } rows[] = {{"5.14.0", true},    {"5.14", true},   {"5.13.99", false}, {"6.0", true},
                {"10.1", true},      {"4.99", false},  {"5.2", false},     {"5.140", true},
                {"", false},         {"5", false},     {"5.", false},      {"x.y", false},
                {"-6.1", false},     {" 6.1", false},  {"6.-1", false},    {"6.1-rc1", true},
                {"5.14-rhel", true}, {"0x6.1", false}, {"6,1", false}};

    for (int i = 0; i < N_ROWS(rows); i++)
        ck_assert_msg(venue_release(rows[i].release) == rows[i].new, "%s", rows[i].release);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verify_form");
    TCase *c = tcase_create("verify_form");

    tcase_add_loop_test(c, texts_have_their_form, 0, N_ROWS(texts));
    tcase_add_test(c, numbers_have_their_range);
    tcase_add_test(c, moments_are_counted);
    tcase_add_test(c, desktops_are_told);
    tcase_add_test(c, kernels_are_old_or_not);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
