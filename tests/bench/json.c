// SPDX-License-Identifier: LGPL-2.1-or-later
/* The names are printable ASCII without quotes: nothing has to be escaped. */

#include "aim.h"
#include "report.h"

#include <math.h>
#include <string.h>

static void value_of(FILE *to, double value)
{
    if (isnan(value))
        fprintf(to, "null");
    else
        fprintf(to, "%.3f", value);
}

static void member(FILE *to, const char *name, double value)
{
    fprintf(to, ", \"%s\": ", name);
    value_of(to, value);
}

static void spread(FILE *to, const char *name, const struct spread *us)
{
    fprintf(to, ", \"%s\": {\"median\": ", name);
    value_of(to, us->median);
    member(to, "p10", us->p10);
    member(to, "p90", us->p90);
    fputc('}', to);
}

static void rates(FILE *to, const struct figures *one)
{
    fprintf(to, ", \"starts_per_second\": {");
    for (int level = 0; level < LEVELS; level++) {
        fprintf(to, "%s\"%d\": ", level ? ", " : "", levels[level]);
        value_of(to, one->rate[level]);
    }
    fputc('}', to);
}

static void contestant(FILE *to, const struct contestant *list, const struct results *results,
                       int i)
{
    const struct figures *one = &results->of[i];

    fprintf(to, "    {\"name\": \"%s\", \"kind\": \"%s\"", list[i].name,
            i < LAUNCHERS ? "launcher" : "variant");
    if (list[i].absent) {
        fprintf(to, ", \"skipped\": \"%s\"}", list[i].absent);
        return;
    }
    spread(to, "us", &one->us);
    member(to, "to_bubblewrap", result_start_ratio(results, i, BUBBLEWRAP));
    member(to, "to_floor", result_start_ratio(results, i, FLOOR));
    if (i < LAUNCHERS)
        member(to, "peak_rss_kib", one->peak_kib);
    if (list[i].detailed) {
        rates(to, one);
        member(to, "getppid_ns", one->getppid_ns);
    }
    if (list[i].base != NOBODY) {
        fprintf(to, ", \"cost_of\": \"%s\", \"base\": \"%s\"", list[i].cost,
                list[list[i].base].name);
        spread(to, "cost_us", &one->cost);
    }
    fputc('}', to);
}

static void mounts(FILE *to, const struct contestant *list, const struct results *results)
{
    const char *between = "";

    for (int level = 0; level < MOUNT_LEVELS; level++)
        for (int i = 0; i < MOUNT_LAUNCHERS; i++) {
            fprintf(to, "%s    {\"mounts\": %d, \"name\": \"%s\"", between, mount_levels[level],
                    list[mount_launchers[i]].name);
            spread(to, "us", &results->mounts[level][i]);
            member(to, "to_bubblewrap", result_mounts_ratio(results, i, level));
            fputc('}', to);
            between = ",\n";
        }
    fputc('\n', to);
}

static void batch(FILE *to, const struct batch_figures *one)
{
    fprintf(to, "{\"inputs\": %d, \"jobs\": %d", BATCH_INPUTS, one->jobs);
    member(to, "batch_starts_per_second", one->batch_rate);
    member(to, "single_starts_per_second", one->single_rate);
    member(to, "ratio", one->ratio);
    fputc('}', to);
}

static void aim(FILE *to, const struct aim *one, double measured)
{
    fprintf(to, "    {\"id\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", \"bound\": \"%s\"",
            one->id, one->what, one->unit, aim_sign(one));
    member(to, "aim", one->value);
    member(to, "measured", measured);
    fprintf(to, ", \"met\": %s}",
            isnan(measured)          ? "null"
            : aim_met(one, measured) ? "true"
                                     : "false");
}

/* What run.sh says of the machine, lines of a name and a value: strings whatever they are. */
static void machine(FILE *to, FILE *from)
{
    char line[512];
    const char *between = "";

    while (from && fgets(line, sizeof(line), from)) {
        char *value = line + strcspn(line, " \n");

        line[strcspn(line, "\n")] = '\0';
        contestants_plain(line);
        if (*value == '\0')
            continue;
        *value++ = '\0';
        value += strspn(value, " ");
        fprintf(to, "%s\"%s\": \"%s\"", between, line, value);
        between = ", ";
    }
}

void report_json(FILE *to, const struct contestant *list, const struct results *results,
                 FILE *machine_lines)
{
    fprintf(to, "{\n  \"schema\": \"denybox-bench-2\",\n  \"starts\": %d,\n  \"rounds\": %d,\n",
            results->starts, results->rounds);
    fprintf(to, "  \"machine\": {");
    machine(to, machine_lines);
    fprintf(to, "},\n  \"contestants\": [\n");
    for (int i = 0; i < CONTESTANTS; i++) {
        contestant(to, list, results, i);
        fprintf(to, "%s\n", i + 1 < CONTESTANTS ? "," : "");
    }
    fprintf(to, "  ],\n  \"beside_mounts\": [\n");
    mounts(to, list, results);
    fprintf(to, "  ],\n  \"batch\": ");
    batch(to, &results->batch);
    fprintf(to, ",\n  \"aims\": [\n");
    for (int i = 0; i < n_aims; i++) {
        aim(to, &aims[i], aims[i].measured(results));
        fprintf(to, "%s\n", i + 1 < n_aims ? "," : "");
    }
    fprintf(to, "  ]\n}\n");
}
