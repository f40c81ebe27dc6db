/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rules/deviation.h"
#include "rules/procfs.h"
#include "rules/words.h"
#include "verify/checks.h"
#include "verify/field.h"

static bool is_operators(enum probe probe)
{
    return probe <= PR_DYNIMPORT;
}

/* Are the operators' probes enough? Of another sandbox: denybox starts no payload where one of its
 * own has failed. */
static bool operators_enough(const struct verification *v)
{
    return v->policy->base && v->foreign;
}

/* The set: each probe once, in the order of the table; a DX- probe may be missing from a bundle of
 * another sandbox where the PR- probes are enough. */
void check_probe_set(struct verification *v)
{
    const json_t *list = json_object_get(v->bundle, "probes");
    const json_t *entry;
    enum probe last = PR_NET_1;
    size_t i;

    json_array_foreach(list, i, entry)
    {
        const char *id = field_text(entry, "probe_id");
        enum probe probe = probe_find(id);

        if (probe == N_PROBES) {
            note(v, REASON_PROBE_UNKNOWN, "'%s'", text_show(id));
            continue;
        }
        if (v->probe[probe].listed)
            note(v, REASON_PROBE_TWICE, "%s", id);
        if (probe < last)
            note(v, REASON_PROBE_ORDER, "%s after %s", id, probe_row(last)->id);
        v->probe[probe].listed = true;
        last = probe;
    }
    for (int p = 0; p < N_PROBES; p++) {
        if (!v->probe[p].listed && (is_operators((enum probe)p) || !operators_enough(v)))
            note(v, REASON_PROBE_MISSING, "%s", probe_row((enum probe)p)->id);
    }
}

/* What the probe saw, from the bundle into the findings. */
static void take_fact(struct verification *v, enum probe probe, const json_t *entry)
{
    struct fact *fact = &v->findings.fact[probe];
    const json_t *list = field(entry, "observed");
    const json_t *one;
    size_t i;

    control_number(field_text(entry, "control.result"), &fact->control);
    json_array_foreach(list, i, one)
    {
        struct observation *o = &fact->observed[fact->n];

        if (i == OBSERVATIONS_MAX) {
            note(v, REASON_PROBE_OBSERVED, "%s: more than it can make", probe_row(probe)->id);
            return;
        }
        snprintf(o->label, sizeof o->label, "%s", field_text(one, "what"));
        o->value = (int)field_number(one, "value");
        fact->n++;
    }
}

static bool same_tests(const struct probe_row *row, const json_t *list)
{
    int tests[TESTS_MAX];
    size_t n = probe_tests(row, tests);
    bool same = json_array_size(list) == n;

    for (size_t i = 0; i < n && same; i++)
        same = json_integer_value(json_array_get(list, i)) == tests[i];
    return same;
}

/* A bundle of run names no artefact, one of attest its line; another sandbox may do either. */
static bool right_artifact(const struct verification *v, const struct probe_row *row,
                           const json_t *entry)
{
    const char *path = field_text(entry, "artifact_path");
    char line[64];

    snprintf(line, sizeof line, "/out/" PROBE_ARTIFACT "#%s", row->id);
    if (path == NULL)
        return v->foreign || !field_null(v->bundle, "binding.plan.payload");
    return strcmp(path, line) == 0 && (v->foreign || field_null(v->bundle, "binding.plan.payload"));
}

static bool right_reference(const struct probe_row *row, const json_t *entry)
{
    enum raw_kind raw = judge_raw_kind(row->judge);
    const char *stored = field_text(entry, "raw_ref");
    char reference[32];

    if (raw == N_RAWS || stored == NULL)
        return raw == N_RAWS && stored == NULL;
    snprintf(reference, sizeof reference, "/raw/%s", raw_name(raw));
    return strcmp(stored, reference) == 0;
}

static void check_table(struct verification *v, enum probe probe, const json_t *entry)
{
    const struct probe_row *row = probe_row(probe);
    const char *wrong = !same_text(field_text(entry, "operation"), row->operation) ? "operation"
                        : !same_text(field_text(entry, "expected"), row->expected) ? "expected"
                        : !same_tests(row, field(entry, "tests"))                  ? "tests"
                        : field_number(entry, "boundary") != row->bar              ? "boundary"
                        : !same_text(field_text(entry, "control.operation"), row->control)
                            ? "control"
                        : !right_artifact(v, row, entry) ? "artifact_path"
                        : !right_reference(row, entry)   ? "raw_ref"
                                                         : NULL;

    if (wrong != NULL)
        note(v, REASON_PROBE_TABLE, "%s: %s is not the table's", row->id, wrong);
}

static bool need(const struct verification *v, enum probe probe)
{
    /* A scan is asked for or not; once it was, it counts. */
    if (probe == PR_DYNIMPORT)
        return v->findings.fact[PR_DYNIMPORT].n != 0;
    /* The kernel logs each such death, so run leaves it out. */
    if (probe == DX_ABI && !field_null(v->bundle, "binding.plan.payload"))
        return false;
    return !operators_enough(v) || is_operators(probe);
}

static enum verdict verdict_of(const char *name)
{
    int verdict = VERDICT_PASS;

    while (verdict < VERDICT_ABSENT && strcmp(verdict_name((enum verdict)verdict), name) != 0)
        verdict++;
    return (enum verdict)verdict;
}

