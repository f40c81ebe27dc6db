/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/controls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/io.h"
#include "base/sha256.h"
#include "cmd/common.h"
#include "cmd/matrix.h"
#include "evidence/controls_json.h"
#include "evidence/publish.h"
#include "launch/control.h"
#include "plan/cgroup.h"
#include "plan/derive.h"
#include "rules/probe.h"
#include "rules/procfs.h"

/* What a probe reads of mountinfo, and an old root that is left has all rows of the host. */
#define MOUNTINFO_READ (40U << 10)

#if defined(__x86_64__)
#define ONE_CONVENTION false
#else
#define ONE_CONVENTION true
#endif

/* 127.0.0.1, in each of them: the network namespace may be the host's. And the environment is what
 * the process has, not what the plan says. */
static void probe(const struct plan *plan, int proc, struct findings *f)
{
    struct attest_config config = {
        .in = "/in",
        .out = "/out",
        .tmp = "/tmp",
        .proc = proc,
        .env = environ,
        .target = "127.0.0.1",
        .report = true,
    };

    (void)plan;
    attest_rest(&config, f);
}

static const struct launch_hooks control_hooks = {.probe_forking = attest_forking, .probe = probe};

static bool only_loopback(void)
{
    struct buf text = {0};
    char names[256];
    bool used;
    bool only = io_read_file(AT_FDCWD, "/proc/self/net/dev", 1U << 20, &text) &&
                net_dev_names(buf_text(&text), names, sizeof names, &used) &&
                strcmp(names, "lo") == 0;

    buf_free(&text);
    return only;
}

static bool filtered(void)
{
    struct buf text = {0};
    char value[16] = "0";
    bool some = io_read_file(AT_FDCWD, "/proc/self/status", 1U << 20, &text) &&
                status_value(buf_text(&text), "Seccomp_filters", value, sizeof value) &&
                strcmp(value, "0") != 0;

    buf_free(&text);
    return some;
}

static bool many_mounts(void)
{
    struct buf text = {0};
    bool many =
        !io_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_READ, &text) && errno == EFBIG;

    buf_free(&text);
    return many;
}

/* A plan of its own, with nothing of the host's. */
static bool make_plan(const struct plan *plan, struct plan *own, struct error *e)
{
    if (!plan_init(own, COMMAND_ATTEST, e))
        return false;
    own->declared.seccomp = plan->derived.profile;
    own->declared.uid = plan->declared.uid;
    own->declared.gid = plan->declared.gid;
    /* What the caller's own limits leave room for. */
    own->declared.nofile = plan->declared.nofile;
    own->declared.pids = plan->declared.pids;
    own->declared.cgroup = CGROUP_OFF;
    return plan_derive(own, e);
}

static void show_progress(const struct plan *plan, time_t start, int done)
{
    if (!plan->declared.quiet && time(NULL) - start > 1 && isatty(2))
        fprintf(stderr, "\r  controls: %d of %d\033[K", done, (int)N_REMOVALS);
}

static void hide_progress(const struct plan *plan, time_t start)
{
    if (!plan->declared.quiet && time(NULL) - start > 1 && isatty(2))
        fputs("\r\033[K", stderr);
}

/* Is it how a kernel, a container or a limit refuses? Not how a process is missed that has ended.
 */
static bool is_refusal(int number)
{
    static const int refusals[] = {EPERM,  EACCES, ENOSYS, EINVAL, EOPNOTSUPP, ENOSPC, EUSERS,
                                   ENOMEM, EAGAIN, EMFILE, ENFILE, ENODEV,     ENOENT, ENXIO};
    size_t i = 0;

    while (i < sizeof refusals / sizeof refusals[0] && refusals[i] != number)
        i++;
    return i < sizeof refusals / sizeof refusals[0];
}

/* One control. False: a signal has ended them all. What was refused before there were probes could
 * not run; whatever ends later or by itself, as by a probe that crashes or hangs where its wall is
 * missing, is a fault. */
static bool run_one(const struct plan *own, struct control *c, const struct control_host *host,
                    struct error *e)
{
    struct launch_result result = {0};
    bool noticed = false;
    bool ok = launch_control(own, c->removal, &control_hooks, &result, &noticed, e);

