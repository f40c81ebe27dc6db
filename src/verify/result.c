/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/text.h"
#include "rules/oddity.h"
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

/* Each word is known, and none is there twice. */
static bool right_words(const json_t *odd)
{
    const json_t *word;
    size_t next = 0;
    size_t i;

    json_array_foreach(odd, i, word)
    {
        while (next < N_ODDITIES &&
               !same_text(json_string_value(word), oddity_words((enum oddity)next)))
            next++;
        if (next++ >= N_ODDITIES)
            return false;
    }
    return true;
}

/* The set of them that the bundle has. */
static unsigned odd_of(const json_t *output)
{
    unsigned odd = 0;

    for (int i = 0; i < N_ODDITIES; i++) {
        if (array_has(field(output, "odd"), oddity_words((enum oddity)i)))
            odd |= ODD_BIT(i);
    }
    return odd;
}

/* By the bytes of the path, for its text has escapes in it. */
static bool has_odd_name(const json_t *output)
{
    size_t length = 0;
    char *bytes = (char *)text_base64_decode(field_text(output, "path_b64"), &length);
    const char *slash = bytes != NULL ? strrchr(bytes, '/') : NULL;
    bool odd = bytes == NULL || oddity_name(slash != NULL ? slash + 1 : bytes);

    free(bytes);
    return odd;
}

#define UNREAD (ODD_BIT(ODD_UNREADABLE) | ODD_BIT(ODD_LARGE) | ODD_BIT(ODD_UNDIGESTED))

/* What is odd about an output, as far as the other fields tell. */
static bool right_output(const json_t *output, bool collected)
{
    const char *type = field_text(output, "type");
    unsigned odd = odd_of(output);
    bool file = strcmp(type, "file") == 0;
    bool directory = strcmp(type, "directory") == 0;
    bool link = strcmp(type, "link") == 0;
    unsigned kind = link ? ODD_BIT(ODD_LINK) : file || directory ? 0 : ODD_BIT(ODD_SPECIAL);

    if (!right_words(field(output, "odd")) ||
        (odd & (ODD_BIT(ODD_LINK) | ODD_BIT(ODD_SPECIAL))) != kind ||
        ((odd & ODD_BIT(ODD_NAME)) != 0) != has_odd_name(output))
        return false;
    if (file)
        return field_null(output, "sha256") == ((odd & UNREAD) != 0) &&
               (odd & ODD_BIT(ODD_DEEP)) == 0 && (collected || (odd & ODD_BIT(ODD_LARGE)) == 0);
    return field_null(output, "sha256") && field_number(output, "size") == 0 &&
           (odd & (ODD_BIT(ODD_LARGE) | ODD_BIT(ODD_UNDIGESTED))) == 0 &&
           (directory || (odd & (ODD_BIT(ODD_UNREADABLE) | ODD_BIT(ODD_DEEP))) == 0);
}

static void check_count(struct verification *v, const json_t *result, json_int_t odd)
{
    json_int_t listed = (json_int_t)json_array_size(field(result, "outputs"));
    json_int_t entries = field_number(result, "outputs_entries");
    json_int_t all_odd = field_number(result, "outputs_odd");
    bool complete = json_is_true(field(result, "outputs_complete"));

    if (!complete && entries == 0)
        note(v, REASON_OUTPUTS_UNKNOWN, "outputs_complete is false, and none is listed");
    else if (complete ? entries != listed || all_odd != odd : entries <= listed || all_odd < odd)
        note(v, REASON_RESULT, "the outputs are not as many as it says");
}

/* The lines of attest.jsonl are the probes of the bundle, so that what is in it is known. Where
 * nobody could read it, it is not. */
