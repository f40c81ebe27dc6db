/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/words.h"
#include "verify/checks.h"
#include "verify/field.h"

/* What the one command takes and the other does not: attest has no payload, and run one. */

/* Of attest, what is asked for a payload's sake. */
static const char *too_much(const struct verification *v, const json_t *plan)
{
    return !field_null(plan, "limits.timeout_seconds")       ? "limits.timeout_seconds"
           : json_is_true(field(plan, "output.keep_failed")) ? "output.keep_failed"
           : json_is_true(field(plan, "output.strict"))      ? "output.strict"
           : array_has(json_object_get(v->bundle, "deviations"), "allow-exec") ? "deviations[]"
                                                                               : NULL;
}

/* Of run, and of a batch. The evidence of attest alone goes to standard output, and files of the
 * host are added to no root but one that is made of it. */
static const char *not_of_run(const struct verification *v, const json_t *plan)
{
    return field_null(plan, "evidence")                        ? "evidence"
           : json_array_size(field(plan, "payload.argv")) == 0 ? "payload.argv"
           : !field_null(v->bundle, "controls")                ? "controls"
                                                               : NULL;
}

void check_command(struct verification *v)
{
    const json_t *plan = field(v->bundle, "binding.plan");
    const char *root = field_text(json_array_get(field(plan, "mounts"), 0), "source");
    bool attest = field_null(plan, "payload");
    const char *wrong = attest ? too_much(v, plan) : not_of_run(v, plan);

    if (wrong == NULL && json_array_size(field(plan, "with")) != 0 && !same_text(root, SOURCE_HOST))
        wrong = "with";
    if (wrong != NULL)
        note(v, REASON_COMMAND, "%s is not as %s has it", wrong, attest ? "attest" : "run");
}
