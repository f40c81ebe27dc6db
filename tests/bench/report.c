// SPDX-License-Identifier: LGPL-2.1-or-later
/* For people; json.c is for programs. */

#include "report.h"
#include "aim.h"

#include <math.h>

#define NAMES 24 /* columns of a name */

static void number(FILE *to, int width, int digits, double value)
{
    if (isnan(value))
        fprintf(to, " %*s", width, "-");
    else
        fprintf(to, " %*.*f", width, digits, value);
}

/* The name of a row; false when there is nothing more to say of it. */
static bool begin_row(FILE *to, const struct contestant *one)
{
    fprintf(to, "%-*s", NAMES, one->name);
    if (one->absent)
        fprintf(to, "  skipped: %s\n", one->absent);
    return one->absent == NULL;
}

static void spread_ms(FILE *to, const struct spread *us)
{
    number(to, 9, 3, us->median / 1e3);
    number(to, 8, 3, us->p10 / 1e3);
    number(to, 8, 3, us->p90 / 1e3);
}

static void launchers(FILE *to, const struct contestant *list, const struct results *results)
{
    fprintf(to, "start to end of a program that does nothing, medians of %d, milliseconds\n",
            results->starts);
    fprintf(to, "%-*s %9s %8s %8s %9s %9s %9s\n", NAMES, "", "median", "p10", "p90", "/ bwrap",
            "/ floor", "peak KiB");
    for (int i = 0; i < LAUNCHERS; i++) {
        if (!begin_row(to, &list[i]))
            continue;
        spread_ms(to, &results->of[i].us);
        number(to, 9, 2, result_start_ratio(results, i, BUBBLEWRAP));
        number(to, 9, 2, result_start_ratio(results, i, FLOOR));
        number(to, 9, 0, results->of[i].peak_kib);
        fputc('\n', to);
    }
}

static void variants(FILE *to, const struct contestant *list, const struct results *results)
{
    fprintf(to, "\nthe same of denybox run with more to do, in the same rounds\n");
    fprintf(to, "%-*s %9s %8s %8s %9s\n", NAMES, "", "median", "p10", "p90", "/ plain");
    for (int i = LAUNCHERS; i < CONTESTANTS; i++) {
        if (!begin_row(to, &list[i]))
            continue;
        spread_ms(to, &results->of[i].us);
        number(to, 9, 2, result_start_ratio(results, i, DENYBOX));
        fputc('\n', to);
    }
}

static void costs(FILE *to, const struct contestant *list, const struct results *results)
{
    fprintf(to, "\nwhat it costs: medians of the differences within a round, milliseconds\n");
    fprintf(to, "%-*s %9s %8s %8s\n", NAMES + 8, "", "median", "p10", "p90");
    for (int i = 0; i < CONTESTANTS; i++) {
        if (list[i].base == NOBODY)
            continue;
        fprintf(to, "%-*s", NAMES + 8, list[i].cost);
        spread_ms(to, &results->of[i].cost);
        fputc('\n', to);
    }
}

static void details(FILE *to, const struct contestant *list, const struct results *results)
{
    fprintf(to, "\nstarts a second, so many at once; nanoseconds for a getppid inside\n%-*s", NAMES,
            "");
    for (int level = 0; level < LEVELS; level++)
        fprintf(to, " %7d", levels[level]);
    fprintf(to, " %7s/8 %6s/64 %11s %8s\n", "bwrap", "bwrap", "getppid ns", "/ alone");
    for (int i = 0; i < LAUNCHERS; i++) {
        const struct figures *one = &results->of[i];

        if (!list[i].detailed || !begin_row(to, &list[i]))
            continue;
        for (int level = 0; level < LEVELS; level++)
            number(to, 7, 0, one->rate[level]);
        number(to, 9, 2, result_rate_ratio(results, i, BUBBLEWRAP, LEVEL_8));
        number(to, 9, 2, result_rate_ratio(results, i, BUBBLEWRAP, LEVEL_64));
        number(to, 11, 1, one->getppid_ns);
        number(to, 8, 2, stats_ratio(one->getppid_ns, results->of[PAYLOAD_ALONE].getppid_ns));
        fputc('\n', to);
    }
}

static void mounts(FILE *to, const struct contestant *list, const struct results *results)
{
    fprintf(to, "\nthe same beside so many mounts more of the host, medians, milliseconds\n%-*s",
            NAMES, "");
    for (int level = 0; level < MOUNT_LEVELS; level++)
        fprintf(to, " %9d", mount_levels[level]);
    for (int level = 0; level < MOUNT_LEVELS; level++)
        fprintf(to, " %5s/%d", "bwrap", mount_levels[level]);
    fputc('\n', to);
    for (int i = 0; i < MOUNT_LAUNCHERS; i++) {
        if (!begin_row(to, &list[mount_launchers[i]]))
            continue;
        for (int level = 0; level < MOUNT_LEVELS; level++)
            number(to, 9, 3, results->mounts[level][i].median / 1e3);
        for (int level = 0; level < MOUNT_LEVELS; level++)
            number(to, 7 + level, 2, result_mounts_ratio(results, i, level));
        fputc('\n', to);
    }
}

static void batch(FILE *to, const struct results *results)
{
    const struct batch_figures *one = &results->batch;

    if (one->jobs == 0)
        return;
    fprintf(to, "\nstarts a second with --evidence of %d inputs, %d at once\n", BATCH_INPUTS,
            one->jobs);
    fprintf(to, "denybox batch %.0f, denybox run %.0f, ratio %.2f\n", one->batch_rate,
            one->single_rate, one->ratio);
}

static void aims_table(FILE *to, const struct results *results)
{
    fprintf(to, "\n%-46s %12s %9s\n", "", "aim", "measured");
    for (int i = 0; i < n_aims; i++) {
        const struct aim *aim = &aims[i];
        double measured = aim->measured(results);

        fprintf(to, "%-46s %2s %6.2f %2s", aim->what, aim_sign(aim), aim->value, aim->unit);
        number(to, 9, 3, measured);
        fprintf(to, "  %s\n",
                isnan(measured)          ? "not measured"
                : aim_met(aim, measured) ? "met"
                                         : "not met");
    }
}

void report_tables(FILE *to, const struct contestant *list, const struct results *results)
{
    launchers(to, list, results);
    variants(to, list, results);
    costs(to, list, results);
    details(to, list, results);
    mounts(to, list, results);
    batch(to, results);
    aims_table(to, results);
}
