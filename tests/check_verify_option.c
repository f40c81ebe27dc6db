/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/option.h"

#include <string.h>

#include "support.h"

#define WORDS_MAX 12

static struct policy policy;
static struct error e;

static bool parse(const char *const words[WORDS_MAX])
{
    int n = 0;

    while (n < WORDS_MAX && words[n] != NULL)
        n++;
    memset(&policy, 0, sizeof policy);
    return verify_options(&policy, n, (char **)words, &e);
}

START_TEST(values_are_read)
{
    const char *words[WORDS_MAX] = {"--nonce",   "12345678", "--max-age=90m", "--venue", "A",
                                    "--venue=B", "--base",   "--json",        "--",      "--file",
                                    "two"};

    ck_assert(parse(words));
    ck_assert_str_eq(policy.nonce, "12345678");
    ck_assert_uint_eq(policy.max_age, 5400);
    ck_assert_uint_eq(policy.venues.n, 2);
    ck_assert_str_eq(policy.venues.word[0], "A");
    ck_assert_str_eq(policy.venues.word[1], "B");
    ck_assert(policy.base && policy.json && !policy.quiet);
    ck_assert_int_eq(policy.n_files, 2);
    ck_assert_str_eq(policy.files[0], "--file");
}
END_TEST

START_TEST(options_come_before_the_files)
{
    const char *words[WORDS_MAX] = {"--quiet", "one", "two", "--json"};

    ck_assert(!parse(words));
    ck_assert_str_eq(e.text, "cannot use '--json' here: options come before the bundles");
    ck_assert_str_eq(e.hint, "denybox verify [OPTIONS] bundles; a name that begins with a dash is "
                             "written ./-NAME");
    words[1] = "--";
    ck_assert(parse(words));
    ck_assert_int_eq(policy.n_files, 2);
    ck_assert_str_eq(policy.files[1], "--json");
}
END_TEST

START_TEST(durations)
{
    static const struct {
        const char *text;
        uint64_t seconds; /* 0: refused */
    } rows[] = {{"1", 1},
                {"1s", 1},
                {"2m", 120},
                {"3h", 10800},
                {"4d", 345600},
                {"36525d", 3155760000},
                {"36526d", 0},
                {"0", 0},
                {"0d", 0},
                {"", 0},
                {"s", 0},
                {"-1s", 0},
                {"1 s", 0},
                {"1w", 0},
                {"1D", 0},
                {"1.5h", 0},
                {"1ss", 0},
                {"1e3", 0},
                {"99999999999999999999999", 0}};

    for (int i = 0; i < N_ROWS(rows); i++) {
        const char *words[WORDS_MAX] = {"--max-age", rows[i].text, "file"};

        ck_assert_msg(parse(words) == (rows[i].seconds != 0), "%s", rows[i].text);
        if (rows[i].seconds != 0)
            ck_assert_uint_eq(policy.max_age, rows[i].seconds);
    }
}
END_TEST

static const char *const bad[][WORDS_MAX] = {
    {NULL},
    {"--json"},
    {"--nothing", "f"},
    {"--", NULL},
    {"-j", "f"},
    {"--json", "--json", "f"},
    {"--json=1", "f"},
    {"--nonce", "12345678", "--nonce", "12345678", "f"},
    {"--nonce", "1234567", "f"},
    {"--nonce", "1234567\n", "f"},
    {"--nonce"},
    {"--matrix", "", "f"},
    {"--venue", "", "f"},
    {"--venue", "\x1b[31m", "f"},
    {"--venue", "123456789012345678901234567890123", "f"},
};

START_TEST(bad_words_are_refused)
{
    ck_assert(!parse(bad[_i]));
    for (const char *c = e.text; *c != '\0'; c++)
        ck_assert(*c >= 0x20 && *c < 0x7f);
}
END_TEST

START_TEST(there_is_a_bound_on_many)
{
    const char *words[2 * VALUES_MAX + 4];

    for (int i = 0; i <= VALUES_MAX; i++) {
        words[2 * i] = "--venue";
        words[2 * i + 1] = "A";
    }
    words[2 * VALUES_MAX + 2] = "f";
    memset(&policy, 0, sizeof policy);
    ck_assert(!verify_options(&policy, 2 * VALUES_MAX + 3, (char **)words, &e));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verify_option");
    TCase *c = tcase_create("verify_option");

    tcase_add_test(c, values_are_read);
    tcase_add_test(c, options_come_before_the_files);
    tcase_add_test(c, durations);
    tcase_add_loop_test(c, bad_words_are_refused, 0, N_ROWS(bad));
    tcase_add_test(c, there_is_a_bound_on_many);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
