/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/supervise.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "launch/channel.h"
#include "launch/ids.h"
#include "launch/limits.h"
#include "launch/observe.h"
#include "launch/output.h"
#include "launch/signals.h"
#include "launch/weaken.h"

/* The probes take a millisecond. On a machine that swaps they may take long; what hangs for ever is
 * a wall that cannot be proved. */
#ifdef DENYBOX_FAULTS
#define GATE_SECONDS 10
#else
#define GATE_SECONDS 60
#endif

/* An error that init or the payload-to-be reports. */
static bool take_error(struct supervisor *sv, const struct message *m)
{
    if (m->length != sizeof *sv->e)
        return error_set(sv->e, EXIT_BLOCKED, "cannot start the sandbox: a malformed report");
    memcpy(sv->e, m->bytes, sizeof *sv->e);
    sv->e->text[sizeof sv->e->text - 1] = sv->e->hint[sizeof sv->e->hint - 1] = '\0';
    return false;
}

void supervise_last_words(struct supervisor *sv)
{
    struct pollfd init = {.fd = sv->s->init_socket[0], .events = POLLIN};
    struct message m;

    if (sys_poll(&init, 1, 0) == 1 && message_receive(init.fd, &m) && m.kind == MESSAGE_ERROR)
        take_error(sv, &m);
}

/* One child has ended without a word. When init fails, the kernel kills the payload-to-be, and its
 * end may be seen first: what init had to say is still there to be read. */
static bool take_silence(struct supervisor *sv, int fd)
{
    /* Not for ever: somebody may have stopped init. */
    struct pollfd init = {.fd = sv->s->init_socket[0], .events = POLLIN};
    struct message m;

    while (fd == sv->s->gate_socket[0] && poll(&init, 1, LAST_WORD_MS) == 1 &&
           message_receive(sv->s->init_socket[0], &m)) {
        if (m.kind == MESSAGE_ERROR)
            return take_error(sv, &m);
        if (m.kind == MESSAGE_ENDED)
            break;
    }
    return error_set(sv->e, EXIT_BLOCKED, "cannot start the sandbox: it ended before it was ready");
}

static bool take_hello(struct supervisor *sv, const struct message *m)
{
    sv->result->landlock_abi = m->number;
    sv->result->child = m->sender;
    sv->payload_fd = sys_pidfd_open(m->sender);
    if (sv->payload_fd < 0)
        return step_failed(sv->e, "cannot hold on to the payload");
    sv->gate.name_holds = m->length == strlen(sv->s->plan->declared.hostname) &&
                          memcmp(m->bytes, sv->s->plan->declared.hostname, m->length) == 0;
    if (!sv->gate.name_holds)
        buf_puts(&sv->result->reasons, "the host name is not that of the plan\n");
    if (!ids_refuse_root(sv->s, sv->e))
        return false;
    if (!cgroup_dies_first(&sv->s->cgroup, sv->s->host_proc, m->sender))
        return step_failed(sv->e, "cannot tell the kernel whom to end when memory is used up");
    sv->gate.limits_hold = limits_observe(sv->s, m->sender, sv->result);
    if (!observe(sv->s->host_proc, m->sender, &sv->result->before, sv->e))
        return false;
    sv->gate.limits_hold = output_take(sv->s, m->sender, sv->result) && sv->gate.limits_hold;
    return true;
}

/* What has come from one child while the gate is shut. *done becomes true with its last message. */
static bool gate_message(struct supervisor *sv, int fd, bool *done)
{
    struct message m;

    if (!message_receive(fd, &m))
        return take_silence(sv, fd);
    if (m.kind == MESSAGE_ERROR)
        return take_error(sv, &m);
    /* Not earlier: right after the clone it would keep a child waiting that shares this processor.
     */
    if (!sv->own_seen)
        observe_own(sv->s->host_proc, &sv->gate.own);
    sv->own_seen = true;
    if (fd == sv->s->init_socket[0]) {
        if (m.kind == MESSAGE_READY)
            sv->gate.init_holds = init_holds(sv->s, &sv->view, m.number, &sv->result->reasons);
        *done = m.kind == MESSAGE_READY;
        return true;
    }
    if (m.kind == MESSAGE_HELLO && sv->payload_fd < 0)
        return take_hello(sv, &m);
    if (!message_take_findings(&m, &sv->result->inside))
        return error_set(sv->e, EXIT_BLOCKED, "cannot trust the probes: a malformed report");
    *done = true;
    return true;
}

