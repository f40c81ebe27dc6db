// SPDX-License-Identifier: LGPL-2.1-or-later
#include "result.h"

#include <math.h>

const int levels[LEVELS] = {1, 2, 8, 64};
const int mount_levels[MOUNT_LEVELS] = {10, 100, 1000};
const int mount_launchers[MOUNT_LAUNCHERS] = {FLOOR, DENYBOX, BUBBLEWRAP};

void result_init(struct results *results, int starts, int rounds)
{
    *results = (struct results){.starts = starts, .rounds = rounds, .batch = {0, NAN, NAN, NAN}};
    for (int level = 0; level < MOUNT_LEVELS; level++)
        for (int i = 0; i < MOUNT_LAUNCHERS; i++)
            results->mounts[level][i] = stats_none;
    for (int i = 0; i < CONTESTANTS; i++) {
        struct figures *one = &results->of[i];

        one->us = one->cost = stats_none;
        one->peak_kib = one->getppid_ns = (double)NAN;
        for (int level = 0; level < LEVELS; level++)
            one->rate[level] = (double)NAN;
    }
}

double result_start_ratio(const struct results *results, int one, int other)
{
    return stats_ratio(results->of[one].us.median, results->of[other].us.median);
}

double result_rate_ratio(const struct results *results, int one, int other, int level)
{
    return stats_ratio(results->of[one].rate[level], results->of[other].rate[level]);
}

double result_mounts_ratio(const struct results *results, int row, int level)
{
    const struct spread *rows = results->mounts[level];
    int bubblewrap = 0;

    while (mount_launchers[bubblewrap] != BUBBLEWRAP)
        bubblewrap++;
    return stats_ratio(rows[row].median, rows[bubblewrap].median);
}
