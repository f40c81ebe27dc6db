// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the figures should be.  The bench says whether they are; it does not fail when not. */
#ifndef BENCH_AIM_H
#define BENCH_AIM_H

#include "result.h"
#include <stdbool.h>

struct aim {
    const char *id;   /* in the JSON */
    const char *what; /* for people */
    const char *unit; /* "" for a ratio */
    enum { AT_MOST, LESS_THAN, AT_LEAST } bound;
    double value;
    double (*measured)(const struct results *results); /* NAN when it was not */
};

extern const struct aim aims[];
extern const int n_aims;

/* Only of what was measured: NAN meets nothing. */
bool aim_met(const struct aim *aim, double measured);

/* "<=", "<" or ">=". */
const char *aim_sign(const struct aim *aim);

#endif
