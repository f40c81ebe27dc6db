// SPDX-License-Identifier: LGPL-2.1-or-later
/* What was measured, and its two forms: a table for people, JSON for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "contestant.h"
#include <stdio.h>

#define LEVELS 3
extern const int levels[LEVELS]; /* how many starts at once, ascending */

/* What was found out about one contestant.  0: not measured. */
struct figures {
    double median_us, p10_us, p90_us;
    double peak_kib;
    double rate[LEVELS]; /* starts a second */
    double getppid_ns;
};

/* The value below which share (0 to 1) of them lie.  Sorts values.  count > 0. */
double report_quantile(double *values, int count, double share);

void report_table(FILE *to, const struct contestant *list, const struct figures *figures,
                  int starts);

void report_json(FILE *to, const struct contestant *list, const struct figures *figures,
                 int starts);

#endif
