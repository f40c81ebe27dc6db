/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "batch/inputs.h"
#include "batch/pool.h"
#include "batch/progress.h"
#include "batch/results.h"
#include "support.h"

static struct error e;

/* ---------------------------------------------------------------- place */

static void open_place(struct results *p)
{
    ck_assert_msg(results_open(p, support_path("results"), &e), "%s", e.text);
}

static void begin(const struct results *p, const char *name)
{
    int fd = results_begin(p, name, &e);

    ck_assert_msg(fd >= 0, "%s", e.text);
    close(fd);
}

START_TEST(a_result_has_its_name_when_it_is_whole)
{
    struct results p;

    support_mkdir("results");
    open_place(&p);
    begin(&p, "a");
    ck_assert_int_eq(results_has(&p, "a"), 0);
    ck_assert_str_eq(support_list("results"), ".denybox-batch ");
    ck_assert_str_eq(support_list("results/.denybox-batch/a"), "out ");
    support_write("results/.denybox-batch/a/bundle.json", 0644, BYTES("{}"));
    ck_assert_msg(results_publish(&p, "a", &e), "%s", e.text);
    ck_assert_int_eq(results_has(&p, "a"), 1);
    results_close(&p);
    ck_assert_str_eq(support_list("results"), "a ");
}
END_TEST

START_TEST(nothing_is_replaced)
{
    struct results p;

    support_mkdir("results");
    support_mkdir("results/a");
    open_place(&p);
    begin(&p, "a");
    ck_assert(!results_publish(&p, "a", &e));
    ck_assert_ptr_nonnull(strstr(e.text, "cannot make the result"));
    ck_assert_str_eq(support_list("results/a"), "");
    ck_assert(results_drop(&p, "a"));
    ck_assert(results_drop(&p, "a"));
    results_close(&p);
    ck_assert_str_eq(support_list("results"), "a ");
}
END_TEST

START_TEST(what_is_no_result_is_seen)
{
    struct results p;

    support_mkdir("results");
    support_mkdir("results/empty");
    support_write("results/file", 0644, BYTES(""));
    support_link("empty", "results/link");
    support_mkdir("results/odd");
    support_mkdir("results/odd/bundle.json");
    support_mkdir("results/hollow");
    support_write("results/hollow/bundle.json", 0644, BYTES(""));
    support_mkdir("results/linked");
    support_link("../file", "results/linked/bundle.json");
    open_place(&p);
    ck_assert_int_eq(results_has(&p, "none"), 0);
    ck_assert_int_eq(results_has(&p, "empty"), -1);
    ck_assert_int_eq(results_has(&p, "file"), -1);
    ck_assert_int_eq(results_has(&p, "link"), -1);
    ck_assert_int_eq(results_has(&p, "odd"), -1);
    ck_assert_int_eq(results_has(&p, "linked"), -1);
    ck_assert_int_eq(results_has(&p, "hollow"), -1);
    results_close(&p);
}
END_TEST

START_TEST(what_a_dead_batch_left_is_removed)
{
    struct results p;
    struct results next;

    support_mkdir("results");
    open_place(&p);
    begin(&p, "a");
    begin(&p, "b");
    support_write("results/.denybox-batch/a/out/file", 0400, BYTES("x"));
    close(p.work);
    close(p.dir);
    open_place(&next);
    ck_assert_str_eq(support_list("results/.denybox-batch"), "");
    results_close(&next);
}
END_TEST

START_TEST(a_living_batch_is_left_alone)
{
    struct results p;
    struct results other;

    support_mkdir("results");
    open_place(&p);
    begin(&p, "a");
    ck_assert(!results_open(&other, support_path("results"), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "another batch is at work there"));
    results_close(&other);
    ck_assert_str_eq(support_list("results/.denybox-batch"), "a ");
    results_close(&p);
}
END_TEST

START_TEST(the_directory_has_to_be_ones_own)
{
    struct results p;

    ck_assert(!results_open(&p, support_path("results"), &e));
    ck_assert_ptr_nonnull(strstr(e.hint, "mkdir"));
    results_close(&p);
    support_mkdir("results");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(chmod(support_path("results"), i == 0 ? 0757 : 0775), 0);
        ck_assert(!results_open(&p, support_path("results"), &e));
        ck_assert_ptr_nonnull(strstr(e.text, "others may write to it"));
        results_close(&p);
    }
    ck_assert_str_eq(support_list("results"), "");
}
END_TEST

