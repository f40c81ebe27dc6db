/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct probe_row table[N_PROBES] = {
#define PROBE(symbol, id, operation, expected, tests, bar, control, judge, a, b, c)                \
    [symbol] = {id, operation, expected, tests, bar, control, JUDGE_##judge, {a, b, c}},
#include "rules/probe.def"
#undef PROBE
};

const struct probe_row *probe_row(enum probe probe)
{
    return &table[probe];
}

enum probe probe_find(const char *id)
{
    for (int i = 0; i < N_PROBES; i++) {
        if (strcmp(table[i].id, id) == 0)
            return (enum probe)i;
    }
    return N_PROBES;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"PASS", "FAIL", "NOT_RUN", "ABSENT"};

    return names[verdict];
}

const char *raw_name(enum raw_kind kind)
{
    static const char *const names[] = {"mountinfo", "proc_net_dev", "status", "env_keyset"};

    return names[kind];
}

bool runtime_foreign(const char *runtime)
{
    static const char own[] = "denybox ";

    return strncmp(runtime, own, sizeof own - 1) != 0;
}

void findings_free(struct findings *f)
{
    for (int i = 0; i < N_RAWS; i++) {
        free(f->raw[i].bytes);
        f->raw[i] = (struct raw){0};
    }
}
