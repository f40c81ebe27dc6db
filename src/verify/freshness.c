/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/form.h"

/* Clocks of two machines never agree quite. */
#define CLOCK_SKEW 300

/* From the end of a sandbox to its controls, in seconds. */
#define CONTROLS_LATE 3600

static void check_nonce(struct verification *v)
{
    const char *nonce = field_text(v->bundle, "freshness.nonce");

    if (v->policy->nonce != NULL && !same_text(v->policy->nonce, nonce))
        note(v, REASON_NONCE_DIFFERS, "the nonce is '%s'", text_show(nonce));
}

static void check_age(struct verification *v, int64_t started, int64_t finished)
{
    const struct policy *policy = v->policy;

    if (started > policy->now + CLOCK_SKEW || finished > policy->now + CLOCK_SKEW)
        note(v, REASON_FROM_FUTURE, "it ran from %s to %s",
             field_text(v->bundle, "freshness.started_at"),
             field_text(v->bundle, "freshness.finished_at"));
    else if (policy->max_age != 0 && policy->now - started > (int64_t)policy->max_age)
        note(v, REASON_TOO_OLD, "started %lld seconds ago", (long long)(policy->now - started));
}

/* They are run when the sandbox is gone, right after it: attest leaves little to be looked at. */
static void check_controls_time(struct verification *v, int64_t finished)
{
    const char *run_at = field_text(v->bundle, "controls.run_at");
    int64_t at = 0;

    if (run_at == NULL)
        return;
    form_time(run_at, &at);
    if (at > v->policy->now + CLOCK_SKEW)
        note(v, REASON_FROM_FUTURE, "the controls were run at %s", run_at);
    else if (at < finished - CLOCK_SKEW || at > finished + CONTROLS_LATE)
        note(v, REASON_DATES, "the controls were run at %s, and the sandbox ended at %s", run_at,
             field_text(v->bundle, "freshness.finished_at"));
}

bool check_freshness(struct verification *v)
{
    const char *started = field_text(v->bundle, "freshness.started_at");
    const char *finished = field_text(v->bundle, "freshness.finished_at");
    const char *date = field_text(v->bundle, "run_date");
    int64_t from = 0;
    int64_t to = 0;

    check_nonce(v);
    form_time(started, &from);
    form_time(finished, &to);
    check_age(v, from, to);
    check_batch_age(v, from);
    check_controls_time(v, to);
    if (to < from)
        note(v, REASON_DATES, "finished_at %s is before started_at %s", finished, started);
    if (strncmp(date, started, strlen(date)) != 0 && strncmp(date, finished, strlen(date)) != 0)
        note(v, REASON_DATES, "run_date %s is the day of neither %s nor %s", date, started,
             finished);
    return true;
}