static void check_stored(struct verification *v, enum probe probe, const json_t *entry)
{
    struct judged *p = &v->probe[probe];
    const char *id = probe_row(probe)->id;
    const char *actual = field_text(entry, "actual_stderr_or_value");
    char safe[4 * sizeof p->found.actual];

    p->stored = verdict_of(field_text(entry, "verdict"));
    if (p->stored != p->found.verdict)
        note(v, REASON_VERDICT_FORGED, "%s: %s is stored, %s follows: %s", id,
             verdict_name(p->stored), verdict_name(p->found.verdict), text_show(p->found.actual));
    if (field_number(entry, "errno_or_exit") != p->found.number)
        note(v, REASON_PROBE_FORGED, "%s: errno_or_exit is not %d", id, p->found.number);
    /* The text is escaped once more on its way into a document. */
    text_safe(safe, sizeof safe, p->found.actual, strlen(p->found.actual));
    if (strcmp(actual, safe) != 0)
        note(v, REASON_PROBE_FORGED, "%s: the text is not '%s'", id, text_show(p->found.actual));
}

/* A control is tried by every probe but the one that is the control of others. */
static void check_control(struct verification *v, enum probe probe)
{
    const struct fact *fact = &v->findings.fact[probe];
    const char *id = probe_row(probe)->id;

    if (operators_enough(v) && !is_operators(probe))
        return;
    if (probe == PR_FS_OUT_OK && fact->control != NOT_OBSERVED)
        note(v, REASON_PROBE_TABLE, "%s: it has no control", id);
    else if (probe == PR_ENV_1 && fact->control == 0 &&
             !array_has(field(v->bundle, "raw.env_keyset"), "PATH"))
        note(v, REASON_PROBE_FORGED, "%s: its control cannot have succeeded without PATH", id);
    else if (probe != PR_FS_OUT_OK && fact->control != 0)
        note(v, REASON_PROBE_NOT_RUN, "%s: its control %s", id,
             fact->control > 0 ? "failed" : "was not run");
}

static void check_verdict(struct verification *v, enum probe probe)
{
    struct judged *p = &v->probe[probe];
    const char *id = probe_row(probe)->id;
    const char *actual = text_show(p->found.actual);

    if (p->passes || p->excused)
        return;
    if (!p->required && (operators_enough(v) || p->found.verdict == VERDICT_NOT_RUN))
        return;
    if (p->found.verdict == VERDICT_NOT_RUN)
        note(v, REASON_PROBE_NOT_RUN, "%s: %s", id, actual);
    else
        note(v, REASON_PROBE_FAILED, "%s: %s: %s", id, verdict_name(p->found.verdict), actual);
}

/* The deviation proc excuses that /proc/self is there, and nothing else. */
static bool only_proc(const struct fact *fact)
{
    for (int i = 0; i < fact->n; i++) {
        if (fact->observed[i].value != ENOENT && fact->observed[i].value != ENXIO &&
            fact->observed[i].value != EACCES && strcmp(fact->observed[i].label, "/proc/self") != 0)
            return false;
    }
    return true;
}

static bool observes(const struct verification *v, enum probe probe)
{
    const struct fact *fact = &v->findings.fact[probe];
    const char *machine = field_text(v->bundle, "venue_identity.machine");
    bool run = !field_null(v->bundle, "binding.plan.payload");

    return probe_observes(probe, fact, run, machine) ||
           (v->foreign && probe_observes(probe, fact, true, machine));
}

/* The leader of a session has its own number for that of the session; status has both. */
static bool leads(const struct verification *v)
{
    const char *status = v->findings.raw[RAW_STATUS].bytes;
    char process[256]; /* one for each level, of which there are 32 at most */
    char session[256];

    return status == NULL || (status_value(status, "NSpid", process, sizeof process) &&
                              status_value(status, "NSsid", session, sizeof session) &&
                              strcmp(process, session) == 0);
}

static void check_probe(struct verification *v, enum probe probe, const json_t *entry)
{
    const struct fact *fact = &v->findings.fact[probe];
    struct judged *p = &v->probe[probe];
    bool tried = (probe != DX_ABI && probe != PR_DYNIMPORT) || fact->n != 0;

    judge(probe, &v->findings, &p->found);
    p->passes = p->found.verdict == VERDICT_PASS;
    p->required = need(v, probe);
    p->excused = p->found.verdict != VERDICT_NOT_RUN &&
                 deviation_excuses(v->policy->deviations & deviations_of(v), probe);
    if (p->excused && probe == DX_HOSTPATH)
        p->excused = only_proc(fact);
    if ((p->passes || p->excused || !p->required) && tried && !observes(v, probe))
        note(v, REASON_PROBE_OBSERVED, "%s: what it observed is not what it observes",
             probe_row(probe)->id);
    if (probe == DX_ABI && fact->n != 0 && !field_null(v->bundle, "binding.plan.payload"))
        note(v, REASON_PROBE_OBSERVED, "%s: run does not make it", probe_row(probe)->id);
    if (probe == DX_SESSION && p->passes && !v->foreign && !leads(v))
        note(v, REASON_PROBE_OBSERVED, "%s: status has another session", probe_row(probe)->id);
    check_table(v, probe, entry);
    check_control(v, probe);
    check_stored(v, probe, entry);
    check_verdict(v, probe);
}

bool check_probes(struct verification *v)
{
    const json_t *list = json_object_get(v->bundle, "probes");
    const json_t *entry;
    size_t i;

    json_array_foreach(list, i, entry)
    {
        take_fact(v, probe_find(field_text(entry, "probe_id")), entry);
    }
    json_array_foreach(list, i, entry)
    {
        check_probe(v, probe_find(field_text(entry, "probe_id")), entry);
    }
    check_scan_findings(v);
    return true;
}
