/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the bench makes of its measurements: statistics, aims, and both of its reports. */
#include "bench/aim.h"
#include "bench/report.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "json/json.h"

#define CLOSE 1e-9

START_TEST(quantiles)
{
    double values[] = {40, 10, 30, 20, 50};
    double even[] = {4, 1, 3, 2};
    double one[] = {7};

    ck_assert_double_eq_tol(stats_quantile(values, 5, 0.5), 30, CLOSE);
    ck_assert_double_eq_tol(stats_quantile(values, 5, 0), 10, CLOSE);
    ck_assert_double_eq_tol(stats_quantile(values, 5, 1), 50, CLOSE);
    /* Between two of them it is as far as the share says: 0.1 of the way of four steps. */
    ck_assert_double_eq_tol(stats_quantile(values, 5, 0.1), 14, CLOSE);
    ck_assert_double_eq_tol(stats_quantile(even, 4, 0.5), 2.5, CLOSE);
    ck_assert_double_eq_tol(stats_quantile(one, 1, 0.9), 7, CLOSE);
}
END_TEST

START_TEST(a_spread_is_in_order)
{
    double values[11];

    for (int i = 0; i < 11; i++)
        values[i] = 10 * (double)((i * 7) % 11); /* 0 to 100, shuffled */
    struct spread spread = stats_spread(values, 11);
    ck_assert_double_eq_tol(spread.p10, 10, CLOSE);
    ck_assert_double_eq_tol(spread.median, 50, CLOSE);
    ck_assert_double_eq_tol(spread.p90, 90, CLOSE);
}
END_TEST

/* A machine that is slower in one round than in the other: what the two of a pair have in common is
 * not in their difference. */
START_TEST(differences_are_those_of_pairs)
{
    const double from[] = {100, 900, 500, 300, 700};
    const double values[] = {101, 901, 501, 301, 701};
    const double mixed[] = {90, 910, 530, 300, 699};
    struct spread spread = stats_differences(values, from, 5);

    ck_assert_double_eq_tol(spread.median, 1, CLOSE);
    ck_assert_double_eq_tol(spread.p10, 1, CLOSE);
    ck_assert_double_eq_tol(spread.p90, 1, CLOSE);
    /* -10, 10, 30, 0, -1: not the difference of the medians, which is 30. */
    ck_assert_double_eq_tol(stats_differences(mixed, from, 5).median, 0, CLOSE);
    /* Neither list was sorted, or a second call would pair others. */
    ck_assert_double_eq_tol(stats_differences(mixed, from, 5).median, 0, CLOSE);
}
END_TEST

START_TEST(ratios_of_nothing)
{
    ck_assert_double_eq_tol(stats_ratio(3, 4), 0.75, CLOSE);
    ck_assert(isnan(stats_ratio(NAN, 4)));
    ck_assert(isnan(stats_ratio(3, NAN)));
    ck_assert(isnan(stats_ratio(3, 0)));
}
END_TEST

/* ---- aims ---- */

START_TEST(bounds)
{
    const struct aim at_most = {.bound = AT_MOST, .value = 0.55};
    const struct aim less_than = {.bound = LESS_THAN, .value = 1};
    const struct aim at_least = {.bound = AT_LEAST, .value = 1.8};

    ck_assert(aim_met(&at_most, 0.55) && !aim_met(&at_most, 0.56));
    ck_assert(aim_met(&less_than, 0.99) && !aim_met(&less_than, 1));
    ck_assert(aim_met(&at_least, 1.8) && !aim_met(&at_least, 1.79));
    ck_assert(!aim_met(&at_most, NAN) && !aim_met(&less_than, NAN) && !aim_met(&at_least, NAN));
}
END_TEST

static double measured(const struct results *results, const char *id)
{
    for (int i = 0; i < n_aims; i++)
        if (strcmp(aims[i].id, id) == 0)
            return aims[i].measured(results);
    ck_abort_msg("no aim %s", id);
    return NAN;
}

