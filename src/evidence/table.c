/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/table.h"

static const char *colour_of(enum verdict verdict)
{
    return verdict == VERDICT_PASS      ? "\033[32m"
           : verdict == VERDICT_NOT_RUN ? "\033[33m"
                                        : "\033[31m";
}

void table_add(struct buf *b, const struct findings *f, bool colour)
{
    int passed = 0;

    for (int i = 0; i < N_PROBES; i++) {
        struct judgement j;

        judge((enum probe)i, f, &j);
        passed += j.verdict == VERDICT_PASS;
        buf_printf(b, "  %-14s %s%-7s%s %s\n", probe_row((enum probe)i)->id,
                   colour ? colour_of(j.verdict) : "", verdict_name(j.verdict),
                   colour ? "\033[0m" : "", j.actual);
    }
    buf_printf(b, "  %d of %d passed\n", passed, (int)N_PROBES);
}
