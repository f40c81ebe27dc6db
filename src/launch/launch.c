/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "host/requirement.h"
#include "launch/channel.h"
#include "launch/filters.h"
#include "launch/gate.h"
#include "launch/ids.h"
#include "launch/observe.h"
#include "launch/prove.h"
#include "launch/signals.h"
#include "launch/trees.h"
#include "launch/weaken.h"
#include "rules/mounts.h"

static bool open_sockets(struct sandbox *s, struct error *e)
{
    /* The kernel tells with each message which process sent it, in our own numbers. */
    if (sys_socketpair(SOCK_SEQPACKET, s->init_socket) < 0 ||
        sys_socketpair(SOCK_SEQPACKET, s->gate_socket) < 0 ||
        sys_setsockopt(s->gate_socket[0], SO_PASSCRED, 1) < 0)
        return step_failed(e, "cannot make the sockets to the sandbox");
    if (s->plan->declared.evidence != NULL && s->plan->derived.payload.fd >= 0 &&
        sys_pipe2(s->sentry, O_CLOEXEC) < 0)
        return step_failed(e, "cannot make the pipe of the sentry");
    return true;
}

static bool open_host_proc(struct sandbox *s, struct error *e)
{
    s->host_proc = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (s->host_proc < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot open /proc of the host");
    return true;
}

bool prove_prepare(struct supervisor *sv)
{
    struct sandbox *s = sv->s;

    return open_host_proc(s, sv->e) && ids_choose(s, sv->e) &&
           filters_prepare(s, sv->result, sv->e) && trees_prepare(s, sv->e) &&
           relay_open(&sv->relay, s->stdio, sv->e) && open_sockets(s, sv->e) && signals_open(sv) &&
           cgroup_open(&s->cgroup, s->plan, s->host_proc, sv->e);
}

/* All but the network namespace (network.c); in the test build a missing one must be found by the
 * gate. */
static uint64_t namespaces(const struct sandbox *s)
{
    static const struct {
        const char *name;
        uint64_t flag;
    } all[] = {
        {"ns-mnt", CLONE_NEWNS},  {"ns-pid", CLONE_NEWPID},       {"ns-ipc", CLONE_NEWIPC},
        {"ns-uts", CLONE_NEWUTS}, {"ns-cgroup", CLONE_NEWCGROUP}, {"ns-user", CLONE_NEWUSER},
    };
    uint64_t flags = 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        flags |= fault_skips(all[i].name) ? 0 : all[i].flag;
    return flags & ~((weakened(s, REMOVE_IPC) ? (uint64_t)CLONE_NEWIPC : 0) |
                     (weakened(s, REMOVE_CGROUP) ? (uint64_t)CLONE_NEWCGROUP : 0));
}

static bool clone_init(struct supervisor *sv)
{
    struct sandbox *s = sv->s;
    struct clone_args args = {
        .flags = namespaces(s) | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&sv->init_fd,
        .exit_signal = SIGCHLD,
    };

    /* The new cgroup namespace begins there as well, so that nothing above it shows. */
    if (s->cgroup.box.fd >= 0 && !fault_skips("cgroup")) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)s->cgroup.box.fd;
    }
    sv->init = sys_clone3(&args);
    if (sv->init < 0 && args.cgroup != 0 && cgroup_refused(s->plan, errno, sv->e))
        return false;
    if (sv->init < 0)
        return error_errno(sv->e, EXIT_BLOCKED, errno, "cannot make the namespaces of the sandbox");
    if (sv->init == 0)
        init_main(s);
    io_close(&s->init_socket[1]);
    io_close(&s->gate_socket[1]);
    io_close(&s->sentry[0]);
    io_close(&s->sentry[1]);
    relay_close_inner(&sv->relay);
    return true;
}