/* Every contestant was measured, and none as another. */
static void measure(struct results *results)
{
    result_init(results, 300, 5);
    for (int i = 0; i < CONTESTANTS; i++) {
        struct figures *one = &results->of[i];

        one->us = (struct spread){1000 * (i + 1), 900 * (i + 1), 1100 * (i + 1)};
        one->cost = (struct spread){-100 * (i + 1), -200 * (i + 1), 300 * (i + 1)};
        one->peak_kib = 500 + i;
        one->getppid_ns = 100 + i;
        for (int level = 0; level < LEVELS; level++)
            one->rate[level] = 1000 * (level + 1) + 10 * i;
    }
    for (int level = 0; level < MOUNT_LEVELS; level++)
        for (int i = 0; i < MOUNT_LAUNCHERS; i++) {
            double us = 100 * (level + 1) + 10 * i;
            results->mounts[level][i] = (struct spread){us, us - 1, us + 1};
        }
    results->batch = (struct batch_figures){2, 900, 600, 1.5};
}

START_TEST(aims_take_the_right_figures)
{
    struct results results;

    measure(&results);
    ck_assert_double_eq_tol(measured(&results, "start-to-bubblewrap"), 3.0 / 4, CLOSE);
    ck_assert_double_eq_tol(measured(&results, "start-to-floor"), 3.0 / 2, CLOSE);
    ck_assert_double_eq_tol(measured(&results, "rate-to-bubblewrap"), 3020.0 / 3030, CLOSE);
    ck_assert_double_eq_tol(measured(&results, "peak-to-bubblewrap"), 502.0 / 503, CLOSE);
    ck_assert_double_eq_tol(measured(&results, "call-to-none"), 102.0 / 100, CLOSE);
    ck_assert_double_eq_tol(measured(&results, "gate"), -0.1 * (TEST_BUILD + 1), CLOSE);
    ck_assert_double_eq_tol(measured(&results, "evidence"), -0.1 * (BIG_EVIDENCE + 1), CLOSE);
    ck_assert_double_eq_tol(measured(&results, "batch"), 1.5, CLOSE);
}
END_TEST

START_TEST(nothing_measured_meets_no_aim)
{
    struct results results;

    result_init(&results, 1, 1);
    for (int i = 0; i < n_aims; i++) {
        ck_assert_msg(isnan(aims[i].measured(&results)), "%s", aims[i].id);
        ck_assert(!aim_met(&aims[i], aims[i].measured(&results)));
    }
}
END_TEST

/* ---- contestants, whose words live as long as the program: static, so that none is lost ---- */

static void find(struct contestant *list)
{
    struct places places = {.tools = "/t", .work = "/w", .denybox = "/d", .faulty = "/f"};

    contestants_find(list, &places);
}

START_TEST(rows_are_complete)
{
    static struct contestant list[CONTESTANTS];

    find(list);
    for (int i = 0; i < CONTESTANTS; i++) {
        ck_assert_ptr_nonnull(list[i].name);
        ck_assert_msg((list[i].base == NOBODY) == (list[i].cost == NULL), "%s", list[i].name);
        ck_assert_msg(list[i].base != i && list[i].base < CONTESTANTS, "%s", list[i].name);
        for (int arg = 0; !list[i].absent && list[i].start.argv[arg]; arg++)
            ck_assert_msg(!strchr(list[i].start.argv[arg], '{'), "%s", list[i].start.argv[arg]);
    }
    ck_assert_str_eq(list[DENYBOX].start.argv[0], "/d");
    ck_assert_str_eq(list[DENYBOX].start.argv[3], "/w/in");
    ck_assert_str_eq(list[TEST_BUILD].start.argv[0], "/f");
    ck_assert_str_eq(list[UNPROVED].start.variable, "DENYBOX_FAULT=skip:proof");
    ck_assert_int_eq(list[TEST_BUILD].base, UNPROVED);
    ck_assert_int_eq(list[BIG_EVIDENCE].base, BIG);
    ck_assert_str_eq(list[EVIDENCE].start.leaves, "/w/home/bundle.json");
    ck_assert_str_eq(list[FLOOR].with_peak.argv[0], "/t/peak");
    ck_assert_str_eq(list[FLOOR].with_peak.argv[1], "/t/floor");
    ck_assert_ptr_null(list[FLOOR].with_peak.argv[5]);
}
END_TEST

