/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/controls.h"
#include "cmd/outputs.h"
#include "evidence/controls_json.h"
#include "evidence/inside.h"
#include "rules/probe.h"

/* What attest writes must not replace anything of the user's. */
static bool check_output(const struct plan *plan, struct error *e)
{
    int out = plan->derived.out.fd;
    const char *taken = out >= 0 ? inside_taken(out) : NULL;

    if (out >= 0 && taken == NULL && plan->declared.controls &&
        faccessat(out, PROBE_CONTROLS, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        taken = PROBE_CONTROLS;
    if (taken == NULL)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot attest into --out '%s': %s exists there",
              text_show(plan->declared.out), taken);
    return error_hint(e, "give an empty directory");
}

/* The outputs as they are now, with the matrix of the controls among them. */
static void look_again(int directory, struct outputs *outputs)
{
    struct error e;

    if (directory < 0)
        return;
    audit_free(&outputs->audit);
    outputs->unknown = !audit_take(directory, &outputs->audit, &e);
    audit_digest(&outputs->audit, directory, OUTPUTS_DIGESTED);
}

/* The option of what was too little for the files, or NULL: they take some 40 KiB of /out, and a
 * few times that of memory. */
static const char *too_little(const struct plan *plan, const struct launch_result *r,
                              const struct error *e)
{
    if (e->number == ENOMEM)
        return "memory";
    if (!error_is_full(e))
        return launch_limit(r);
    return plan->declared.out == NULL     ? "tmp-size"
           : plan->declared.out_size != 0 ? "out-size"
                                          : NULL;
}

static bool unwritten(const struct plan *plan, const struct launch_result *r, struct error *e)
{
    static const char text[] = "cannot write the files of the attestation into /out";
    const char *option;

    if (r->ending == ENDING_SIGNALLED)
        error_set(e, EXIT_DENYBOX, "%s: ended by signal %d", text, r->number);
    else
        error_errno(e, EXIT_DENYBOX, r->number, "%s", text);
    option = too_little(plan, r, e);
    if (option != NULL)
        return error_hint(e, "--%s SIZE gives more", option);
    return error_is_full(e) ? error_hint(e, "make room where --out is, for some 40 KiB") : false;
}

static int carry_out(const struct plan *plan)
{
    static struct launch_result result;
    struct outputs outputs;
    struct binding binding = {0};
    struct error e;
    int status = EXIT_OK;
    int published;
    int directory;

    if (!check_output(plan, &e) || !binding_take(plan, &binding, &e))
        return report_failure(plan, &result, &e);
    if (!launch(plan, &command_hooks, &result, &e)) {
        status = report_failure(plan, &result, &e);
    } else if (launch_exit_status(&result) != 0) {
        unwritten(plan, &result, &e);
        status = report_failure(plan, &result, &e);
    }
    warn_of_rest(plan, &result);
    if (!plan->declared.quiet && (result.ending != ENDING_NOT_STARTED || result.blocked))
        print_probes(&result);
    if (!outputs_settle(plan, &result, &outputs, &published, &e))
        status = report_failure(plan, &result, &e);
    directory = published >= 0 ? published : plan->derived.out.fd;
    if (plan->declared.controls && status == EXIT_OK && !run_controls(plan, directory, &result, &e))
        status = report_failure(plan, &result, &e);
    look_again(directory, &outputs);
    if ((result.ending != ENDING_NOT_STARTED || result.blocked) &&
        !write_bundle(plan, &binding, &result, &outputs, &e))
        status = report_failure(plan, &result, &e);
    io_close(&published);
    audit_free(&outputs.audit);
    launch_result_free(&result);
    return status;
}

int command_attest(int argc, char **argv)
{
    static struct plan plan;
    int status = prepare_plan(&plan, COMMAND_ATTEST, argc, argv);

    if (status < 0)
        status = carry_out(&plan);
    plan_free(&plan);
    return status;
}