bool supervise_gate(struct supervisor *sv)
{
    struct timespec start;
    struct timespec now;
    bool init_ready = false;
    bool facts = false;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while (!init_ready || !facts) {
        struct pollfd fds[3] = {
            /* The gate's socket has the better message when a payload-to-be fails and init sees it
             * die: it is asked first. */
            {.fd = facts ? -1 : sv->s->gate_socket[0], .events = POLLIN},
            {.fd = init_ready ? -1 : sv->s->init_socket[0], .events = POLLIN},
            {.fd = sv->signals, .events = POLLIN},
        };
        int ready;

        /* Once one of them has spoken, the rest follows soon. */
        if (init_ready || sv->payload_fd >= 0)
            message_linger(fds, 3);
        ready = poll(fds, 3, 1000);
        if (ready < 0 && errno != EINTR)
            return step_failed(sv->e, "cannot wait for the sandbox");
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* An answer that is there is read, however late: this process may have been stopped. */
        if (ready <= 0 && now.tv_sec - start.tv_sec > GATE_SECONDS)
            return error_set(sv->e, EXIT_BLOCKED, "cannot prove the sandbox: no answer in %d s",
                             GATE_SECONDS);
        if (fds[2].revents != 0 && !signals_take(sv))
            return false;
        if (fds[0].revents != 0) {
            if (!gate_message(sv, sv->s->gate_socket[0], &facts))
                return false;
        } else if (fds[1].revents != 0) {
            if (!gate_message(sv, sv->s->init_socket[0], &init_ready))
                return false;
        }
    }
    if (!sv->result->before.valid)
        return error_set(sv->e, EXIT_BLOCKED, "cannot trust the probes: they came unannounced");
    return true;
}

/* The exec closes the payload's end of the gate on the way to its stop: a stop before that is
 * somebody else's, and what would be seen is not yet the payload. */
static bool gate_closed(const struct supervisor *sv)
{
    struct pollfd gate = {.fd = sv->s->gate_socket[0]};

    return gate.fd < 0 || (poll(&gate, 1, 0) == 1 && (gate.revents & POLLHUP) != 0);
}

/* The payload is stopped inside its exec: is it still behind the same walls? */
static bool look_again(struct supervisor *sv)
{
    struct launch_result *r = sv->result;

    if (!gate_closed(sv))
        return error_set(sv->e, EXIT_DENYBOX,
                         "cannot go on: the payload was stopped from outside "
                         "before its exec");

    if (!observe(sv->s->host_proc, r->child, &r->after, sv->e)) {
        sv->e->exit = EXIT_DENYBOX; /* 3 says that nothing was started */
        return false;
    }
    if (!observed_same(&r->before, &r->after, &r->reasons)) {
        r->blocked = true;
        return error_set(sv->e, EXIT_BLOCKED, "cannot go on: a wall changed in the exec");
    }
    if (sys_pidfd_send_signal(sv->payload_fd, SIGCONT) < 0)
        return error_errno(sv->e, EXIT_DENYBOX, errno, "cannot continue the payload");
    return true;
}

/* With evidence a payload is looked at in its exec. One that has ended by itself without that was
 * continued by somebody else before init saw it stand: nothing can be said of its walls. */
static bool was_looked_at(const struct supervisor *sv)
{
    return sv->s->plan->declared.evidence == NULL || sv->s->plan->derived.payload.fd < 0 ||
           sv->result->ending != ENDING_EXITED || sv->result->after.valid;
}