/* init ends with the payload or is killed; every process of its namespace is gone when it is. */
static void reap_init(struct supervisor *sv)
{
    siginfo_t info;

    if (sv->init <= 0)
        return;
    while (waitid(P_PIDFD, (id_t)sv->init_fd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
}

/* Both children wait for their ids. When init is gone by then, it has said why. */
static bool map_children(struct supervisor *sv)
{
    bool ok = init_view_open(sv->s->host_proc, sv->init, &sv->view, sv->e) &&
              ids_map(sv->s, sv->init, sv->e);

    if (ok && (!message_send(sv->s->init_socket[0], MESSAGE_MAPPED, 0, NULL, 0) ||
               !message_send(sv->s->gate_socket[0], MESSAGE_MAPPED, 0, NULL, 0)))
        ok = step_failed(sv->e, "cannot start init");
    if (!ok)
        supervise_last_words(sv);
    return ok;
}

bool prove_sandbox(struct supervisor *sv)
{
    if (!clone_init(sv) || !map_children(sv))
        return false;
    /* In the test build the proof can be left out, for the bench to say what it costs. */
    if (!fault_skips("proof") && !supervise_gate(sv))
        return sv->e->text[0] != '\0' ? false : step_failed(sv->e, "cannot start init");
    return true;
}

/* A scan is a check of the payload and no wall; the gate stays shut for both. */
static bool scan_alone(const char *reasons)
{
    for (const char *line = reasons; *line != '\0';
         line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, "PR-DYNIMPORT ", strlen("PR-DYNIMPORT ")) != 0)
            return false;
    }
    return reasons[0] != '\0';
}

/* No policy helps where the scan did not come to its end. */
static bool scan_refuses(const char *reasons, struct error *e)
{
    static const char unread[] = "PR-DYNIMPORT NOT_RUN";

    if (strncmp(reasons, unread, strlen(unread)) == 0) {
        error_set(e, EXIT_BLOCKED, "cannot start the payload: it could not be scanned");
        return error_hint(e,
                          "what can be scanned, denybox-scan(1) says; without --scan nothing is");
    }
    error_set(e, EXIT_BLOCKED, "cannot start the payload: the scan does not allow it");
    return error_hint(e, "a policy of your own (--scan FILE) allows more; denybox scan "
                         "--show-policy shows the built-in one");
}

static bool has_brought_mounts(const struct declared *d, const char *mountinfo)
{
    bool brought = mounts_beneath(mountinfo, "/in") || mounts_beneath(mountinfo, "/out");

    for (size_t i = 0; i < d->n_binds; i++)
        brought = brought || mounts_beneath(mountinfo, d->binds[i].target);
    return brought;
}

/* The reasons say which; to one of them there is an answer that nobody thinks of. */
static bool wall_missing(const struct plan *plan, const struct findings *f, struct error *e)
{
    const char *mountinfo = f->raw[RAW_MOUNTINFO].bytes;

    error_set(e, EXIT_BLOCKED, "cannot start the payload: a wall is missing");
    return mountinfo == NULL || !has_brought_mounts(&plan->declared, mountinfo)
               ? false
               : error_hint(e,
                            "what is mounted beneath --in, --out or --ro-bind comes along: give a "
                            "directory with no mount in it");
}

/* Whoever may write to the place can take a limit of the cgroup away. Of a run that has gone on
 * without it there is no result, and no evidence. */
static bool limits_stood(struct supervisor *sv)
{
    const char *lost = cgroup_lost(&sv->s->cgroup, &sv->s->plan->declared);

    if (lost == NULL)
        return true;
    sv->result->ending = ENDING_NOT_STARTED;
    error_set(sv->e, EXIT_DENYBOX,
              "cannot vouch for the run: the limit of its cgroup by the controller %s was not in "
              "force to the end",
              lost);
    return error_hint(sv->e, "the payload has run; somebody else has written to that cgroup, or "
                             "taken the controller away from the one above it");
}

static bool carry_out(struct supervisor *sv)
{
    struct launch_result *r = sv->result;

    if (!prove_prepare(sv) || !prove_sandbox(sv))
        return false;
    /* In the test build the gate can be left out as any step: the escape suite starts payloads
     * behind fewer walls, to see that they get out. */
    if (!fault_skips("proof") && !gate_open(sv->s, &sv->gate, r) && !fault_skips("gate")) {
        r->blocked = true;
        return scan_alone(buf_text(&r->reasons)) ? scan_refuses(buf_text(&r->reasons), sv->e)
                                                 : wall_missing(sv->s->plan, &r->inside, sv->e);
    }
    sv->s->hooks->started(sv->s->plan, r);
    return supervise_run(sv) && limits_stood(sv);
}

static void release(struct supervisor *sv)
{
    struct sandbox *s = sv->s;

    for (int i = 0; i < 2; i++) {
        io_close(&s->init_socket[i]);
        io_close(&s->gate_socket[i]);
        io_close(&s->sentry[i]);
    }
    relay_close(&sv->relay);
    trees_close(s);
    filters_free(s);
    io_close(&s->host_proc);
    io_close(&sv->payload_fd);
    init_view_close(&sv->view);
    io_close(&sv->signals);
}

/* A filter of the user's own comes last and before the probes: most of what fails beneath it is its
 * doing. A scan is not. */
