/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>

#include "verify/checks.h"
#include "verify/field.h"
#include "verify/form.h"

/* A launcher that is not given a processor sees late that its time limit is over, or that the
 * payload has ended. One that was later than this has not held the limit. */
#define LATE_MS 10000

/* Two times in whole seconds, of a clock that goes by ticks and may insert a leap second between
 * them, and the milliseconds of one that does not. */
#define CLOCKS_DIFFER_MS 3000

/* Signals are 1 to 64. */
#define SIGNAL_LAST 64

static void check_ending(struct verification *v, const json_t *result)
{
    const char *ending = field_text(result, "ending");
    json_int_t number = field_number(result, "number");
    bool attest = field_null(v->bundle, "binding.plan.payload");
    bool ran = strcmp(ending, "exited") == 0 || strcmp(ending, "signalled") == 0;

    if (!ran) {
        note(v, REASON_RESULT_BLOCKED, "the ending is '%s'", ending);
        return;
    }
    if (field_null(result, "number") || field_null(result, "usage") ||
        field_null(result, "elapsed_ms"))
        note(v, REASON_RESULT, "it is %s, without number, usage or time", ending);
    if (strcmp(ending, "signalled") == 0 && (number < 1 || number > SIGNAL_LAST))
        note(v, REASON_RESULT, "there is no signal %lld", (long long)number);
    if (attest && (strcmp(ending, "exited") != 0 || number != 0))
        note(v, REASON_RESULT, "attest did not write its files");
}

/* What the time limit is said to have come to, against how long the payload took. Nothing is said
 * of how long it took after its limit: it may have been stopped from a terminal. */
static void check_time(struct verification *v, const json_t *result)
{
    const json_t *limits = field(v->bundle, "binding.plan.limits");
    const char *met = field_text(result, "time_limit");
    bool killed = same_text(met, "killed");
    json_int_t planned = 1000 * field_number(limits, "timeout_seconds");
    json_int_t least = planned + (killed ? 1000 * field_number(limits, "kill_after_seconds") : 0);
    json_int_t took = field_number(result, "elapsed_ms");

    if (field_null(limits, "timeout_seconds")) {
        if (met != NULL)
            note(v, REASON_RESULT, "a time limit was met, and none is planned");
    } else if (met != NULL && took < least) {
        note(v, REASON_RESULT, "the payload was %s by a time limit before it was over", met);
    } else if (met == NULL && took > planned + LATE_MS) {
        note(v, REASON_RESULT, "the payload took %lld ms, and met no time limit", (long long)took);
    }
    if (killed && (!same_text(field_text(result, "ending"), "signalled") ||
                   field_number(result, "number") != SIGKILL))
        note(v, REASON_RESULT, "the payload was killed, and that is not how it ended");
}

/* The payload ran within the time of the sandbox, which may be longer for any reason: it is made
 * and proved first, the host may have slept, or its clock have been set. */
static void check_span(struct verification *v, const json_t *result)
{
    json_int_t took = field_number(result, "elapsed_ms");
    int64_t from = 0;
    int64_t to = 0;

    form_time(field_text(v->bundle, "freshness.started_at"), &from);
    form_time(field_text(v->bundle, "freshness.finished_at"), &to);
    /* The dates say when the end is before the start. */
    if (to >= from && took > (to - from) * 1000 + CLOCKS_DIFFER_MS)
        note(v, REASON_RESULT, "the payload took %lld ms, and the sandbox %lld s", (long long)took,
             (long long)(to - from));
}

/* What a cgroup counts is there where one has held the limit, and nowhere else. */
static void check_events(struct verification *v, const json_t *result)
{
    static const struct {
        const char *event;
        const char *held_by;
    } pairs[] = {{"events.oom_kills", "limits.memory.held_by"},
                 {"events.pids_refused", "limits.pids.held_by"}};

    if (field_null(result, "usage"))
        return; /* nothing ran */
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (field_null(result, pairs[i].event) ==
            same_text(field_text(v->bundle, pairs[i].held_by), "cgroup"))
            note(v, REASON_RESULT, "%s is counted without a cgroup, or not by it", pairs[i].event);
    }
}

/* The limit that ended it follows from the rest. */
static void check_limit(struct verification *v, const json_t *result)
{
    const char *want = NULL;
    const char *have = field_text(result, "limit");
    json_int_t number = field_number(result, "number");

    if (same_text(field_text(result, "ending"), "signalled") && field_null(result, "time_limit")) {
        if (number == SIGKILL && field_number(result, "events.oom_kills") > 0)
            want = "memory";
        else if (number == SIGXFSZ && !field_null(v->bundle, "limits.fsize"))
            want = "fsize";
    }
    if (want == NULL ? have != NULL : !same_text(have, want))
        note(v, REASON_RESULT, "the limit that ended it is said to be %s, and was %s",
             have != NULL ? have : "none", want != NULL ? want : "none");
}

void check_result(struct verification *v)
{
    const json_t *result = field(v->bundle, "result");

    check_ending(v, result);
    check_time(v, result);
    check_span(v, result);
    check_events(v, result);
    check_limit(v, result);
    check_outputs(v, result);
}
