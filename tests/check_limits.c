/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of a process's limits, on this very process. */
#include "launch/limits.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"

#include "support.h"

static struct plan plan;
static struct sandbox sandbox = {.plan = &plan, .cgroup = {.place = -1, .box = {.fd = -1}}};
static struct launch_result result;
static struct error e;

/*
 * A host with as many processors as a kernel can be built for, on its last one: what libc asks the
 * kernel is answered as sched_setaffinity(2) says. Without it the kernel is asked.
 */
static bool many;
static struct processors host_has;
static struct processors taken;

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    memset(set, 0, size);
    if (!many)
        return syscall(SYS_sched_getaffinity, pid, size, set) < 0 ? -1 : 0;
    if (size * 8 < 8192) {
        errno = EINVAL;
        return -1;
    }
    memcpy(set, &host_has, sizeof host_has);
    return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    if (!many)
        return (int)syscall(SYS_sched_setaffinity, pid, size, set);
    memcpy(&taken, set, size < sizeof taken ? size : sizeof taken);
    return 0;
}

int sched_getcpu(void)
{
    return many ? 8191 : 0;
}

#define STACK (4UL << 20)

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
    ck_assert_int_eq(setrlimit(RLIMIT_NICE, &(struct rlimit){0, 0}), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_STACK, &(struct rlimit){STACK, STACK}), 0);
}

static void finish(void)
{
    many = false;
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
        ck_assert_int_eq(setrlimit(limits[i].resource, &limit), 0);
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

/* Three processors of 8192: the payload gets its own first, and then those from the first on. */
static const struct many_row {
    uint64_t cpus;
    int n;
    bool is[3];
} many_rows[] = {
    {1, 1, {false, false, true}},
    {2, 2, {true, false, true}},
    {3, 0, {false, false, false}}, /* as many as there are: nothing to be set */
};

static const int places[] = {3, 8190, 8191};

START_TEST(a_host_of_many_processors)
{
    const struct many_row *row = &many_rows[_i];

    memset(&host_has, 0, sizeof host_has);
    memset(&taken, 0, sizeof taken);
    for (int i = 0; i < N_ROWS(places); i++)
        CPU_SET_S(places[i], sizeof host_has, host_has.set);
    many = true;
    plan.declared.cpus = row->cpus;
    ck_assert_msg(step_affinity(&sandbox, &e), "%s", e.text);
    ck_assert_int_eq(CPU_COUNT_S(sizeof taken, taken.set), row->n);
    for (int i = 0; i < N_ROWS(places); i++)
        ck_assert_int_eq(CPU_ISSET_S(places[i], sizeof taken, taken.set) != 0, row->is[i]);
}
END_TEST

/* One of the last is one, and two are one too many. */
START_TEST(processors_beyond_are_counted)
{
    memset(&host_has, 0, sizeof host_has);
    CPU_SET_S(8191, sizeof host_has, host_has.set);
    many = true;
    set(-1, 0, 0);
    ck_assert_msg(limits_observe(&sandbox, getpid(), &result), "%s", buf_text(&result.reasons));
    ck_assert_uint_eq(find("cpus")->value, 1);
    CPU_SET_S(8190, sizeof host_has, host_has.set);
    ck_assert(!limits_observe(&sandbox, getpid(), &result));
    ck_assert_str_eq(buf_text(&result.reasons), "the limit cpus is not in force\n");
}
END_TEST

/* Its hard limit counts: the soft one is the payload's to raise. */
START_TEST(a_stack_with_more_than_all_memory)
{
    set(-1, 0, 0);
    plan.declared.memory = STACK - 1;
    ck_assert_int_eq(setrlimit(RLIMIT_STACK, &(struct rlimit){STACK / 2, STACK}), 0);
    ck_assert(!limits_observe(&sandbox, getpid(), &result));
    ck_assert_ptr_nonnull(
        strstr(buf_text(&result.reasons), "the limit on the stack is not in force\n"));
}
END_TEST

/* A process that is not there holds nothing. */
START_TEST(nobody_holds_nothing)
{
    ck_assert(!limits_observe(&sandbox, 0x7fffffff, &result));
    ck_assert_str_eq(buf_text(&result.reasons), "the payload is not kept from higher priorities\n"
                                                "the limit on the stack is not in force\n"
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
    tcase_add_loop_test(c, a_host_of_many_processors, 0, N_ROWS(many_rows));
    tcase_add_test(c, processors_beyond_are_counted);
    tcase_add_test(c, a_stack_with_more_than_all_memory);
    tcase_add_test(c, nobody_holds_nothing);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
