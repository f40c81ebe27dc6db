/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>

#include "launch/wipe.h"
#include "record/result.h"
#include "support.h"

/* cli.md: the payload's own; 128+n when signal n ended it. */
static const struct status {
    enum ending ending;
    int number;
    int status;
    enum time_limit limit;
} statuses[] = {
    {ENDING_EXITED, 0, 0, TIME_KEPT},
    {ENDING_EXITED, 3, 3, TIME_KEPT},
    {ENDING_EXITED, 125, 125, TIME_KEPT},
    {ENDING_EXITED, 255, 255, TIME_KEPT},
    {ENDING_SIGNALLED, 1, 129, TIME_KEPT},
    {ENDING_SIGNALLED, 9, 137, TIME_KEPT},
    {ENDING_SIGNALLED, 31, 159, TIME_KEPT},
    {ENDING_SIGNALLED, 64, 192, TIME_KEPT},
    /* timeout(1): 124, and 137 where SIGKILL was needed. */
    {ENDING_EXITED, 0, 124, TIME_TERMINATED},
    {ENDING_SIGNALLED, 15, 124, TIME_TERMINATED},
    {ENDING_SIGNALLED, 9, 124, TIME_TERMINATED},
    {ENDING_SIGNALLED, 9, 137, TIME_KILLED},
};

START_TEST(an_ending_has_a_status)
{
    struct launch_result r = {.ending = statuses[_i].ending,
                              .number = statuses[_i].number,
                              .time_limit = statuses[_i].limit};

    ck_assert_int_eq(launch_exit_status(&r), statuses[_i].status);
}
END_TEST

/* Which limit ended it: what the kernel has counted, and what else is known. */
static const struct ended_by {
    enum ending ending;
    int number;
    int64_t oom_kills;
    bool fsize;
    const char *limit;
} ended_by[] = {
    {ENDING_SIGNALLED, SIGKILL, 1, false, "memory"}, {ENDING_SIGNALLED, SIGKILL, 7, true, "memory"},
    {ENDING_SIGNALLED, SIGKILL, 0, false, NULL},     {ENDING_SIGNALLED, SIGKILL, -1, false, NULL},
    {ENDING_SIGNALLED, SIGTERM, 1, false, NULL},     {ENDING_EXITED, 137, 1, false, NULL},
    {ENDING_EXITED, SIGKILL, 1, false, NULL},        {ENDING_NOT_STARTED, SIGKILL, 1, false, NULL},
    {ENDING_SIGNALLED, SIGXFSZ, -1, true, "fsize"},  {ENDING_SIGNALLED, SIGXFSZ, 1, true, "fsize"},
    {ENDING_SIGNALLED, SIGXFSZ, -1, false, NULL},    {ENDING_EXITED, SIGXFSZ, -1, true, NULL},
    {ENDING_SIGNALLED, SIGKILL, -1, true, NULL},
};

START_TEST(a_limit_ends_it)
{
    struct launch_result r = {
        .ending = ended_by[_i].ending,
        .number = ended_by[_i].number,
        .events = {ended_by[_i].oom_kills, 0},
        .limits = {{"pids", 1, "rlimit", ""}, {"fsize", 1, "rlimit", ""}},
        .n_limits = ended_by[_i].fsize ? 2 : 1,
    };

    ck_assert_pstr_eq(launch_limit(&r), ended_by[_i].limit);
}
END_TEST

/* The names of the links in /proc/PID/ns. */
START_TEST(namespaces_have_names)
{
    static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

    ck_assert_int_eq(N_NS, N_ROWS(names));
    for (int ns = 0; ns < N_NS; ns++)
        ck_assert_str_eq(ns_name((enum ns)ns), names[ns]);
}
END_TEST

/* The strings of a process lie one after the other; two here, then two of the environment. */
START_TEST(the_caller_is_forgotten)
{
    char stack[] = "prog\0--secret=x\0HOME=/home/me\0TOKEN=abc\0after";
    char elsewhere[] = "OTHER=1";
    char *argv[] = {stack, stack + 5, NULL};
    char *environment[] = {stack + 16, stack + 30, elsewhere, NULL};
    static const char zeros[40];

    wipe_note(argv, environment);
    ck_assert_str_eq(stack + 16, "HOME=/home/me"); /* noted, not yet wiped */
    wipe_caller();
    ck_assert_mem_eq(stack, zeros, 40);
    ck_assert_str_eq(stack + 40, "after");
    ck_assert_str_eq(elsewhere, "OTHER=1"); /* what was moved is not where the kernel looks */
}
END_TEST

START_TEST(nothing_noted_is_nothing_wiped)
{
    char *none[] = {NULL};

    wipe_note(none, none);
    wipe_caller();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("result");
    TCase *c = tcase_create("result");

    tcase_add_loop_test(c, an_ending_has_a_status, 0, N_ROWS(statuses));
    tcase_add_loop_test(c, a_limit_ends_it, 0, N_ROWS(ended_by));
    tcase_add_test(c, namespaces_have_names);
    tcase_add_test(c, the_caller_is_forgotten);
    tcase_add_test(c, nothing_noted_is_nothing_wiped);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