/* Neither the work's directory nor a result may be a link to elsewhere. */
START_TEST(no_link_is_followed)
{
    struct results p;

    support_mkdir("results");
    support_mkdir("elsewhere");
    support_write("elsewhere/precious", 0644, BYTES("x"));
    support_link("../elsewhere", "results/.denybox-batch");
    ck_assert(!results_open(&p, support_path("results"), &e));
    results_close(&p);
    ck_assert_str_eq(support_list("elsewhere"), "precious ");
}
END_TEST

/* ---------------------------------------------------------------- inputs */

static bool list(struct inputs *in, struct results *p)
{
    open_place(p);
    return inputs_list(in, support_path("inputs"), p, &e);
}

START_TEST(inputs_are_the_directories)
{
    struct inputs in;
    struct results p;

    support_mkdir("results");
    support_mkdir("inputs");
    support_mkdir("inputs/b");
    support_mkdir("inputs/a");
    support_mkdir("inputs/c");
    support_write("inputs/.hidden", 0644, BYTES(""));
    support_mkdir("results/b");
    support_write("results/b/bundle.json", 0644, BYTES("{}"));
    ck_assert_msg(list(&in, &p), "%s", e.text);
    ck_assert_uint_eq(in.n_todo, 2);
    ck_assert_uint_eq(in.n_done, 1);
    ck_assert_str_eq(in.todo[0], "a");
    ck_assert_str_eq(in.todo[1], "c");
    inputs_free(&in);
    results_close(&p);
}
END_TEST

static const struct {
    const char *what;
    const char *words;
} bad_inputs[] = {
    {"none", "there is no input in it"},
    {"file", "it is no directory"},
    {"link", "it is a link"},
    {"fifo", "it is no directory"},
    {"missing", "cannot open --in-each"},
    {"taken", "is no result of a batch"},
};

START_TEST(bad_inputs_are_refused)
{
    const char *what = bad_inputs[_i].what;
    struct inputs in;
    struct results p;

    support_mkdir("results");
    if (strcmp(what, "missing") != 0)
        support_mkdir("inputs");
    if (strcmp(what, "file") == 0)
        support_write("inputs/x", 0644, BYTES(""));
    if (strcmp(what, "link") == 0)
        support_link("/", "inputs/x");
    if (strcmp(what, "fifo") == 0)
        support_fifo("inputs/x");
    if (strcmp(what, "taken") == 0) {
        support_mkdir("inputs/x");
        support_mkdir("results/x");
    }
    ck_assert(!list(&in, &p));
    ck_assert_msg(strstr(e.text, bad_inputs[_i].words) != NULL, "%s", e.text);
    inputs_free(&in);
    results_close(&p);
}
END_TEST

/* ---------------------------------------------------------------- pool */

struct seen {
    size_t n;
    size_t kept;
    size_t unkept;
    int unkept_by; /* the last errno of these */
    size_t ticks;
    bool ran[100];
    int status[100];
    char report[100][32];
    size_t fail_at;   /* `ended` fails after so many; 0: never */
    int signal;       /* sent to this process after so many have ended */
    size_t signal_at; /* 0: never */
    size_t stops;
};

static int work_exits(void *context, size_t index, int report)
{
    (void)context;
    dprintf(report, "task %zu", index);
    return (int)index;
}

/* How many tasks there are, and the most there were, for all processes to see. Nobody leaves before
 * so many were there as are wanted. */
static struct crowd {
    atomic_int now;
    atomic_int most;
    atomic_bool sent;
    int wanted;
} * crowd;

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void arrive(void)
{
    int now = atomic_fetch_add(&crowd->now, 1) + 1;
    int most = atomic_load(&crowd->most);

    while (most < now && !atomic_compare_exchange_weak(&crowd->most, &most, now))
        continue;
}

static void nap_in_the_crowd(void)
{
    arrive();
    do
        nap();
    while (atomic_load(&crowd->most) < crowd->wanted);
    atomic_fetch_sub(&crowd->now, 1);
}

/* A child that sends the signal as soon as so many tasks are there, and says so. */
static pid_t send_to(pid_t pid, int number, int tasks)
{
    pid_t helper = fork();

    if (helper == 0) {
        signal(number, SIG_IGN); /* Check has a handler, which kills */
        while (atomic_load(&crowd->most) < tasks)
            nap();
        kill(pid, number);
        atomic_store(&crowd->sent, true);
        _exit(0);
    }
    ck_assert_int_gt(helper, 0);
    return helper;
}

static int work_sleeps(void *context, size_t index, int report)
{
    (void)context;
    (void)report;
    arrive();
    for (;;)
        pause();
    return (int)index;
}

