/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
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
    if (!message_wait(s->init_socket[1], MESSAGE_MAPPED))
        return error_set(e, EXIT_BLOCKED, "cannot go on: the launcher is gone");
    return true;
}

static bool step_forget_caller(struct sandbox *s, struct error *e)
{
    (void)s;
    wipe_caller();
    if (sys_prctl(PR_SET_NAME, (unsigned long)"denybox-init", 0) < 0)
        return step_failed(e, "cannot set the name of init");
    return true;
}

/* A process of the same user could otherwise read and change it: ptrace(2), proc(5). */
static bool step_not_dumpable(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_DUMPABLE, 0, 0) < 0)
        return step_failed(e, "cannot become undumpable");
    return true;
}

static bool step_look_at_self(struct sandbox *s, struct error *e)
{
    s->dumpable = sys_prctl(PR_GET_DUMPABLE, 0, 0);
    return s->dumpable >= 0 ? true : step_failed(e, "cannot ask whether init is dumpable");
}

/* Everything that init does not need while the payload runs is closed, 0 to 2 as well. The procfs:
 * step_wait_for_root. */
static bool step_keep_sockets(struct sandbox *s, struct error *e)
{
    int kept[] = {s->init_socket[1], s->pair[0], s->children, s->sentry[0], s->proc};

    return descriptors_keep(kept, sizeof kept / sizeof kept[0], e);
}

static bool step_fork_payload(struct sandbox *s, struct error *e)
{
    if (sys_socketpair(SOCK_SEQPACKET, s->pair) < 0)
        return step_failed(e, "cannot make the sockets to the payload-to-be");
    s->payload = sys_fork();
    if (s->payload < 0)
        return step_failed(e, "cannot fork the payload-to-be");
    if (s->payload == 0)
        inside_main(s);
    io_close(&s->pair[1]);
    return true;
}

static bool step_tell_ready(struct sandbox *s, struct error *e)
{
    if (!message_send(s->pair[0], MESSAGE_STANDS, 0, NULL, 0))
        return step_failed(e, "cannot tell the payload-to-be to go on");
    return true;
}

/* With it comes the probes' procfs, which init keeps: the last close of a mount that is attached
 * nowhere waits for all processors (dissolve_on_fput), and would hold up the payload's start. */
static bool step_wait_for_root(struct sandbox *s, struct error *e)
{
    return message_wait_descriptor(s->pair[0], MESSAGE_ROOT, &s->proc)
               ? true
               : error_set(e, EXIT_BLOCKED, "cannot go on: the payload-to-be is gone");
}

/* init makes the network while the payload-to-be builds the root (inside.c); once that stands, both
 * drop what they have. */
static const struct step steps[] = {
    {"die-with-launcher", step_die_with_launcher},
    {"keyring", step_keyring},
    {"fork-payload", step_fork_payload},
    {"ns-net", step_new_network},
    {"tell-network", step_tell_network},
    {"wait-for-ids", step_wait_for_ids},
    {"host-name", step_host_name},
    {"wait-for-root", step_wait_for_root},
    {"init-directory", step_init_directory},
    {"init-take-ids", step_take_ids},
    {"init-securebits", step_securebits},
    {"init-bounding-set", step_bounding_set},
    {"init-capabilities", step_capabilities},
    {"init-no-new-privs", step_no_new_privs},
    /* Changing ids has forgotten it (prctl(2)), so it is asked for again. */
    {"die-with-launcher", step_die_with_launcher},
    {"not-dumpable", step_not_dumpable},
    {"forget-caller", step_forget_caller},
    {"keep-sockets", step_keep_sockets},
    {"look-at-self", step_look_at_self},
    {"init-filter", filters_load_init},
    {"tell-ready", step_tell_ready},
};

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

        /* The raw call fills in the usage too; init's filter knows no getrusage. There is a payload
         * to wait for, so a failure is not about to go away. */
        if (sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | (*await_stop ? WSTOPPED : 0), &usage) <
            0)
            _exit(EXIT_DENYBOX);
        if (info.si_pid == 0)
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

static void watch(struct sandbox *s)
{
    struct pollfd fds[2] = {{.fd = s->init_socket[1]}, {.fd = s->children, .events = POLLIN}};
    bool await_stop = s->sentry[0] >= 0;

    for (;;) {
        struct signalfd_siginfo taken;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(EXIT_DENYBOX);
        /* The launcher is gone, however it went. */
        if ((fds[0].revents & (POLLHUP | POLLERR)) != 0)
            _exit(EXIT_DENYBOX);
        if ((fds[1].revents & POLLIN) != 0 && read(s->children, &taken, sizeof taken) > 0)
            reap(s, s->payload, &await_stop);
    }
}

static bool prepare(struct sandbox *s, struct error *e)
{
    sigset_t child_signal;

    io_close(&s->init_socket[0]);
    io_close(&s->gate_socket[0]);
    /* A lock is held by every copy of its descriptor: who sweeps would take this for a launcher. */
    io_close(&s->cgroup.box.fd);
    io_close(&s->cgroup.home.fd);
    io_close(&s->cgroup.place);
    /* Where the caller ignores it, no child could be waited for: waitid(2). */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        return step_failed(e, "cannot reset the signal of the children");
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    s->children = -1;
    if (sigprocmask(SIG_SETMASK, &child_signal, NULL) < 0)
        return step_failed(e, "cannot block the signal of the children");
    s->children = signalfd(-1, &child_signal, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->children >= 0 ? true : step_failed(e, "cannot take the signal of the children");
}

void init_main(struct sandbox *s)
{
    struct error e;

    if (!prepare(s, &e) || !run_steps(steps, sizeof steps / sizeof steps[0], s, &e)) {
        message_send(s->init_socket[1], MESSAGE_ERROR, 0, &e, sizeof e);
        _exit(EXIT_DENYBOX);
    }
    message_send(s->init_socket[1], MESSAGE_READY, s->dumpable, NULL, 0);
    watch(s);
    _exit(EXIT_DENYBOX);
}
