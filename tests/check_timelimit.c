/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the steps of --timeout are due, by a clock that stands where the test puts it: also when
 * denybox itself was stopped meanwhile. */
#include "launch/timelimit.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "launch/supervise.h"
#include "support.h"

#define TIMEOUT 10
#define KILL_AFTER 5

static int64_t clock_ms; /* 0: the kernel's, which Check asks as well */
static struct plan plan;
static struct sandbox s;
static struct launch_result result;
static struct supervisor sv;

/* The library's is the one that is linked first. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock_ms == 0)
        return (int)syscall(SYS_clock_gettime, clock, now);
    *now = (struct timespec){.tv_sec = (time_t)(clock_ms / 1000),
                             .tv_nsec = (long)(clock_ms % 1000) * 1000000};
    return 0;
}

/* A payload that nobody can send anything to. */
static void begin(void)
{
    s.plan = &plan;
    plan.declared.timeout = TIMEOUT;
    plan.declared.kill_after = KILL_AFTER;
    sv = (struct supervisor){.s = &s, .result = &result, .init_fd = -1, .payload_fd = -1};
    result = (struct launch_result){.ending = ENDING_NOT_STARTED};
    clock_ms = 1000000;
    timelimit_begin(&sv);
}

static void end(void)
{
    clock_ms = 0;
}

static void ends(enum ending ending, int number)
{
    result.ending = ending;
    result.number = number;
    sv.ended = true;
    timelimit_end(&sv);
}

/* How much time is left, and what comes then. */
#define expect(wait, step)                                                                         \
    do {                                                                                           \
        ck_assert_int_eq(timelimit_wait(&sv.time), (wait));                                        \
        ck_assert_int_eq((int)sv.time.next, (int)(step));                                          \
    } while (0)

START_TEST(each_step_in_its_time)
{
    expect(TIMEOUT * 1000, TIME_TERM);
    clock_ms += TIMEOUT * 1000 - 1;
    timelimit_step(&sv);
    expect(1, TIME_TERM);
    ck_assert(!sv.signalled);
    clock_ms += 1;
    timelimit_step(&sv);
    ck_assert(sv.signalled);
    expect(KILL_AFTER * 1000, TIME_KILL);
    clock_ms += KILL_AFTER * 1000;
    timelimit_step(&sv);
    expect(LAST_WORD_MS, TIME_GIVE_UP);
    ck_assert(!sv.ended);
    clock_ms += LAST_WORD_MS;
    timelimit_step(&sv);
    ck_assert(sv.ended);
    ck_assert_int_eq((int)result.time_limit, (int)TIME_KILLED);
    ck_assert_int_eq(result.elapsed_ms, (TIMEOUT + KILL_AFTER) * 1000 + LAST_WORD_MS);
}
END_TEST

START_TEST(without_a_limit)
{
    plan.declared.timeout = 0;
    timelimit_begin(&sv);
    clock_ms += INT64_C(1) << 40;
    ck_assert_int_eq(timelimit_wait(&sv.time), -1);
    timelimit_step(&sv);
    ck_assert(!sv.signalled && !timelimit_over(&sv));
}
END_TEST

/* denybox has stood still for longer than both: the payload still has the time in between. */
START_TEST(stopped_before_the_limit)
{
    clock_ms += (TIMEOUT + 100 * KILL_AFTER) * 1000;
    expect(0, TIME_TERM);
    timelimit_step(&sv);
    expect(KILL_AFTER * 1000, TIME_KILL);
    timelimit_step(&sv);
    expect(KILL_AFTER * 1000, TIME_KILL);
    ends(ENDING_SIGNALLED, SIGTERM);
    ck_assert_int_eq((int)result.time_limit, (int)TIME_TERMINATED);
}
END_TEST

/* The payload has ended in time, while denybox stood still: what it wrote has its time as well, and
 * when all of it is carried the limit was kept. */
START_TEST(output_of_one_that_ended_in_time)
{
    clock_ms += (TIMEOUT + 100 * KILL_AFTER) * 1000;
    ends(ENDING_EXITED, 0);
    ck_assert(!timelimit_over(&sv));
    expect(KILL_AFTER * 1000, TIME_KILL);
    ck_assert(!timelimit_over(&sv));
    clock_ms += KILL_AFTER * 1000 - 1;
    ck_assert(!timelimit_over(&sv));
    ck_assert_int_eq((int)result.time_limit, (int)TIME_KEPT);
    clock_ms += 1;
    ck_assert(timelimit_over(&sv));
    ck_assert_int_eq((int)result.time_limit, (int)TIME_TERMINATED);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("timelimit");
    TCase *c = tcase_create("timelimit");

    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, each_step_in_its_time);
    tcase_add_test(c, without_a_limit);
    tcase_add_test(c, stopped_before_the_limit);
    tcase_add_test(c, output_of_one_that_ended_in_time);
    suite_add_tcase(suite, c);
    return suite;
}

int main(void)
{
    return support_run(suite());
}
