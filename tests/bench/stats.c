// SPDX-License-Identifier: LGPL-2.1-or-later
#include "stats.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>

const struct spread stats_none = {NAN, NAN, NAN};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double stats_quantile(double *values, int count, double share)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare);
    double place = share * (count - 1);
    int below = (int)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (place - below) * (values[below + 1] - values[below]);
}

struct spread stats_spread(double *values, int count)
{
    return (struct spread){stats_quantile(values, count, 0.5), stats_quantile(values, count, 0.1),
                           stats_quantile(values, count, 0.9)};
}

struct spread stats_differences(const double *values, const double *from, int count)
{
    double *differences = calloc((size_t)count, sizeof(double));

    if (!differences)
        err(1, "calloc");
    for (int i = 0; i < count; i++)
        differences[i] = values[i] - from[i];
    struct spread spread = stats_spread(differences, count);
    free(differences);
    return spread;
}

double stats_ratio(double value, double to)
{
    return to > 0 ? value / to : (double)NAN;
}
