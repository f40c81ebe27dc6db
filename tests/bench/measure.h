// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Measuring the contestants, interleaved.  A required one that fails ends the program; another
 * becomes absent, whenever it fails, and why is said in its row.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "result.h"

/* A start that has to work, in microseconds. */
double measure_start(const char *name, const struct command *command);

/* count starts, never more than at_once alive; how long they took, in microseconds. */
double measure_burst(const char *name, const struct command *const *commands, int count,
                     int at_once);

/* Another order of 0 to count - 1; the same ones for every run of the bench. */
void measure_shuffle(int *order, int count);

/* Starts each of them some times. */
void measure_warm_up(struct contestant *list);

void measure_starts(struct contestant *list, struct results *results);
void measure_peaks(struct contestant *list, struct results *results);
void measure_rates(const struct contestant *list, struct results *results);
void measure_getppid(struct contestant *list, struct results *results);

#endif
