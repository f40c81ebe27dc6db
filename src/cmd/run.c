/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/run.h"

#include <signal.h>
#include <stdio.h>

#include "base/io.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/inspect.h"
#include "cmd/outputs.h"
#include "cmd/pipes.h"
#include "plan/lack.h"
#include "scan/program.h"

/* Why it was ended, as a word of warning. */
static void warn_of_limit(const struct plan *plan, const struct launch_result *r)
{
    const char *limit = launch_limit(r);

    if (limit != NULL)
        fprintf(stderr,
                "denybox: warning: the payload was ended by its limit: --%s SIZE gives more\n",
                limit);
    else if (r->unwritten)
        fprintf(stderr,
                "denybox: warning: the terminal did not take all that the payload wrote: "
                "--timeout %llu s is over\n",
                (unsigned long long)plan->declared.timeout);
    else if (r->time_limit == TIME_TERMINATED)
        fprintf(stderr, "denybox: warning: the payload was ended: --timeout %llu s is over\n",
                (unsigned long long)plan->declared.timeout);
    else if (r->time_limit == TIME_KILLED)
        fprintf(stderr,
                "denybox: warning: the payload was killed: --timeout %llu s is over, and it did "
                "not end in %llu s more\n",
                (unsigned long long)plan->declared.timeout,
                (unsigned long long)plan_kill_after(&plan->declared));
}

/* A payload that was ended by a limit has printed nothing that says so. Where nobody takes it, as
 * from a terminal that stands still, the end that was promised must not wait for it. */
static void warn(const struct plan *plan, const struct launch_result *r)
{
    if (!plan->declared.quiet && terminal_takes(2))
        warn_of_limit(plan, r);
}

static void status_of_end(const struct plan *plan, const struct launch_result *r)
{
    json_t *line = json_pack(
        "{s:s, s:s, s:i, s:i, s:s*, s:I, s:I, s:I, s:I}", "event", "ended", "how",
        r->ending == ENDING_SIGNALLED ? "signalled" : "exited", "number", r->number, "exit-code",
        launch_exit_status(r), "limit", launch_limit(r), "elapsed-ms", (json_int_t)r->elapsed_ms,
        "user-us", (json_int_t)launch_us(r->usage.ru_utime), "system-us",
        (json_int_t)launch_us(r->usage.ru_stime), "max-rss-kib", (json_int_t)r->usage.ru_maxrss);

    if (r->time_limit != TIME_KEPT)
        json_put(&line, "time-limit", json_string(time_limit_name(r->time_limit)));
    status_line(plan, line);
}

static void report_end(const struct plan *plan, const struct launch_result *r)
{
    if (status_wanted(plan))
        status_of_end(plan, r);
    warn(plan, r);
}

/* Before the sandbox, whose gate then stays shut for what is denied or was not scanned. */
static bool inspect(const struct plan *plan, struct inspection *i, struct launch_result *result,
                    struct binding *binding, struct error *e)
{
    if (plan->declared.scan == NULL)
        return true;
    if (!inspect_payload(plan, i, &result->scan, e))
        return false;
    if (result->scan.denied != 0)
        inspection_print(i);
    binding->scan = inspection_json(plan, i);
    return binding->scan != NULL ||
           error_set(e, EXIT_DENYBOX, "cannot note what was scanned: out of memory");
}

/* A script that the scan did not find was mostly named as if the payload saw it. */
static void explain_scan(const struct plan *plan, const struct launch_result *r, struct error *e)
{
    char text[512];

    if (r->scan.asked && r->scan.denied == NOT_OBSERVED &&
        scan_interpreter(plan->derived.payload.path) && lack_find(plan, 0, text, sizeof text))
        error_hint(e, "%s", text);
}

/* Its own message is of something that is there, outside. */
static void explain_failure(const struct plan *plan, const struct launch_result *r)
{
    char text[512];

    if (r->ending == ENDING_EXITED && r->number != 0 && r->time_limit == TIME_KEPT &&
        !plan->declared.quiet && lack_find(plan, r->number, text, sizeof text))
        fprintf(stderr, "denybox: hint: %s\n", text);
}

static int start(const struct plan *plan, const struct binding *binding,
                 struct launch_result *result)
{
    bool evidence = plan->declared.evidence != NULL;
    struct outputs outputs;
    struct error e;
    int published;
    int status;

    if (launch(plan, &command_hooks, result, &e)) {
        status = launch_exit_status(result);
        report_end(plan, result);
        explain_failure(plan, result);
    } else {
        explain_scan(plan, result, &e);
        status = report_failure(plan, result, &e);
    }
    warn_of_rest(plan, result);
    if (!outputs_settle(plan, result, &outputs, &published, &e))
        status = report_failure(plan, result, &e);
    if (plan->declared.verbose && result->ending == ENDING_NOT_STARTED && result->before.valid)
        print_probes(result);
    /* After the last process of the sandbox is gone. */
    if (evidence && (result->ending != ENDING_NOT_STARTED || result->blocked)) {
        outputs_digest(plan, result, &outputs);
        if (!write_bundle(plan, binding, result, &outputs, &e)) {
            if (result->ending != ENDING_NOT_STARTED && e.hint[0] == '\0')
                error_hint(&e,
                           "the payload has run, and ended with status %d; there is no evidence "
                           "of it",
                           launch_exit_status(result));
            status = report_failure(plan, result, &e);
        }
    }
    io_close(&published);
    audit_free(&outputs.audit);
    return status;
}

int run_once(const struct plan *plan, const struct binding *shared, bool *interrupted)
{
    static struct launch_result result;
    struct inspection inspection = {0};
    struct binding binding = *shared;
    struct error e;
    int status;

    if (pipes_refuse(plan, &e) && inspect(plan, &inspection, &result, &binding, &e) &&
        (plan->declared.evidence == NULL || binding_take(plan, &binding, &e)))
        status = start(plan, &binding, &result);
    else
        status = report_failure(plan, &result, &e);
    *interrupted = result.typed_interrupt && status == 128 + SIGINT;
    launch_result_free(&result);
    json_decref(binding.scan);
    inspection_free(&inspection);
    return status;
}

int command_run(int argc, char **argv)
{
    static struct plan plan;
    static const struct binding nothing_shared;
    int status = prepare_plan(&plan, COMMAND_RUN, argc, argv);
    bool interrupted = false;

    if (status < 0)
        status = run_once(&plan, &nothing_shared, &interrupted);
    plan_free(&plan);
    /* A shell shows the same number, and ends a loop by it: one around a program that goes on after
     * Ctrl-C, or makes something of it, is to go on as well. */
    if (interrupted && fflush(stdout) == 0)
        signal_end_by(SIGINT);
    return status;
}
