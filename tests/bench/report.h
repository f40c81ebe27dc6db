// SPDX-License-Identifier: LGPL-2.1-or-later
/* What was measured, and its two forms: tables for people, JSON for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "result.h"
#include <stdio.h>

void report_tables(FILE *to, const struct contestant *list, const struct results *results);

/* denybox-performance(7) says what the members mean.  machine_lines: what run.sh says of the
 * machine, or NULL. */
void report_json(FILE *to, const struct contestant *list, const struct results *results,
                 FILE *machine_lines);

#endif
