/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/gate.h"

#include <stdlib.h>

#include "rules/deviation.h"
#include "rules/mounts.h"

/* With declared mounts the table may have those rows more, and only those. */
static bool declared_mounts_hold(const struct plan *plan, const struct findings *f,
                                 struct buf *reasons)
{
    const struct declared *d = &plan->declared;
    const char **points = calloc(d->n_binds + N_MOUNT_DEVICES + 3, sizeof *points);
    char actual[320] = "out of memory";
    size_t n = 0;
    bool ok;

    for (size_t i = 0; points != NULL && i < d->n_binds; i++)
        points[n++] = d->binds[i].target;
    if (points != NULL && d->proc)
        points[n++] = "/proc";
    if (points != NULL && d->dev)
        points[n++] = "/dev";
    for (size_t i = 0; points != NULL && d->dev && i < N_MOUNT_DEVICES; i++)
        points[n++] = mount_devices[i];
    ok = points != NULL && f->raw[RAW_MOUNTINFO].bytes != NULL &&
         mounts_hold(f->raw[RAW_MOUNTINFO].bytes, points, actual, sizeof actual);
    if (!ok)
        buf_printf(reasons, "PR-MOUNT-1 FAIL: %s\n", actual);
    free(points);
    return ok;
}

static bool probe_holds(const struct plan *plan, enum probe probe, const struct findings *f,
                        struct buf *reasons)
{
    const struct probe_row *row = probe_row(probe);
    struct judgement j;

    if (judge_passes(probe, f) || (row->judge == JUDGE_SCAN && f->fact[probe].n == 0))
        return true;
    judge(probe, f, &j);
    if (j.verdict == VERDICT_NOT_RUN && row->judge == JUDGE_SIGSYS &&
        plan->command != COMMAND_ATTEST)
        return true; /* attest alone runs it: see probe.h */
    if ((j.verdict == VERDICT_FAIL || j.verdict == VERDICT_ABSENT) &&
        deviation_excuses(plan->derived.deviations, probe))
        return probe != PR_MOUNT_1 || declared_mounts_hold(plan, f, reasons);
    buf_printf(reasons, "%s %s: %s: %s, expected %s\n", row->id, verdict_name(j.verdict),
               row->operation, j.actual, row->expected);
    return false;
}

/* It is no probe of the kernel, and what is said of it inside counts for nothing. */
static void take_scan(const struct scan_record *scan, struct fact *fact)
{
    fact->n = scan->asked ? 1 : 0;
    fact->observed[0] = (struct observation){"denied", scan->denied};
}

bool gate_open(const struct sandbox *s, const struct gate *gate, struct launch_result *result)
{
    bool ok = gate->init_holds && gate->limits_hold && gate->name_holds;

    take_scan(&result->scan, &result->inside.fact[PR_DYNIMPORT]);
    for (int i = 0; i < N_PROBES; i++)
        ok = probe_holds(s->plan, (enum probe)i, &result->inside, &result->reasons) && ok;
    ok = observed_hold(s, &gate->own, &result->before, &result->inside, &result->reasons) && ok;
    /* Out of memory while the reasons were written must not read as "no reasons". */
    return ok && !result->reasons.failed;
}
