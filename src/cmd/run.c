/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "cmd/commands.h"
#include "cmd/common.h"
#include "evidence/bundle.h"

static void warn_of_oddities(const struct plan *plan, const json_t *bundle)
{
    json_int_t odd =
        json_integer_value(json_object_get(json_object_get(bundle, "result"), "outputs_odd"));

    if (odd != 0 && !plan->declared.quiet)
        fprintf(stderr,
                "denybox: warning: %lld odd entries are left in --out; the bundle lists them\n",
                (long long)odd);
}

/* After the last process of the sandbox is gone. */
static bool write_evidence(const struct plan *plan, const struct binding *binding,
                           const struct launch_result *r, struct error *e)
{
    json_t *bundle = bundle_json(plan, binding, r, e);
    bool ok = bundle != NULL && deliver_bundle(plan, bundle, e);

    if (ok)
        warn_of_oddities(plan, bundle);
    json_decref(bundle);
    return ok;
}

static void report_end(const struct plan *plan, const struct launch_result *r)
{
    status_line(plan, json_pack("{s:s, s:s, s:i, s:i}", "event", "ended", "how",
                                r->ending == ENDING_SIGNALLED ? "signalled" : "exited", "number",
                                r->number, "exit-code", launch_exit_status(r)));
}

static int carry_out(const struct plan *plan)
{
    static struct launch_result result;
    struct binding binding = {0};
    struct error e;
    bool evidence = plan->declared.evidence != NULL;
    int status;

    if (evidence && !binding_take(plan, &binding, &e))
        return report_failure(plan, &result, &e);
    if (launch(plan, &command_hooks, &result, &e)) {
        status = launch_exit_status(&result);
        report_end(plan, &result);
    } else {
        status = report_failure(plan, &result, &e);
    }
    if (plan->declared.verbose && result.ending == ENDING_NOT_STARTED && result.before.valid)
        print_probes(&result);
    if (evidence && (result.ending != ENDING_NOT_STARTED || result.blocked) &&
        !write_evidence(plan, &binding, &result, &e))
        status = report_failure(plan, &result, &e);
    launch_result_free(&result);
    return status;
}

int command_run(int argc, char **argv)
{
    static struct plan plan;
    int status = prepare_plan(&plan, COMMAND_RUN, argc, argv);

    if (status < 0)
        status = carry_out(&plan);
    plan_free(&plan);
    return status;
}
