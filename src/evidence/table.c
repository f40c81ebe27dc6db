/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/table.h"

static const char *colour_of(enum verdict verdict)
{
    return verdict == VERDICT_PASS      ? "\033[32m"
           : verdict == VERDICT_NOT_RUN ? "\033[33m"
                                        : "\033[31m";
}

/* "29 passed, 1 not run": whoever sees that not all have passed wants to know what the others did.
 */
static void add_sums(struct buf *b, const int counts[])
{
    static const char *const words[] = {[VERDICT_PASS] = "passed",
                                        [VERDICT_FAIL] = "failed",
                                        [VERDICT_NOT_RUN] = "not run",
                                        [VERDICT_ABSENT] = "absent"};

    buf_printf(b, "  %d passed", counts[VERDICT_PASS]);
    for (int verdict = VERDICT_PASS + 1; verdict < N_VERDICTS; verdict++) {
        if (counts[verdict] != 0)
            buf_printf(b, ", %d %s", counts[verdict], words[verdict]);
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