    if (ok) {
        snprintf(c->found, sizeof c->found, "%s", buf_text(&result.reasons));
        control_judge(c, &result.inside, noticed, host);
    } else if (is_refusal(e->number) && !result.before.valid) {
        control_not_run(c, e->text);
    } else {
        control_died(c, e->text);
    }
    launch_result_free(&result);
    return ok || (int)e->exit <= 128;
}

static void tell(const struct plan *plan, const struct control *c)
{
    struct buf faults = {0};

    control_faults(c, &faults);
    status_line(plan,
                json_pack("{s:s, s:s, s:b, s:i, s:i, s:s}", "event", "control", "removal",
                          removal_row(c->removal)->name, "ran", c->ran, "flips", c->flips, "faults",
                          c->faults, "reason", c->ran ? buf_text(&faults) : c->why_not));
    buf_free(&faults);
}

static bool run_all(const struct plan *plan, struct control *controls, struct error *e)
{
    struct control_host host = {only_loopback(), filtered(), many_mounts(), ONE_CONVENTION};
    struct plan own;
    time_t start = time(NULL);
    bool ok = make_plan(plan, &own, e);

    for (int i = 0; ok && i < N_REMOVALS; i++) {
        controls[i].removal = (enum removal)i;
        show_progress(plan, start, i);
        ok = run_one(&own, &controls[i], &host, e);
        tell(plan, &controls[i]);
    }
    hide_progress(plan, start);
    plan_free(&own);
    return ok;
}

/* Takes the digests, and writes the matrix where there is an output directory. */
static bool record(const struct plan *plan, int out, const struct control *controls,
                   struct control_record *r, struct error *e)
{
    struct sha256 s;
    json_t *document;
    char *text;
    bool ok = true;

    control_golden_digest(r->golden_sha256);
    document = controls_matrix_json(controls, N_REMOVALS, r, plan->derived.profile);
    text = document != NULL ? json_pretty(document) : NULL;
    json_decref(document);
    if (text == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot write the matrix of the controls: out of memory");
    sha256_start(&s);
    sha256_add(&s, text, strlen(text));
    sha256_add(&s, "\n", 1);
    sha256_end_text(&s, r->matrix_sha256);
    if (out >= 0)
        ok = publish(out, PROBE_CONTROLS, text, e);
    free(text);
    return ok;
}

/* Nothing that was taken away counts as a removal, and neither does what could not run. */
static int sum_up(const struct plan *plan, const struct control *controls, struct launch_result *r)
{
    int flips = 0;
    int not_run = 0;

    for (int i = 0; i < N_REMOVALS; i++) {
        flips += controls[i].flips;
        not_run += !controls[i].ran && controls[i].faults == 0;
        r->controls.removals += controls[i].ran && i != REMOVE_NOTHING;
        r->controls.faults += controls[i].faults;
        control_faults(&controls[i], &r->reasons);
    }
    status_line(plan, json_pack("{s:s, s:i, s:i, s:i, s:i}", "event", "controls", "removals",
                                r->controls.removals, "flips", flips, "faults", r->controls.faults,
                                "not-run", not_run));
    if (!plan->declared.quiet) {
        print_matrix(controls, N_REMOVALS);
        fprintf(stderr, "  %d removals, %d flips as expected, %d faults", r->controls.removals,
                flips, r->controls.faults);
        if (not_run != 0)
            fprintf(stderr, ", %d not run", not_run);
        fputc('\n', stderr);
    }
    return r->controls.faults;
}

bool run_controls(const struct plan *plan, int out, struct launch_result *result, struct error *e)
{
    struct control *controls = calloc(N_REMOVALS, sizeof *controls);
    bool ok = controls != NULL;

    if (!ok)
        error_set(e, EXIT_DENYBOX, "cannot run the controls: out of memory");
    result->controls.run_at = time(NULL);
    ok = ok && run_all(plan, controls, e);
    if (ok) {
        int faults = sum_up(plan, controls, result);

        ok = record(plan, out, controls, &result->controls, e);
        result->controls.run = ok;
        if (ok && faults != 0)
            ok = error_set(e, EXIT_BLOCKED, "cannot trust the probes: %d faults in the controls",
                           faults);
        else if (ok && !controls[REMOVE_NOTHING].ran)
            ok = error_set(e, EXIT_BLOCKED, "cannot run the controls: %s",
                           controls[REMOVE_NOTHING].why_not);
    }
    free(controls);
    return ok;
}
