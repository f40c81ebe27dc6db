/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of a process's limits, on this very process. */
#include "launch/limits.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support.h"

static struct plan plan;
static struct sandbox sandbox = {.plan = &plan, .cgroup = {.place = -1, .box = {.fd = -1}}};
static struct launch_result result;
static struct error e;

static void start(void)
{
    cpu_set_t all;
    cpu_set_t one;

    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0}), 0);
}

static void finish(void)
{
    plan_free(&plan);
    launch_result_free(&result);
}

/* The limits of the defaults, and what the kernel must be told: one process more, for init; a core
 * of 1, because 0 is ignored where core_pattern is a pipe. */
static const struct limit {
    const char *name;
    int resource;
    rlim_t kernel;
    uint64_t value;
} limits[] = {
    {"pids", RLIMIT_NPROC, 65, 64},
    {"memory", RLIMIT_DATA, 268435456, 268435456},
    {"core", RLIMIT_CORE, 1, 1},
    {"nofile", RLIMIT_NOFILE, 1024, 1024},
};

/* Sets all of them; that of row `wrong` to something else. */
static void set(int wrong, rlim_t soft, rlim_t hard)
{
    for (int i = 0; i < N_ROWS(limits); i++) {
        struct rlimit limit = {limits[i].kernel, limits[i].kernel};

        if (i == wrong)
            limit = (struct rlimit){limits[i].kernel + soft, limits[i].kernel + hard};
        ck_assert_int_eq(setrlimit((__rlimit_resource_t)limits[i].resource, &limit), 0);
    }
}

static const struct limit_row *find(const char *name)
{
    for (int i = 0; i < result.n_limits; i++) {
        if (strcmp(result.limits[i].name, name) == 0)
            return &result.limits[i];
    }
    return NULL;
}

START_TEST(limits_in_force_are_noted)
{
    set(-1, 0, 0);
    ck_assert_msg(limits_observe(&sandbox, getpid(), &result), "%s", buf_text(&result.reasons));
    ck_assert_uint_eq(result.reasons.length, 0);
    for (int i = 0; i < N_ROWS(limits); i++) {
        const struct limit_row *row = find(limits[i].name);

        ck_assert_ptr_nonnull(row);
        ck_assert_uint_eq(row->value, limits[i].value);
        ck_assert_str_eq(row->held_by, "rlimit");
    }
    ck_assert_uint_eq(find("cpus")->value, 1);
    ck_assert_str_eq(find("cpus")->held_by, "affinity");
    ck_assert_ptr_null(find("fsize")); /* not asked for: not claimed */
    ck_assert_int_eq(result.n_limits, 5);
}
END_TEST

/* Soft or hard one off: not in force, said so, and not claimed. */
START_TEST(a_limit_that_is_off_is_missing)
{
    const struct limit *l = &limits[_i % N_ROWS(limits)];
    bool hard_only = _i >= N_ROWS(limits);
    /* Of core, 0 holds as well as 1. */
    rlim_t off = l->resource == RLIMIT_CORE ? 1 : (rlim_t)-1;
    char text[64];

    set(_i % N_ROWS(limits), hard_only ? 0 : off, hard_only ? 1 : off);
    ck_assert(!limits_observe(&sandbox, getpid(), &result));
    snprintf(text, sizeof text, "the limit %s is not in force\n", l->name);
    ck_assert_str_eq(buf_text(&result.reasons), text);
    ck_assert_ptr_null(find(l->name));
    ck_assert_int_eq(result.n_limits, 4);
}
END_TEST

START_TEST(a_limit_that_is_asked_for_is_noted)
{
    struct rlimit limit = {8192, 8192};

    plan.declared.fsize = 8192;
    set(-1, 0, 0);
    ck_assert(!limits_observe(&sandbox, getpid(), &result));
    ck_assert_str_eq(buf_text(&result.reasons), "the limit fsize is not in force\n");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    result.n_limits = 0;
    ck_assert(limits_observe(&sandbox, getpid(), &result));
    ck_assert_uint_eq(find("fsize")->value, 8192);
}
END_TEST

START_TEST(more_processors_than_asked_for)
{
    plan.declared.cpus = 0; /* no option gives that: here it stands for fewer than there are */
    set(-1, 0, 0);
    ck_assert(!limits_observe(&sandbox, getpid(), &result));
    ck_assert_str_eq(buf_text(&result.reasons), "the limit cpus is not in force\n");
    ck_assert_ptr_null(find("cpus"));
}
END_TEST

/* A process that is not there holds nothing. */
START_TEST(nobody_holds_nothing)
{
    ck_assert(!limits_observe(&sandbox, 0x7fffffff, &result));
    ck_assert_str_eq(buf_text(&result.reasons), "the payload is not kept from real time\n"
                                                "the limit pids is not in force\n"
                                                "the limit memory is not in force\n"
                                                "the limit core is not in force\n"
                                                "the limit nofile is not in force\n"
                                                "the limit cpus is not in force\n");
    ck_assert_int_eq(result.n_limits, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("limits");
    TCase *c = tcase_create("limits");

    tcase_add_checked_fixture(c, start, finish);
    tcase_add_test(c, limits_in_force_are_noted);
    tcase_add_loop_test(c, a_limit_that_is_off_is_missing, 0, 2 * N_ROWS(limits));
    tcase_add_test(c, a_limit_that_is_asked_for_is_noted);
    tcase_add_test(c, more_processors_than_asked_for);
    tcase_add_test(c, nobody_holds_nothing);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