static bool take_end(struct supervisor *sv, const struct message *m)
{
    struct ended ended;

    memcpy(&ended, m->bytes, sizeof ended);
    sv->result->ending = ended.code == CLD_EXITED ? ENDING_EXITED : ENDING_SIGNALLED;
    sv->result->number = ended.status;
    sv->result->usage = ended.usage;
    sv->ended = true;
    timelimit_end(sv);
    return was_looked_at(sv) ||
           error_set(sv->e, EXIT_DENYBOX,
                     "cannot vouch for the run: the payload was not seen after "
                     "its exec, somebody else continued it");
}

static bool init_message(struct supervisor *sv)
{
    struct message m;

    if (!message_receive(sv->s->init_socket[0], &m))
        return error_set(sv->e, EXIT_DENYBOX,
                         "cannot tell how the payload ended: init was killed from outside");
    if (m.kind == MESSAGE_STOPPED)
        return look_again(sv);
    return m.kind != MESSAGE_ENDED || m.length != sizeof(struct ended) || take_end(sv, &m);
}

/* End of file says that the exec has closed the payload's end; a message, that it has failed. */
static bool exec_message(struct supervisor *sv)
{
    struct message m;

    if (message_receive(sv->s->gate_socket[0], &m))
        return take_error(sv, &m);
    /* Only an end of file, which has no errno, says that there was an exec. */
    if (errno != 0 && errno != ECONNRESET)
        return error_errno(sv->e, EXIT_DENYBOX, errno, "cannot wait for the payload");
    /* The order to go on was not read: that end of file is a death, and not an exec. One that we
     * have brought about ourselves is told of by init. */
    if (errno == ECONNRESET && !sv->signalled)
        return error_set(sv->e, EXIT_DENYBOX,
                         "cannot start the payload: it was killed from outside "
                         "before its exec");
    io_close(&sv->s->gate_socket[0]);
    return true;
}

/* What is left in the pipes of a relay, for as long as there is time. */
static bool deliver_rest(struct supervisor *sv)
{
    struct pollfd fds[4] = {{.fd = sv->signals, .events = POLLIN}};
    int n;

    while ((n = relay_rest(&sv->relay, fds + 1)) > 0 && !timelimit_over(sv)) {
        if (poll(fds, 1 + (nfds_t)n, timelimit_wait(&sv->time)) < 0) {
            if (errno == EINTR)
                continue;
            return error_errno(sv->e, EXIT_DENYBOX, errno, "cannot wait for the terminal");
        }
        if (fds[0].revents != 0 && !signals_take_late(sv))
            return false;
        relay_step(&sv->relay, fds + 1, n);
    }
    return true;
}

/* The shorter of two waits of poll(2), where -1 is for ever. */
static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* One round of waiting and seeing to whatever has come. */
static bool attend(struct supervisor *sv)
{
    struct pollfd fds[6] = {
        {.fd = sv->s->gate_socket[0], .events = POLLIN},
        {.fd = sv->s->init_socket[0], .events = POLLIN},
        {.fd = sv->signals, .events = POLLIN},
    };
    int n = relay_wants(&sv->relay, fds + 3);

    if (poll(fds, 3 + (nfds_t)n, sooner(timelimit_wait(&sv->time), relay_wait(&sv->relay))) < 0)
        return errno == EINTR ||
               error_errno(sv->e, EXIT_DENYBOX, errno, "cannot wait for the payload");
    if (fds[0].revents != 0 && !exec_message(sv))
        return false;
    if (fds[1].revents != 0 && !init_message(sv))
        return false;
    /* One that comes with the payload's end is not for the dead: it is seen to afterwards. */
    if (fds[2].revents != 0 && !sv->ended)
        signals_take(sv);
    relay_step(&sv->relay, fds + 3, n);
    return true;
}

bool supervise_run(struct supervisor *sv)
{
    weakened_never(sv->s);
    sv->started = true;
    timelimit_begin(sv);
    if (!fault_skips("proof") && !message_send(sv->s->gate_socket[0], MESSAGE_OPEN, 0, NULL, 0))
        return step_failed(sv->e, "cannot open the gate");
    while (!sv->ended) {
        if (!attend(sv))
            return false;
        /* A payload that has ended meanwhile has ended in time. */
        if (!sv->ended)
            timelimit_step(sv);
    }
    return deliver_rest(sv);
}
