/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

START_TEST(controls_are_read_back)
{
    static const struct {
        int control;
        const char *word;
    } rows[] = {{0, "succeeded"}, {NOT_OBSERVED, "not run"}, {EPERM, "EPERM"}, {EROFS, "EROFS"}};

    for (int i = 0; i < N_ROWS(rows); i++) {
        int control = 99;

        ck_assert_str_eq(control_word(rows[i].control), rows[i].word);
        ck_assert(control_number(rows[i].word, &control));
        ck_assert_int_eq(control, rows[i].control);
    }
}
END_TEST

START_TEST(no_other_word_is_one)
{
    static const char *const words[] = {"", "Succeeded", "not  run", "eperm", "E?", "1", "EPERM "};
    int control;

    for (int i = 0; i < N_ROWS(words); i++)
        ck_assert_msg(!control_number(words[i], &control), "%s", words[i]);
}
END_TEST

START_TEST(rows_of_the_matrix)
{
    int tests[TESTS_MAX];

    ck_assert_uint_eq(probe_tests(probe_row(PR_ENV_1), tests), 0);
    ck_assert_uint_eq(probe_tests(probe_row(PR_FS_ESC_2), tests), 2);
    ck_assert_int_eq(tests[0], 29);
    ck_assert_int_eq(tests[1], 33);
}
END_TEST

static void observe(struct fact *fact, const char *label)
{
    snprintf(fact->observed[fact->n++].label, sizeof fact->observed[0].label, "%s", label);
}

START_TEST(a_probe_that_left_something_out_is_told)
{
    struct fact fact = {0};

    ck_assert(!probe_observes(PR_NET_1, &fact, true, "x86_64"));
    observe(&fact, "datagram");
    ck_assert(!probe_observes(PR_NET_1, &fact, true, "x86_64"));
    observe(&fact, "stream");
    ck_assert(probe_observes(PR_NET_1, &fact, true, "x86_64"));
    ck_assert(!probe_observes(PR_SOCK_1, &fact, true, "x86_64"));
    observe(&fact, "stream");
    ck_assert(!probe_observes(PR_NET_1, &fact, true, "x86_64"));
}
END_TEST

START_TEST(the_output_is_written_in_two_ways)
{
    struct fact report = {0};
    struct fact out = {0};

    observe(&report, "report.md");
    observe(&out, "/out");
    ck_assert(probe_observes(PR_FS_OUT_OK, &report, false, "x86_64"));
    ck_assert(!probe_observes(PR_FS_OUT_OK, &report, true, "x86_64"));
    ck_assert(probe_observes(PR_FS_OUT_OK, &out, true, "x86_64"));
    ck_assert(!probe_observes(PR_FS_OUT_OK, &out, false, "x86_64"));
}
END_TEST

START_TEST(a_machine_has_its_own_conventions)
{
    struct fact two = {0};
    struct fact none = {0};

    observe(&two, "int 0x80");
    observe(&two, "x32");
    observe(&none, "no such entry");
    ck_assert(probe_observes(DX_ABI, &two, false, "x86_64"));
    ck_assert(!probe_observes(DX_ABI, &two, false, "aarch64"));
    ck_assert(probe_observes(DX_ABI, &two, false, "i686")); /* setarch(8) */
    ck_assert(!probe_observes(DX_ABI, &none, false, "x86_64"));
    ck_assert(probe_observes(DX_ABI, &none, false, "aarch64"));
    ck_assert(!probe_observes(PR_SOCK_1, &none, false, "aarch64"));
}
END_TEST

/* A probe that is judged from what it observed must have a list of that, and no other may. */
START_TEST(every_probe_has_its_row)
{
    for (int i = 0; i < N_PROBES; i++) {
        enum judge_kind kind = probe_row((enum probe)i)->judge;
        struct fact none = {0};
        bool raw = judge_raw_kind(kind) != N_RAWS && kind != JUDGE_CAPS;

        ck_assert_msg(probe_observes((enum probe)i, &none, false, "x86_64") == raw, "%s",
                      probe_row((enum probe)i)->id);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("words");
    TCase *c = tcase_create("words");

    tcase_add_test(c, controls_are_read_back);
    tcase_add_test(c, no_other_word_is_one);
    tcase_add_test(c, rows_of_the_matrix);
    tcase_add_test(c, a_probe_that_left_something_out_is_told);
    tcase_add_test(c, the_output_is_written_in_two_ways);
    tcase_add_test(c, a_machine_has_its_own_conventions);
    tcase_add_test(c, every_probe_has_its_row);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
