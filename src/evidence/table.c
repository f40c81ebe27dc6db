/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/table.h"

static const char *colour_of(enum verdict verdict)
{
    return verdict == VERDICT_PASS      ? "\033[32m"
           : verdict == VERDICT_NOT_RUN ? "\033[33m"
                                        : "\033[31m";
}

/* "29 passed, 1 NOT_RUN": whoever sees that one did not pass wants to know why. */
static void add_sums(struct buf *b, const int counts[])
{
    buf_printf(b, "  %d passed", counts[VERDICT_PASS]);
    for (int verdict = 0; verdict < N_VERDICTS; verdict++) {
        if (verdict != VERDICT_PASS && counts[verdict] != 0)
            buf_printf(b, ", %d %s", counts[verdict], verdict_name((enum verdict)verdict));
    }
    buf_puts(b, "\n");
}

void table_add(struct buf *b, const struct findings *f, bool colour)
{
    int counts[N_VERDICTS] = {0};

    for (int i = 0; i < N_PROBES; i++) {
        struct judgement j;

        judge((enum probe)i, f, &j);
        counts[j.verdict]++;
        buf_printf(b, "  %-14s %s%-7s%s %s\n", probe_row((enum probe)i)->id,
                   colour ? colour_of(j.verdict) : "", verdict_name(j.verdict),
                   colour ? "\033[0m" : "", j.actual);
    }
    add_sums(b, counts);
}