START_TEST(what_is_not_given_is_skipped)
{
    static struct contestant list[CONTESTANTS];
    struct places places = {.tools = "/t", .work = "/w"};

    setenv("PATH", "/nowhere", 1);
    contestants_find(list, &places);
    ck_assert_str_eq(list[DENYBOX].absent, "not given (--denybox PATH)");
    ck_assert_str_eq(list[TEST_BUILD].absent, "not given (--faulty PATH)");
    ck_assert_str_eq(list[RUNC].absent, "not installed");
    ck_assert_ptr_null(list[FLOOR].absent);
}
END_TEST

START_TEST(texts_become_plain)
{
    char text[] = "a \"b\" \\ \x1b[1m \xc3\xa4~";

    contestants_plain(text);
    ck_assert_str_eq(text, "a ?b? ? ?[1m ??~");
}
END_TEST

/* ---- reports ---- */

static json_t *json_of(const struct contestant *list, const struct results *results,
                       const char *lines)
{
    FILE *machine = lines ? fmemopen((void *)(uintptr_t)lines, strlen(lines), "r") : NULL;
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    struct error e = {0};
    json_t *document;

    ck_assert_ptr_nonnull(to);
    report_json(to, list, results, machine);
    if (machine)
        fclose(machine);
    ck_assert_int_eq(fclose(to), 0);
    document = json_parse(text, length, &e);
    ck_assert_msg(document != NULL, "%s: %s", e.text, text);
    free(text);
    return document;
}

static double real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    ck_assert_msg(json_is_real(value), "%s", key);
    return json_real_value(value);
}

START_TEST(json_has_every_figure)
{
    static struct contestant list[CONTESTANTS];
    struct results results;
    json_t *document;
    const json_t *one;

    find(list);
    for (int i = 0; i < CONTESTANTS; i++)
        list[i].absent = NULL;
    measure(&results);
    document = json_of(list, &results, "kernel     Linux 6.18\nbwrap      a \"\\\x1b b\nempty\n\n");
    one = json_object_get(document, "machine");
    ck_assert_uint_eq(json_object_size(one), 2);
    ck_assert_str_eq(json_string_value(json_object_get(one, "kernel")), "Linux 6.18");
    ck_assert_str_eq(json_string_value(json_object_get(one, "bwrap")), "a ??? b");
    ck_assert_str_eq(json_string_value(json_object_get(document, "schema")), "denybox-bench-2");
    ck_assert_uint_eq(json_array_size(json_object_get(document, "contestants")), CONTESTANTS);
    ck_assert_uint_eq(json_array_size(json_object_get(document, "aims")), (size_t)n_aims);
    one = json_array_get(json_object_get(document, "contestants"), DENYBOX);
    ck_assert_str_eq(json_string_value(json_object_get(one, "name")), "denybox run");
    ck_assert_double_eq_tol(real(json_object_get(one, "us"), "median"), 3000, CLOSE);
    ck_assert_double_eq_tol(real(json_object_get(one, "us"), "p90"), 3300, CLOSE);
    ck_assert_double_eq_tol(real(one, "to_bubblewrap"), 0.75, CLOSE);
    ck_assert_double_eq_tol(real(json_object_get(one, "starts_per_second"), "64"), 4020, CLOSE);
    ck_assert_double_eq_tol(real(one, "getppid_ns"), 102, CLOSE);
    one = json_array_get(json_object_get(document, "contestants"), BIG_EVIDENCE);
    ck_assert_str_eq(json_string_value(json_object_get(one, "base")), "6 MB");
    /* A cost below zero is one, and not what was not measured. */
    ck_assert_double_eq_tol(real(json_object_get(one, "cost_us"), "median"),
                            -100 * (BIG_EVIDENCE + 1), CLOSE);
    /* denybox beside 1000 mounts more: the second of the third. */
    one = json_array_get(json_object_get(document, "beside_mounts"), 7);
    ck_assert_str_eq(json_string_value(json_object_get(one, "name")), "denybox run");
    ck_assert_int_eq(json_integer_value(json_object_get(one, "mounts")), 1000);
    ck_assert_double_eq_tol(real(json_object_get(one, "us"), "median"), 310, CLOSE);
    ck_assert_double_eq_tol(real(one, "to_bubblewrap"), 310.0 / 320, 1e-3);
    one = json_object_get(document, "batch");
    ck_assert_int_eq(json_integer_value(json_object_get(one, "jobs")), 2);
    ck_assert_double_eq_tol(real(one, "batch_starts_per_second"), 900, CLOSE);
    ck_assert_double_eq_tol(real(one, "ratio"), 1.5, CLOSE);
    json_decref(document);
}
END_TEST

