/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"
#include "support.h"

static const struct row {
    int number;
    const char *name;
} rows[] = {
    {1, "HUP"},   {2, "INT"},     {3, "QUIT"},  {9, "KILL"},  {11, "SEGV"},
    {15, "TERM"}, {16, "STKFLT"}, {17, "CHLD"}, {29, "POLL"}, {31, "SYS"},
};

START_TEST(numbers_have_names)
{
    ck_assert_str_eq(signal_name(rows[_i].number), rows[_i].name);
}
END_TEST

START_TEST(others_have_none)
{
    static const int none[] = {-2147483647, -1, 0, 32, 33, 34, 64, 65, 2147483647};

    for (int i = 0; i < N_ROWS(none); i++)
        ck_assert_ptr_null(signal_name(none[i]));
}
END_TEST

/* glibc's own are the oracle, where there is glibc. */
START_TEST(no_number_is_left_out)
{
#ifdef __GLIBC__
    for (int number = -1; number < 128; number++) {
        const char *name = sigabbrev_np(number);
        const char *ours = signal_name(number);

        ck_assert_int_eq(ours == NULL, name == NULL);
        if (name != NULL)
            ck_assert_str_eq(ours, name);
    }
#endif
}
END_TEST

START_TEST(what_is_ignored_is_not_waited_for)
{
    sigset_t set;

    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    ck_assert(signal_is_ignored(SIGHUP));
    ck_assert(!signal_is_ignored(SIGTERM));
    signals_to_end(&set);
    ck_assert(!sigismember(&set, SIGHUP));
    ck_assert(sigismember(&set, SIGTERM));
    ck_assert(!sigismember(&set, SIGUSR1));
}
END_TEST

/* Whether it was ignored or blocked. */
START_TEST(an_end_by_a_signal_is_seen_as_one)
{
    sigset_t set;
    int status;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGINT, SIG_IGN);
        sigfillset(&set);
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal_end_by(SIGINT);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("signals");
    TCase *c = tcase_create("signals");

    tcase_add_loop_test(c, numbers_have_names, 0, N_ROWS(rows));
    tcase_add_test(c, others_have_none);
    tcase_add_test(c, no_number_is_left_out);
    tcase_add_test(c, what_is_ignored_is_not_waited_for);
    tcase_add_test(c, an_end_by_a_signal_is_seen_as_one);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
