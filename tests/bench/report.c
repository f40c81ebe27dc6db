// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report.h"

#include <stdlib.h>

const int levels[LEVELS] = {1, 2, 8};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double report_quantile(double *values, int count, double share)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare);
    double place = share * (count - 1);
    int below = (int)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (place - below) * (values[below + 1] - values[below]);
}

/* value / to, or 0 when either was not measured. */
static double ratio(double value, double to)
{
    return value > 0 && to > 0 ? value / to : 0;
}

/* ---- for people ---- */

static void number(FILE *to, int width, int digits, double value)
{
    if (value > 0)
        fprintf(to, " %*.*f", width, digits, value);
    else
        fprintf(to, " %*s", width, "-");
}

static void start_rows(FILE *to, const struct contestant *list, const struct figures *figures)
{
    for (int i = 0; i < CONTESTANTS; i++) {
        const struct figures *one = &figures[i];
        fprintf(to, "%-14s", list[i].name);
        if (list[i].absent) {
            fprintf(to, "  skipped: %s\n", list[i].absent);
            continue;
        }
        number(to, 9, 3, one->median_us / 1e3);
        number(to, 8, 3, one->p10_us / 1e3);
        number(to, 8, 3, one->p90_us / 1e3);
        number(to, 9, 2, ratio(one->median_us, figures[BUBBLEWRAP].median_us));
        number(to, 9, 2, ratio(one->median_us, figures[FLOOR].median_us));
        number(to, 9, 0, one->peak_kib);
        fputc('\n', to);
    }
}

static void detail_rows(FILE *to, const struct contestant *list, const struct figures *figures)
{
    for (int i = 0; i < CONTESTANTS; i++) {
        if (!list[i].detailed)
            continue;
        fprintf(to, "%-14s", list[i].name);
        if (list[i].absent) {
            fprintf(to, "  skipped: %s\n", list[i].absent);
            continue;
        }
        for (int level = 0; level < LEVELS; level++)
            number(to, 9, 0, figures[i].rate[level]);
        number(to, 10, 2, ratio(figures[i].rate[LEVELS - 1], figures[BUBBLEWRAP].rate[LEVELS - 1]));
        number(to, 12, 1, figures[i].getppid_ns);
        number(to, 9, 2, ratio(figures[i].getppid_ns, figures[PAYLOAD_ALONE].getppid_ns));
        fputc('\n', to);
    }
}

void report_table(FILE *to, const struct contestant *list, const struct figures *figures,
                  int starts)
{
    fprintf(to, "start to end of a program that does nothing, medians of %d, milliseconds\n",
            starts);
    fprintf(to, "%-14s %9s %8s %8s %9s %9s %9s\n", "", "median", "p10", "p90", "/ bwrap", "/ floor",
            "peak KiB");
    start_rows(to, list, figures);

    fprintf(to, "\nstarts a second, so many at once; nanoseconds for a getppid inside\n");
    fprintf(to, "%-14s", "");
    for (int level = 0; level < LEVELS; level++)
        fprintf(to, " %9d", levels[level]);
    fprintf(to, " %7s/%d %12s %9s\n", "bwrap", levels[LEVELS - 1], "getppid ns", "/ alone");
    detail_rows(to, list, figures);
}

/* ---- for programs ---- */

static void member(FILE *to, const char *name, double value)
{
    if (value > 0)
        fprintf(to, ", \"%s\": %.3f", name, value);
    else
        fprintf(to, ", \"%s\": null", name);
}

static void json_rates(FILE *to, const struct figures *one)
{
    fprintf(to, ", \"starts_per_second\": {");
    for (int level = 0; level < LEVELS; level++)
        fprintf(to, "%s\"%d\": %.1f", level ? ", " : "", levels[level], one->rate[level]);
    fprintf(to, "}");
}

static void json_one(FILE *to, const struct contestant *who, const struct figures *one,
                     const struct figures *all)
{
    fprintf(to, "    {\"name\": \"%s\"", who->name);
    if (who->absent) {
        fprintf(to, ", \"skipped\": \"%s\"}", who->absent);
        return;
    }
    member(to, "median_us", one->median_us);
    member(to, "p10_us", one->p10_us);
    member(to, "p90_us", one->p90_us);
    member(to, "to_bubblewrap", ratio(one->median_us, all[BUBBLEWRAP].median_us));
    member(to, "to_floor", ratio(one->median_us, all[FLOOR].median_us));
    member(to, "peak_rss_kib", one->peak_kib);
    if (who->detailed) {
        json_rates(to, one);
        member(to, "getppid_ns", one->getppid_ns);
    }
    fprintf(to, "}");
}

void report_json(FILE *to, const struct contestant *list, const struct figures *figures, int starts)
{
    fprintf(to, "{\n  \"schema\": \"denybox-bench-1\",\n  \"starts\": %d,\n", starts);
    fprintf(to, "  \"contestants\": [\n");
    for (int i = 0; i < CONTESTANTS; i++) {
        json_one(to, &list[i], &figures[i], figures);
        fprintf(to, "%s\n", i + 1 < CONTESTANTS ? "," : "");
    }
    fprintf(to, "  ]\n}\n");
}
