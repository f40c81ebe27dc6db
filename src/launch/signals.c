/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/signals.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/sys.h"
#include "launch/supervise.h"

/* What a signal is to a launcher: RELAY is sent on, and ends one that has no payload. */
enum meaning { RELAY, ASK_TO_END, STOP, GO_ON, NOTHING };

static const struct row {
    int number;
    enum meaning with_payload;
    enum meaning without; /* before it has started, and after its end */
} rows[] = {
    {SIGINT, ASK_TO_END, ASK_TO_END},
    {SIGTERM, ASK_TO_END, ASK_TO_END},
    {SIGHUP, RELAY, ASK_TO_END},
    {SIGQUIT, RELAY, ASK_TO_END},
    {SIGUSR1, RELAY, ASK_TO_END},
    {SIGUSR2, RELAY, ASK_TO_END},
    {SIGALRM, RELAY, ASK_TO_END},
    {SIGWINCH, RELAY, NOTHING},
    {SIGTSTP, STOP, STOP},
    {SIGCONT, GO_ON, NOTHING},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

bool signals_open(struct supervisor *sv)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!signal_is_ignored(rows[i].number))
            sigaddset(&set, rows[i].number);
    }
    if (sigprocmask(SIG_BLOCK, &set, &sv->mask) < 0)
        return step_failed(sv->e, "cannot block the signals to forward");
    sv->signals_blocked = true;
    sv->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (sv->signals < 0)
        return step_failed(sv->e, "cannot take the signals to forward");
    return true;
}

/* With evidence the payload is stopped in its exec until it has been looked at: who continued it
 * before, or stopped it elsewhere, would spoil that. */
static bool may_be_stopped(const struct supervisor *sv)
{
    return sv->started && !sv->ended &&
           (sv->s->plan->declared.evidence == NULL || sv->result->after.valid);
}

static void to_group(const struct supervisor *sv, int number)
{
    if (sys_pidfd_signal_group(sv->payload_fd, number) < 0)
        sys_pidfd_send_signal(sv->payload_fd, number);
}

void payload_signal(struct supervisor *sv, int number)
{
    sv->signalled = true;
    sys_pidfd_send_signal(sv->payload_fd, number);
}

void payload_signal_group(struct supervisor *sv, int number)
{
    sv->signalled = true;
    to_group(sv, number);
}

void payload_continue(struct supervisor *sv)
{
    if (may_be_stopped(sv))
        to_group(sv, SIGCONT);
}

/* Ctrl-Z. The payload is in a session of its own, where SIGTSTP stops nobody: its group is orphaned
 * (setpgid(2)). It is stopped first, so that nothing of it comes after the shell's prompt. Where
 * our own group is orphaned we are not stopped either, and both go on. */
static void stop(struct supervisor *sv)
{
    sigset_t set;

    if (may_be_stopped(sv))
        to_group(sv, SIGSTOP);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* here it is stopped, until somebody says SIGCONT */
    sigprocmask(SIG_BLOCK, &set, NULL);
    payload_continue(sv);
}

static const struct row *next_signal(const struct supervisor *sv, struct signalfd_siginfo *info)
{
    if (read(sv->signals, info, sizeof *info) == (ssize_t)sizeof *info) {
        for (size_t i = 0; i < N_ROWS; i++) {
            if (rows[i].number == (int)info->ssi_signo)
                return &rows[i];
        }
    }
    return NULL;
}

/* From the terminal, and not by kill(2). */
static bool is_typed(const struct signalfd_siginfo *info)
{
    return info->ssi_code == SI_KERNEL;
}

static void note_interrupt(struct supervisor *sv, const struct signalfd_siginfo *info)
{
    if (info->ssi_signo == SIGINT && is_typed(info))
        sv->result->typed_interrupt = true;
}

/* Who asks a second time to stop gets what they ask for. */
static void forward(struct supervisor *sv, enum meaning meaning,
                    const struct signalfd_siginfo *info)
{
    note_interrupt(sv, info);
    if (meaning == ASK_TO_END && ++sv->interrupts > 1)
        payload_signal(sv, SIGKILL);
    else if (is_typed(info))
        payload_signal_group(sv, (int)info->ssi_signo);
    else
        payload_signal(sv, (int)info->ssi_signo);
}

/* Without a payload; `when` is how the message goes on. */
static bool take_alone(struct supervisor *sv, const char *when)
{
    struct signalfd_siginfo info;
    const struct row *row = next_signal(sv, &info);

    if (row != NULL && row->without == STOP)
        stop(sv);
    else if (row != NULL)
        note_interrupt(sv, &info);
    return row == NULL || row->without != ASK_TO_END ||
           error_set(sv->e, (enum exit_code)(128 + row->number),
                     "cannot go on: interrupted by SIG%s %s", signal_name(row->number), when);
}

bool signals_take(struct supervisor *sv)
{
    struct signalfd_siginfo info;
    const struct row *row;

    if (!sv->started)
        return take_alone(sv, "before the payload had started");
    row = next_signal(sv, &info);
    if (row == NULL)
        return true;
    if (row->with_payload == STOP)
        stop(sv);
    else if (row->with_payload == GO_ON)
        payload_continue(sv);
    else
        forward(sv, row->with_payload, &info);
    return true;
}

bool signals_take_late(struct supervisor *sv)
{
    return take_alone(sv, "before all of the payload's output was written");
}
