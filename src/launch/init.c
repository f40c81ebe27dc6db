/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "launch/channel.h"
#include "launch/filters.h"
#include "launch/sandbox.h"
#include "launch/wipe.h"

/* Pid 1 of the sandbox: builds it, forks the payload-to-be, drops everything, and waits. */

/* Killed with the launcher. The signal is lost if the launcher died before it was asked for, and
 * getppid is always 0 here: its socket tells, by end-of-file. */
static bool step_die_with_launcher(struct sandbox *s, struct error *e)
{
    struct pollfd launcher = {.fd = s->init_socket[1]};

    if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0) < 0)
        return step_failed(e, "cannot ask to die with the launcher");
    if (sys_poll(&launcher, 1, 0) < 0)
        return step_failed(e, "cannot look for the launcher");
    if ((launcher.revents & POLLHUP) != 0)
        _exit(EXIT_DENYBOX);
    return true;
}

/* The launcher writes the maps: only it can for root, and one way is enough. */
static bool step_wait_for_ids(struct sandbox *s, struct error *e)
{
    if (!message_wait_go(s->init_socket[1]))
        return error_set(e, EXIT_DENYBOX, "cannot go on: the launcher is gone");
    return true;
}

/* After the fork: until the exec, the payload-to-be needs the strings of the plan. */
static void forget_caller(void)
{
    if (fault_skips("forget-caller"))
        return;
    wipe_caller();
    prctl(PR_SET_NAME, "denybox-init", 0UL, 0UL, 0UL);
}

/* A process of the same user could otherwise read and change it: ptrace(2), proc(5). */
static bool step_not_dumpable(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_DUMPABLE, 0, 0) < 0)
        return step_failed(e, "cannot become undumpable");
    return true;
}

static const struct step building[] = {
    {"die-with-launcher", step_die_with_launcher},
    {"wait-for-ids", step_wait_for_ids},
    {"private-mounts", step_private_mounts},
    {"open-trees", step_open_trees},
    {"take-ids", step_take_ids},
    {"make-root", step_make_root},
    {"mount-in", step_mount_in},
    {"mount-out", step_mount_out},
    {"mount-tmp", step_mount_tmp},
    {"mount-deviations", step_mount_deviations},
    {"lock-root", step_lock_root},
    {"open-proc", step_open_proc},
    {"enter-root", step_enter_root},
    {"host-name", step_host_name},
    {"keyring", step_keyring},
    {"securebits", step_securebits},
    {"capabilities", step_capabilities},
    {"no-new-privs", step_no_new_privs},
    /* Changing ids has forgotten it (prctl(2)), so it is asked for again, by root's init too. */
    {"die-with-launcher", step_die_with_launcher},
    {"not-dumpable", step_not_dumpable},
};

static void fail(struct sandbox *s, const struct error *e)
{
    message_send(s->init_socket[1], MESSAGE_ERROR, 0, e, sizeof *e);
    _exit(EXIT_DENYBOX);
}

/* Everything that init does not need while the payload runs. */
static void close_all_but(int a, int b, int c)
{
    int keep[3] = {a, b, c};
    unsigned first = 0;

    for (int i = 0; i < 3; i++) { /* three is few enough to sort by looking */
        for (int j = i + 1; j < 3; j++) {
            if (keep[j] < keep[i]) {
                int swap = keep[i];

                keep[i] = keep[j];
                keep[j] = swap;
            }
        }
    }
    for (int i = 0; i < 3; i++) {
        if (keep[i] < 0)
            continue;
        if ((unsigned)keep[i] > first)
            sys_close_range(first, (unsigned)keep[i] - 1, 0);
        first = (unsigned)keep[i] + 1;
    }
    sys_close_range(first, ~0U, 0);
}

/* Tells of the payload's end by what the kernel says of it, and ends: the rest of the sandbox dies
 * with its pid 1. */
static void report_end(struct sandbox *s, const siginfo_t *info, const struct rusage *usage)
{
    struct ended ended = {.code = info->si_code, .status = info->si_status, .usage = *usage};

    message_send(s->init_socket[1], MESSAGE_ENDED, 0, &ended, sizeof ended);
    _exit(0);
}

/* Looks at every child that has changed. The payload's first stop is the one inside its exec; later
 * ones are its own affair. */
static void reap(struct sandbox *s, pid_t payload, bool *await_stop)
{
    for (;;) {
        siginfo_t info = {0};
        struct rusage usage;

        /* The raw call fills in the usage too; init's filter knows no getrusage. */
        if (sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | (*await_stop ? WSTOPPED : 0), &usage) <
                0 ||
            info.si_pid == 0)
            return;
        if (info.si_code == CLD_STOPPED) {
            if (info.si_pid == payload) {
                *await_stop = false;
                message_send(s->init_socket[1], MESSAGE_STOPPED, 0, NULL, 0);
            }
        } else if (info.si_pid == payload) {
            report_end(s, &info, &usage);
        }
    }
}

static void watch(struct sandbox *s, pid_t payload, int children)
{
    struct pollfd fds[2] = {{.fd = s->init_socket[1]}, {.fd = children, .events = POLLIN}};
    bool await_stop = s->sentry[0] >= 0;

    for (;;) {
        struct signalfd_siginfo taken;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(EXIT_DENYBOX);
        /* The launcher is gone, however it went. */
        if ((fds[0].revents & (POLLHUP | POLLERR)) != 0)
            _exit(EXIT_DENYBOX);
        if ((fds[1].revents & POLLIN) != 0 && read(children, &taken, sizeof taken) > 0)
            reap(s, payload, &await_stop);
    }
}

void init_main(struct sandbox *s)
{
    struct error e;
    sigset_t child_signal;
    pid_t payload;
    int children;

    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    io_close(&s->init_socket[0]);
    io_close(&s->gate_socket[0]);
    if (sigprocmask(SIG_SETMASK, &child_signal, NULL) < 0 ||
        !run_steps(building, sizeof building / sizeof building[0], s, &e))
        fail(s, &e);
    children = signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    payload = children < 0 ? -1 : sys_fork();
    if (payload < 0) {
        step_failed(&e, "cannot fork the payload");
        fail(s, &e);
    }
    if (payload == 0)
        inside_main(s);
    forget_caller();
    close_all_but(s->init_socket[1], children, s->sentry[0]);
    if (!fault_skips("init-filter") && !filters_load_init(s, &e))
        fail(s, &e);
    message_send(s->init_socket[1], MESSAGE_READY, 0, NULL, 0);
    watch(s, payload, children);
    _exit(EXIT_DENYBOX);
}