static bool right_lines(const struct verification *v, const json_t *output)
{
    const json_t *probe;
    struct buf lines = {0};
    char digest[DIGEST_TEXT_SIZE];
    bool right;
    size_t i;

    json_array_foreach(json_object_get(v->bundle, "probes"), i, probe)
    {
        char *line = json_canonical(probe);

        buf_printf(&lines, "%s\n", line != NULL ? line : "");
        free(line);
    }
    right = field_null(output, "sha256") ||
            (same_text(field_text(output, "sha256"),
                       sha256_text(digest, buf_text(&lines), lines.length)) &&
             field_number(output, "size") == (json_int_t)lines.length);
    buf_free(&lines);
    return right;
}

/* The artefacts of attest are lines of this file, where /out is kept. */
static void check_artifact(struct verification *v, const json_t *result)
{
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        if (!same_text(field_text(output, "path"), PROBE_ARTIFACT) ||
            !same_text(field_text(output, "type"), "file"))
            continue;
        if (!right_lines(v, output))
            note(v, REASON_RESULT, PROBE_ARTIFACT " has not the lines of the probes");
        return;
    }
    note(v, REASON_RESULT, PROBE_ARTIFACT " is not among the outputs");
}

/* Is there something that --strict-out refuses, listed or not? What only the digests ran out for is
 * not. */
static bool refused_by_strict(const json_t *result)
{
    json_int_t harmless = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        harmless += odd_of(output) == ODD_BIT(ODD_UNDIGESTED);
    }
    return field_number(result, "outputs_odd") > harmless;
}

/* There are at most a thousand, and each is of 53 bits. */
static json_int_t all_sizes(const json_t *result)
{
    json_int_t sum = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        if (i < 1000)
            sum += field_number(output, "size");
    }
    return sum;
}

/* What became of the outputs, against what the plan asked for. */
static void check_state(struct verification *v, const json_t *result)
{
    const json_t *plan = field(v->bundle, "binding.plan");
    const char *state = field_text(result, "outputs_state");
    bool none = field_null(plan, "output.directory");
    bool collected = !field_null(plan, "limits.out_bytes");
    bool published = strcmp(state, "published") == 0;
    bool failed = !same_text(field_text(result, "ending"), "exited") ||
                  field_number(result, "number") != 0 || !field_null(result, "time_limit");

    if (none         ? strcmp(state, "discarded") != 0
        : !collected ? strcmp(state, "left") != 0
                     : !published && strcmp(state, "withheld") != 0)
        note(v, REASON_RESULT, "outputs_state is '%s', which is not the plan's", state);
    if (published && failed && !json_is_true(field(plan, "output.keep_failed")))
        note(v, REASON_RESULT, "the payload failed, and its outputs were published");
    if (published && all_sizes(result) > field_number(plan, "limits.out_bytes"))
        note(v, REASON_RESULT, "the outputs are larger than what was to hold them");
    if (json_is_true(field(plan, "output.strict")) && refused_by_strict(result))
        note(v, REASON_OUTPUTS_REFUSED, "there is something odd among the outputs");
}

static void check_outputs(struct verification *v, const json_t *result)
{
    bool attest = field_null(v->bundle, "binding.plan.payload");
    const json_t *list = field(result, "outputs");
    const json_t *mounts = field(v->bundle, "binding.plan.mounts");
    bool collected = !field_null(v->bundle, "binding.plan.limits.out_bytes");
    json_int_t odd = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(list, i, output)
    {
        odd += json_array_size(field(output, "odd")) != 0;
        if (!right_output(output, collected))
            note(v, REASON_RESULT, "outputs[%zu] contradicts itself: '%s'", i,
                 text_show(field_text(output, "path")));
    }
    check_count(v, result, odd);
    check_state(v, result);
    if (attest && !field_null(json_array_get(mounts, 2), "source") &&
        json_is_true(field(result, "outputs_complete")))
        check_artifact(v, result);
    if (field_null(json_array_get(mounts, 2), "source") && json_array_size(list) != 0)
        note(v, REASON_RESULT, "there are outputs, and the plan throws /out away");
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
