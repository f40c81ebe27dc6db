/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/timelimit.h"

#include <limits.h>
#include <signal.h>
#include <time.h>

#include "base/sys.h"
#include "launch/signals.h"
#include "launch/supervise.h"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void timelimit_begin(struct supervisor *sv)
{
    uint64_t seconds = sv->s->plan->declared.timeout;

    sv->time.began = now_ms();
    sv->time.due = seconds == 0 ? -1 : sv->time.began + (int64_t)seconds * 1000;
    sv->time.next = TIME_TERM;
}

int timelimit_wait(const struct timelimit *t)
{
    int64_t left;

    if (t->due < 0)
        return -1;
    left = t->due - now_ms();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static bool is_due(const struct timelimit *t)
{
    return t->due >= 0 && now_ms() >= t->due;
}

/* From now on: this process may have been stopped itself, for much longer than that. */
static void kill_later(struct supervisor *sv)
{
    sv->time.due = now_ms() + (int64_t)plan_kill_after(&sv->s->plan->declared) * 1000;
    sv->time.next = TIME_KILL;
}

/* Nobody says how it ended: somebody has stopped init, or the kernel cannot end the payload yet.
 * What has been sent is what will happen. */
static void give_up(struct supervisor *sv)
{
    sys_pidfd_send_signal(sv->init_fd, SIGKILL);
    sv->result->ending = ENDING_SIGNALLED;
    sv->result->number = SIGKILL;
    sv->ended = true;
    timelimit_end(sv);
}

void timelimit_step(struct supervisor *sv)
{
    struct timelimit *t = &sv->time;

    if (!is_due(t))
        return;
    switch (t->next) {
    case TIME_TERM:
        payload_signal_group(sv, SIGTERM);
        /* It may be stopped, and would not notice: timeout(1). */
        payload_continue(sv);
        kill_later(sv);
        break;
    case TIME_KILL:
        payload_signal(sv, SIGKILL);
        t->due = now_ms() + LAST_WORD_MS;
        t->next = TIME_GIVE_UP;
        break;
    case TIME_GIVE_UP:
        give_up(sv);
        break;
    }
}

void timelimit_end(struct supervisor *sv)
{
    struct launch_result *r = sv->result;
    bool killed = r->ending == ENDING_SIGNALLED && r->number == SIGKILL;

    r->elapsed_ms = now_ms() - sv->time.began;
    if (sv->time.next != TIME_TERM)
        r->time_limit = sv->time.next == TIME_GIVE_UP && killed ? TIME_KILLED : TIME_TERMINATED;
}

bool timelimit_over(struct supervisor *sv)
{
    struct timelimit *t = &sv->time;

    if (!is_due(t))
        return false;
    if (t->next == TIME_TERM) {
        kill_later(sv);
        return false;
    }
    if (sv->result->time_limit == TIME_KEPT) {
        sv->result->time_limit = TIME_TERMINATED;
        sv->result->unwritten = true;
        sv->result->elapsed_ms = now_ms() - sv->time.began;
    }
    return true;
}
