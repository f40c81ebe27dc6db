// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is made of many measurements of one thing.  NAN stands for what was not measured. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

/* The middle of what was measured, and how far it spreads. */
struct spread {
    double median, p10, p90;
};

/* Nothing was measured. */
extern const struct spread stats_none;

/* The value below which share (0 to 1) of them lie.  Sorts values.  count > 0. */
double stats_quantile(double *values, int count, double share);

/* Sorts values.  count > 0. */
struct spread stats_spread(double *values, int count);

/*
 * Of the differences values[i] - from[i], which were measured in the same round: what a slow minute
 * does to both of a pair is not in them.  Neither list is changed.  count > 0.
 */
struct spread stats_differences(const double *values, const double *from, int count);

/* value / to; NAN when either was not measured or to is not positive. */
double stats_ratio(double value, double to);

#endif
