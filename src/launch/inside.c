/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "launch/channel.h"
#include "launch/filters.h"
#include "launch/sandbox.h"

/* The payload-to-be: puts itself behind the last walls, proves them, waits for the gate, execs. */

/* Once the filters are loaded nothing privileged may be tried any more: a step that comes after is
 * a defect, and ends here. */
static bool filtered;

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

static const struct step restricting[] = {
    {"die-with-init", step_die_with_init},
    {"session", step_session},
    {"signals", step_signals},
    {"dumpable", step_dumpable},
    {"descriptors", step_descriptors},
    {"working-directory", step_working_directory},
    {"limits", step_limits},
    {"affinity", step_affinity},
    {"landlock", step_landlock},
};

static void fail(struct sandbox *s, const struct error *e)
{
    message_send(s->gate_socket[1], MESSAGE_ERROR, 0, e, sizeof *e);
    _exit(EXIT_DENYBOX);
}

static void tripwire(void)
{
    if (filtered)
        abort();
}

/* The steps, then the filter, then the probes that fork; only then the token, which no other
 * process may ever hold, the seal, and the other probes: under everything the payload will have. */
static void prove(struct sandbox *s, struct findings *f)
{
    struct error e = {0};

    tripwire();
    if (!run_steps(restricting, sizeof restricting / sizeof restricting[0], s, &e) ||
        (!fault_skips("filter") && !step_filter(s, &e)))
        fail(s, &e);
    filtered = true;
    if (s->plan->command == COMMAND_ATTEST)
        s->hooks->probe_forking(f);
    if ((!fault_skips("seal") && !step_seal(s, &e)) || !step_stacked(s, &e))
        fail(s, &e);
    message_send(s->gate_socket[1], MESSAGE_HELLO, s->landlock_abi, NULL, 0);
    s->hooks->probe(s->plan, s->proc, f);
    if (!message_send_findings(s->gate_socket[1], f))
        _exit(EXIT_DENYBOX);
}

void inside_main(struct sandbox *s)
{
    static struct findings findings;
    struct error e;

    environ = s->plan->declared.env;
    prove(s, &findings);
    if (!message_wait_go(s->gate_socket[1]))
        _exit(EXIT_DENYBOX);
    if (s->plan->derived.payload.fd < 0)
        _exit(s->hooks->inside(s->plan, &findings));
    io_close(&s->proc);
    filters_exec(s);
    error_errno(&e, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, errno,
                "cannot run '%s'", text_show(s->plan->derived.payload.path));
    fail(s, &e);
    _exit(EXIT_DENYBOX);
}