static int work_naps(void *context, size_t index, int report)
{
    (void)context;
    (void)index;
    (void)report;
    nap_in_the_crowd();
    return 0;
}

static void gather(void)
{
    crowd = mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(crowd, MAP_FAILED);
}

static int work_waits(void *context, size_t index, int report)
{
    (void)context;
    (void)index;
    (void)report;
    arrive();
    while (!atomic_load(&crowd->sent))
        nap();
    return 0;
}

static int work_dies(void *context, size_t index, int report)
{
    (void)context;
    (void)index;
    (void)report;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static bool note_end(void *context, const struct pool_task *task, struct error *error)
{
    struct seen *s = context;

    ck_assert_uint_lt(task->index, 100);
    ck_assert(!s->ran[task->index]);
    s->ran[task->index] = true;
    s->status[task->index] = task->status;
    snprintf(s->report[task->index], sizeof s->report[0], "%s", task->report);
    s->n++;
    s->kept += task->kept ? 1 : 0;
    s->unkept += task->unkept != 0 ? 1 : 0;
    if (task->unkept != 0)
        s->unkept_by = task->unkept;
    if (s->signal_at == s->n)
        kill(getpid(), s->signal);
    return s->fail_at == 0 || s->n < s->fail_at ||
           error_set(error, EXIT_DENYBOX, "cannot go on: %zu", s->n);
}

static void note_tick(void *context, size_t running)
{
    struct seen *s = context;

    (void)running;
    s->ticks++;
}

static void note_stop(void *context, size_t running, bool killed)
{
    struct seen *s = context;

    (void)running;
    s->stops++;
    /* The second one. */
    if (!killed)
        kill(getpid(), SIGTERM);
}

static void note_one_stop(void *context, size_t running, bool killed)
{
    struct seen *s = context;

    (void)running;
    (void)killed;
    s->stops++;
}

static const struct pool_hooks exits = {work_exits, NULL, NULL, note_end, note_tick, note_one_stop};
static const struct pool_hooks sleeps = {work_sleeps, NULL, NULL, note_end, note_tick, note_stop};
static const struct pool_hooks naps = {work_naps, NULL, NULL, note_end, note_tick, note_one_stop};
static const struct pool_hooks waits = {work_waits, NULL, NULL, note_end, note_tick, note_one_stop};
static const struct pool_hooks dies = {work_dies, NULL, NULL, note_end, note_tick, note_one_stop};

/* Of those that end with an even number. */
static bool lasts_if_even(void *context, const struct pool_task *task)
{
    const struct seen *s = context;

    ck_assert(!s->ran[task->index]);
    ck_assert_str_ne(task->report, "");
    return task->status % 2 == 0;
}

static int keep_naps(void *context)
{
    (void)context;
    nap_in_the_crowd();
    return 0;
}

static int keep_fails(void *context)
{
    (void)context;
    return EIO;
}

static int keep_dies(void *context)
{
    (void)context;
    kill(getpid(), SIGKILL);
    return 0;
}

static const struct pool_hooks keeps = {work_exits, lasts_if_even, keep_naps,
                                        note_end,   note_tick,     note_one_stop};
static const struct pool_hooks fails_to_keep = {work_exits, lasts_if_even, keep_fails,
                                                note_end,   note_tick,     note_one_stop};
static const struct pool_hooks dies_keeping = {work_exits, lasts_if_even, keep_dies,
                                               note_end,   note_tick,     note_one_stop};

static void no_child_is_left(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(every_task_runs_once)
{
    static struct seen s;
    int interrupted;

    ck_assert_msg(pool_run(100, 7, &exits, &s, &interrupted, &e), "%s", e.text);
    ck_assert_int_eq(interrupted, 0);
    ck_assert_uint_eq(s.n, 100);
    for (int i = 0; i < 100; i++) {
        char want[32];

        snprintf(want, sizeof want, "task %d", i);
        ck_assert(s.ran[i]);
        ck_assert_int_eq(s.status[i], i);
        ck_assert_str_eq(s.report[i], want);
    }
    no_child_is_left();
}
END_TEST

START_TEST(so_many_at_once_and_no_more)
{
    static struct seen s;
    int interrupted;

    gather();
    crowd->wanted = 3;
    ck_assert(pool_run(20, 3, &naps, &s, &interrupted, &e));
    ck_assert_uint_eq(s.n, 20);
    ck_assert_uint_ge(s.ticks, 1);
    ck_assert_int_eq(atomic_load(&crowd->most), 3);
    no_child_is_left();
}
END_TEST

START_TEST(a_task_that_dies_is_told_from_one_that_ends)
{
    static struct seen s;
    int interrupted;

    ck_assert(pool_run(3, 2, &dies, &s, &interrupted, &e));
    ck_assert_uint_eq(s.n, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(s.status[i], -SIGABRT);
}
END_TEST

START_TEST(the_first_failure_of_a_hook_ends_it)
{
    static struct seen s = {.fail_at = 4};
    int interrupted;

    ck_assert(!pool_run(100, 1, &exits, &s, &interrupted, &e));
    ck_assert_str_eq(e.text, "cannot go on: 4");
    ck_assert_uint_eq(s.n, 4);
    no_child_is_left();
}
END_TEST

START_TEST(a_signal_starts_nothing_more)
{
    static struct seen s = {.signal = SIGINT, .signal_at = 3};
    int interrupted;
    sigset_t blocked;

    gather();
    ck_assert(pool_run(100, 1, &naps, &s, &interrupted, &e));
    ck_assert_int_eq(interrupted, SIGINT);
    ck_assert_uint_eq(s.stops, 1);
    ck_assert_uint_ge(s.n, 3);
    ck_assert_uint_lt(s.n, 100);
    no_child_is_left();
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
    ck_assert_int_eq(sigismember(&blocked, SIGINT), 0);
}
END_TEST

START_TEST(what_is_ignored_stops_nothing)
{
    static struct seen s = {.signal = SIGHUP, .signal_at = 3};
    int interrupted;

    gather();
    signal(SIGHUP, SIG_IGN);
    ck_assert(pool_run(10, 1, &naps, &s, &interrupted, &e));
    ck_assert_int_eq(interrupted, 0);
    ck_assert_uint_eq(s.stops, 0);
    ck_assert_uint_eq(s.n, 10);
}
END_TEST

START_TEST(what_is_to_last_is_kept_before_it_is_told)
{
    static struct seen s;
    int interrupted;

    gather();
    ck_assert(pool_run(100, 4, &keeps, &s, &interrupted, &e));
    ck_assert_uint_eq(s.n, 100);
    ck_assert_uint_eq(s.kept, 50);
    ck_assert_uint_eq(s.unkept, 0);
    /* One keeper at a time. */
    ck_assert_int_eq(atomic_load(&crowd->most), 1);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(s.status[i], i);
    no_child_is_left();
}
END_TEST

/* The kernel would wait for the children itself, and nothing would be known of how they ended. */
START_TEST(a_caller_that_ignores_its_children)
{
    static struct seen s;
    int interrupted;

    gather();
    signal(SIGCHLD, SIG_IGN);
    ck_assert(pool_run(10, 2, &keeps, &s, &interrupted, &e));
    ck_assert_uint_eq(s.n, 10);
    ck_assert_uint_eq(s.kept, 5);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(s.status[i], i);
}
END_TEST

START_TEST(what_cannot_be_kept_is_told_with_the_reason)
{
    static struct seen s;
    int interrupted;

    ck_assert(pool_run(2, 1, &fails_to_keep, &s, &interrupted, &e));
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.kept, 0);
    ck_assert_uint_eq(s.unkept, 1);
    ck_assert_int_eq(s.unkept_by, EIO);
    no_child_is_left();
}
END_TEST

START_TEST(a_keeper_that_is_killed_has_kept_nothing)
{
    static struct seen s;
    int interrupted;

    ck_assert(pool_run(2, 1, &dies_keeping, &s, &interrupted, &e));
    ck_assert_uint_eq(s.kept, 0);
    ck_assert_uint_eq(s.unkept, 1);
    ck_assert_int_eq(s.unkept_by, EINTR);
    no_child_is_left();
}
END_TEST

/* Stopped, what has ended is kept all the same. */
START_TEST(a_signal_leaves_nothing_unkept)
{
    static struct seen s = {.signal = SIGTERM, .signal_at = 1};
    int interrupted;

    gather();
    ck_assert(pool_run(100, 3, &keeps, &s, &interrupted, &e));
    ck_assert_int_eq(interrupted, SIGTERM);
    ck_assert_uint_lt(s.n, 100);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(s.status[i], s.ran[i] ? i : 0);
    ck_assert_uint_eq(s.unkept, 0);
    no_child_is_left();
}
END_TEST

/* As Ctrl-C at a terminal sends it: to the process group. */
START_TEST(a_signal_to_the_group_spares_the_tasks)
{
    static struct seen s;
    int interrupted;
    pid_t helper;

    gather();
    ck_assert_int_eq(setpgid(0, 0), 0);
    helper = send_to(-getpid(), SIGINT, 2);
    ck_assert(pool_run(2, 2, &waits, &s, &interrupted, &e));
    ck_assert_int_eq(interrupted, SIGINT);
    ck_assert_uint_eq(s.n, 2);
    ck_assert_int_eq(s.status[0], 0);
    ck_assert_int_eq(s.status[1], 0);
    ck_assert_int_eq(waitpid(helper, NULL, 0), helper);
}
END_TEST

START_TEST(a_second_signal_kills)
{
    static struct seen s;
    int interrupted;
    pid_t helper;

    gather();
    helper = send_to(getpid(), SIGHUP, 2);
    ck_assert(pool_run(5, 2, &sleeps, &s, &interrupted, &e));
    ck_assert_int_eq(interrupted, SIGHUP);
    ck_assert_uint_eq(s.stops, 2);
    ck_assert_uint_eq(s.n, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(s.status[i], -SIGKILL);
    ck_assert_int_eq(waitpid(helper, NULL, 0), helper);
    no_child_is_left();
}
END_TEST

/* ---------------------------------------------------------------- progress */

static const struct {
    struct progress p;
    double seconds;
    unsigned width;
    const char *line;
} lines[] = {
    {{.total = 4}, 0, 10, "0/4  faile"},
    {{.total = 4},
     0,
     200,
     "[..............................] 0/4  failed 0  no result 0  0/s  - left"},
    {{.total = 4, .done = 1, .failed = 1},
     2,
     200,
     "[###############...............] 2/4  failed 1  no result 0  1/s  0:02 left"},
    {{.total = 4, .done = 2, .broken = 2},
     2,
     200,
     "[##############################] 4/4  failed 0  no result 2  2/s  0:00 left"},
    {{.total = 7201, .done = 1},
     1,
     200,
     "[..............................] 1/7201  failed 0  no result 0  1/s  2:00:00 left"},
    {{.total = 4, .done = 2}, 2, 52, "[###...] 2/4  failed 0  no result 0  1/s  0:02 left"},
};

START_TEST(the_line_says_how_far)
{
    char out[PROGRESS_SIZE];

    progress_line(out, &lines[_i].p, lines[_i].seconds, lines[_i].width);
    ck_assert_str_eq(out, lines[_i].line);
    ck_assert_uint_le(strlen(out), lines[_i].width);
}
END_TEST

/* Standard error of a test is a file. */
START_TEST(only_a_terminal_is_drawn_on)
{
    struct progress p;

    support_capture(2);
    progress_begin(&p, 3, true);
    progress_draw(&p);
    progress_clear(&p);
    ck_assert_str_eq(support_captured(), "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch");
    TCase *c = tcase_create("batch");

    support_directories(c);
    tcase_add_test(c, a_result_has_its_name_when_it_is_whole);
    tcase_add_test(c, nothing_is_replaced);
    tcase_add_test(c, what_is_no_result_is_seen);
    tcase_add_test(c, what_a_dead_batch_left_is_removed);
    tcase_add_test(c, a_living_batch_is_left_alone);
    tcase_add_test(c, the_directory_has_to_be_ones_own);
    tcase_add_test(c, no_link_is_followed);
    tcase_add_test(c, inputs_are_the_directories);
    tcase_add_loop_test(c, bad_inputs_are_refused, 0, N_ROWS(bad_inputs));
    tcase_add_test(c, every_task_runs_once);
    tcase_add_test(c, so_many_at_once_and_no_more);
    tcase_add_test(c, a_task_that_dies_is_told_from_one_that_ends);
    tcase_add_test(c, the_first_failure_of_a_hook_ends_it);
    tcase_add_test(c, a_signal_starts_nothing_more);
    tcase_add_test(c, what_is_ignored_stops_nothing);
    tcase_add_test(c, a_signal_to_the_group_spares_the_tasks);
    tcase_add_test(c, a_second_signal_kills);
    tcase_add_test(c, what_is_to_last_is_kept_before_it_is_told);
    tcase_add_test(c, a_caller_that_ignores_its_children);
    tcase_add_test(c, what_cannot_be_kept_is_told_with_the_reason);
    tcase_add_test(c, a_keeper_that_is_killed_has_kept_nothing);
    tcase_add_test(c, a_signal_leaves_nothing_unkept);
    tcase_add_loop_test(c, the_line_says_how_far, 0, N_ROWS(lines));
    tcase_add_test(c, only_a_terminal_is_drawn_on);
    suite_add_tcase(s, c);
    return support_run(s);
}
