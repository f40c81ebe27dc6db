/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "launch/channel.h"
#include "launch/filters.h"
#include "launch/sandbox.h"
#include "launch/weaken.h"

/* The payload-to-be: puts itself behind the last walls, proves them, waits for the gate, execs. */

static bool step_die_with_init(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0) < 0)
        return step_failed(e, "cannot ask to die with init");
    if (getppid() != 1)
        _exit(EXIT_DENYBOX);
    return true;
}

/* The launcher looks at this process in /proc, as its user: init's state was inherited. */
static bool step_dumpable(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_DUMPABLE, 1, 0) < 0)
        return step_failed(e, "cannot become dumpable");
    return true;
}

static bool step_working_directory(struct sandbox *s, struct error *e)
{
    if (sys_chdir(s->plan->declared.chdir) < 0) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot change to '%s' in the sandbox",
                    text_show(s->plan->declared.chdir));
        return error_hint(e, "--chdir names a directory inside the sandbox");
    }
    return true;
}

/* For the launcher: the ids are mapped. From init: the network is there; everything stands. */
static bool step_wait_for_ids(struct sandbox *s, struct error *e)
{
    return message_wait(s->gate_socket[1], MESSAGE_MAPPED)
               ? true
               : error_set(e, EXIT_BLOCKED, "cannot go on: the launcher is gone");
}

/* When init has failed it has said why; what could be said here would only hide it. */
static bool step_wait_for_network(struct sandbox *s, struct error *e)
{
    (void)e;
    if (!message_wait_descriptor(s->pair[1], MESSAGE_NETWORK, &s->network))
        _exit(EXIT_DENYBOX);
    return true;
}

static bool step_wait_for_ready(struct sandbox *s, struct error *e)
{
    (void)e;
    if (!message_wait(s->pair[1], MESSAGE_STANDS))
        _exit(EXIT_DENYBOX);
    return true;
}

static bool step_tell_root(struct sandbox *s, struct error *e)
{
    if (!(s->own_proc ? message_send_descriptor(s->pair[1], MESSAGE_ROOT, s->proc)
                      : message_send(s->pair[1], MESSAGE_ROOT, 0, NULL, 0)))
        return step_failed(e, "cannot tell init that the root stands");
    return true;
}

/* The root, in its mount namespace, which is init's as well: the pivot moves both. */
static const struct step building[] = {
    {"die-with-init", step_die_with_init},
    {"session", step_session},
    {"signals", step_signals},
    {"defaults", step_defaults},
    {"open-proc", step_open_proc},
    {"wait-for-ids", step_wait_for_ids},
    {"private-mounts", step_private_mounts},
    {"open-trees", step_open_trees},
    {"take-ids", step_take_ids},
    {"make-root", step_make_root},
    {"own-program", step_own_program},
    {"mount-in", step_mount_in},
    {"mount-out", step_mount_out},
    {"mount-tmp", step_mount_tmp},
    {"mount-deviations", step_mount_deviations},
    {"lock-root", step_lock_root},
    {"enter-root", step_enter_root},
    {"tell-root", step_tell_root},
};

/* As much as can be is done while init still makes the network; to join it, capabilities are
 * needed. To leave the old root is to wait for all processors to pass through the kernel once
 * (namespace_unlock), which init's does last: it comes late. */
static const struct step restricting[] = {
    {"descriptors", step_descriptors},
    {"limits", step_limits},
    {"securebits", step_securebits},
    {"bounding-set", step_bounding_set},
    {"no-new-privs", step_no_new_privs},
    {"leave-old-root", step_leave_old_root},
    {"working-directory", step_working_directory},
    {"landlock", step_landlock},
    {"wait-for-network", step_wait_for_network},
    {"join-network", step_join_network},
    {"capabilities", step_capabilities},
    /* Changing ids has forgotten it, as it does in init. */
    {"die-with-init", step_die_with_init},
    {"dumpable", step_dumpable},
    {"affinity", step_affinity},
    {"real-time", step_real_time},
    {"filter", step_filter},
};

static void fail(struct sandbox *s, const struct error *e)
{
    message_send(s->gate_socket[1], MESSAGE_ERROR, 0, e, sizeof *e);
    _exit(EXIT_DENYBOX);
}

/* The last walls, in this order: the probes that fork run before the token is drawn, which no other
 * process may ever hold. */
static const struct step sealing[] = {
    {"seal", step_seal},
    {"stacked", step_stacked},
    {"wait-for-ready", step_wait_for_ready},
};

#define RUN(list, s, e) run_steps(list, sizeof(list) / sizeof(list)[0], s, e)

static void prove(struct sandbox *s, struct findings *f)
{
    struct error e = {0};
    struct utsname name = {0};

    if (!RUN(building, s, &e) || !RUN(restricting, s, &e))
        fail(s, &e);
    if (s->plan->command == COMMAND_ATTEST)
        s->hooks->probe_forking(f);
    if (!RUN(sealing, s, &e))
        fail(s, &e);
    steps_end();
    if (fault_skips("proof"))
        return;
    uname(&name);
    message_send(s->gate_socket[1], MESSAGE_HELLO, s->landlock_abi, name.nodename,
                 strlen(name.nodename));
    s->hooks->probe(s->plan, s->proc, f);
    if (!message_send_findings(s->gate_socket[1], f))
        _exit(EXIT_DENYBOX);
}

/* A filter of the user's need not allow what lingering calls. */
static bool wait_for_gate(struct sandbox *s)
{
    struct pollfd gate = {.fd = s->gate_socket[1], .events = POLLIN};

    if (s->n_stacked == 0)
        message_linger(&gate, 1);
    return message_wait(s->gate_socket[1], MESSAGE_OPEN);
}

void inside_main(struct sandbox *s)
{
    static struct findings findings;
    struct error e;

    io_close(&s->pair[0]);
    environ = s->plan->declared.env;
    prove(s, &findings);
    weakened_end(s);
    if (!fault_skips("proof") && !wait_for_gate(s)) {
        error_set(&e, EXIT_BLOCKED, "cannot go on: the gate was not opened");
        fail(s, &e);
    }
    if (s->plan->derived.payload.fd < 0)
        _exit(s->hooks->inside(s->plan, &findings));
    io_close(&s->proc);
    io_close(&s->pair[1]);
    filters_exec(s);
    error_errno(&e, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, errno,
                "cannot run '%s'", text_show(s->plan->derived.payload.path));
    fail(s, &e);
    _exit(EXIT_DENYBOX);
}