static bool denied_by_own(const struct plan *plan, const struct launch_result *r,
                          const struct error *e)
{
    return (plan->derived.stacked_json != NULL || plan->declared.seccomp_bpf != NULL) &&
           (e->exit == EXIT_BLOCKED || e->exit == EXIT_NOT_EXECUTABLE) &&
           !scan_alone(buf_text(&r->reasons));
}

/* The host is asked from out here: inside, the sysctls of namespaces are the new one's own. */
static void explain(const struct plan *plan, const struct launch_result *r, struct error *e)
{
    if (e->exit == EXIT_BLOCKED && !r->blocked && !r->before.valid)
        host_explain((plan->derived.rootfs.fd >= 0 ? 1U << NEED_ROOTFS : 0) |
                         (plan->declared.proc ? 1U << NEED_PROC : 0),
                     e);
    if (e->hint[0] == '\0' && denied_by_own(plan, r, e))
        error_hint(e, "a filter of --seccomp or --seccomp-bpf may deny what the start or a probe "
                      "needs: denybox-seccomp(5), STACKING, says what to leave allowed");
}

void prove_begin(struct supervisor *sv, const struct plan *plan, const struct launch_hooks *hooks,
                 struct launch_result *result, struct error *e)
{
    static struct sandbox s;

    s = (struct sandbox){
        .plan = plan,
        .hooks = hooks,
        .init_socket = {-1, -1},
        .gate_socket = {-1, -1},
        .sentry = {-1, -1},
        .pair = {-1, -1},
        .dumpable = -1, /* until init says otherwise */
        .cgroup = CGROUP_NONE,
        .host_proc = -1,
        .idmapped_in = -1,
        .idmapped_out = -1,
        .detached_rootfs = -1,
        .detached_program = -1,
        .tree_in = -1,
        .tree_out = -1,
        .tree_rootfs = -1,
        .program = plan->derived.payload.fd,
        .root = -1,
        .proc = -1,
        .network = -1,
    };
    *sv = (struct supervisor){
        .s = &s,
        .result = result,
        .init_fd = -1,
        .view = INIT_VIEW_NONE,
        .payload_fd = -1,
        .signals = -1,
        .e = e,
    };
    for (int i = 0; i < 3; i++)
        sv->relay.inner[i] = sv->relay.stream[i].from = sv->relay.stream[i].own = -1;
    e->text[0] = '\0';
    result->started_at = time(NULL);
}

void prove_end(struct supervisor *sv)
{
    /* First: what has failed must not run on while this process lets go. Also an init that has said
     * how the payload ended: somebody may have stopped it since. */
    if (sv->init > 0)
        sys_pidfd_send_signal(sv->init_fd, SIGKILL);
    /* The kernel takes the sandbox apart meanwhile. */
    release(sv);
    reap_init(sv);
    cgroup_events(&sv->s->cgroup, &sv->result->events);
    if (!cgroup_close(&sv->s->cgroup))
        snprintf(sv->result->cgroup_left, sizeof sv->result->cgroup_left, "%s",
                 sv->s->cgroup.box.name);
    io_close(&sv->init_fd);
    /* Nobody reads them any more: what is left to do must still be possible to interrupt. */
    if (sv->signals_blocked)
        sigprocmask(SIG_SETMASK, &sv->mask, NULL);
    sv->result->finished_at = time(NULL);
}

/* What has ended too early, and cannot tell why, was ended by the kernel. A payload has its own
 * ways to use memory up: what failed beside it keeps its message. */
static bool short_of_memory(const struct supervisor *sv)
{
    const struct launch_result *r = sv->result;

    if (r->blocked || r->events.oom_kills <= 0)
        return false;
    if (sv->started) {
        if (sv->e->hint[0] == '\0')
            error_hint(sv->e, "the kernel has ended processes of the sandbox for want of memory: "
                              "--memory SIZE gives more");
        return false;
    }
    error_set(sv->e, sv->e->exit,
              "cannot go on: the memory of the sandbox was used up (--memory %llu)",
              (unsigned long long)sv->s->plan->declared.memory);
    error_hint(sv->e, "the sandbox itself needs a part of it: --memory SIZE gives more");
    return true;
}

bool launch(const struct plan *plan, const struct launch_hooks *hooks, struct launch_result *result,
            struct error *e)
{
    static struct supervisor sv;
    bool ok;

    prove_begin(&sv, plan, hooks, result, e);
    ok = carry_out(&sv);
    prove_end(&sv);
    if (!ok && !short_of_memory(&sv))
        explain(plan, result, e);
    return ok;
}