START_TEST(json_of_nothing)
{
    static struct contestant list[CONTESTANTS];
    struct results results;
    json_t *document;
    const json_t *one;

    find(list);
    list[BUBBLEWRAP].absent = "not installed";
    result_init(&results, 1, 1);
    document = json_of(list, &results, NULL);
    ck_assert_uint_eq(json_object_size(json_object_get(document, "machine")), 0);
    one = json_array_get(json_object_get(document, "contestants"), BUBBLEWRAP);
    ck_assert_str_eq(json_string_value(json_object_get(one, "skipped")), "not installed");
    one = json_array_get(json_object_get(document, "contestants"), DENYBOX);
    ck_assert(json_is_null(json_object_get(json_object_get(one, "us"), "median")));
    one = json_array_get(json_object_get(document, "aims"), 0);
    ck_assert(json_is_null(json_object_get(one, "measured")));
    ck_assert(json_is_null(json_object_get(one, "met")));
    json_decref(document);
}
END_TEST

START_TEST(tables_say_what_was_not_measured)
{
    static struct contestant list[CONTESTANTS];
    struct results results;
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);

    ck_assert_ptr_nonnull(to);
    find(list);
    list[RUNC].absent = "not installed";
    measure(&results);
    results.of[TEST_BUILD].cost = stats_none;
    report_tables(to, list, &results);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_ptr_nonnull(strstr(text, "skipped: not installed"));
    ck_assert_ptr_nonnull(strstr(text, "not measured"));
    ck_assert_ptr_nonnull(strstr(text, "  met\n"));
    ck_assert_ptr_nonnull(strstr(text, "not met"));
    ck_assert_ptr_null(strstr(text, "nan "));
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bench");
    TCase *t = tcase_create("bench");

    tcase_add_test(t, quantiles);
    tcase_add_test(t, a_spread_is_in_order);
    tcase_add_test(t, differences_are_those_of_pairs);
    tcase_add_test(t, ratios_of_nothing);
    tcase_add_test(t, bounds);
    tcase_add_test(t, aims_take_the_right_figures);
    tcase_add_test(t, nothing_measured_meets_no_aim);
    tcase_add_test(t, rows_are_complete);
    tcase_add_test(t, what_is_not_given_is_skipped);
    tcase_add_test(t, texts_become_plain);
    tcase_add_test(t, json_has_every_figure);
    tcase_add_test(t, json_of_nothing);
    tcase_add_test(t, tables_say_what_was_not_measured);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return support_run(suite());
}
