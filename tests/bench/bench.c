// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench: how long sandboxes take to start, beside each other.
 *
 *   bench --work DIR [--denybox PATH] [--faulty PATH] [--tools DIR] [--json FILE] [--rounds N]
 *         [STARTS]
 *
 * run.sh makes DIR and starts it.  Everything is interleaved, so that a slow minute of the machine
 * falls on all of them alike, and starts are in another order each round (A B C B A C ...): what
 * one leaves to the kernel to clean up falls on whoever comes next.  Compare ratios, not
 * milliseconds.
 *
 * Exit status: 0 when everything that is here was measured, whatever the figures say; 1 when
 * something could not be measured; 2 for a wrong command line.  A required contestant that is
 * here and fails is an error.  Another launcher that fails, at its first start or later, is left
 * out from then on, with the reason in its row; that it does not work here says nothing of denybox.
 */

#include "batch.h"
#include "measure.h"
#include "mounts.h"
#include "report.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 5   /* default: of peaks and rates, whose medians count */
#define STARTS 300 /* default */
#define MAX_ROUNDS 1000
#define MAX_STARTS 1000000

struct options {
    struct places places;
    const char *json;
    int starts;
    int rounds;
};

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: bench --work DIR [--denybox PATH] [--faulty PATH] [--tools DIR]\n"
                    "             [--json FILE] [--rounds N] [STARTS]\n");
    exit(2);
}

/* The directory the bench itself lies in. */
static char *own_directory(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        err(1, "/proc/self/exe");
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    return strdup(path);
}

static int parse_count(const char *text, const char *what, int most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > most)
        errx(2, "%s: not a number of %s from 1 to %d", text, what, most);
    return (int)value;
}

static struct options parse(int argc, char **argv)
{
    struct options options = {.starts = STARTS, .rounds = ROUNDS};
    struct places *places = &options.places;
    const char *rounds = NULL;
    const struct option names[] = {
        {"work", required_argument, NULL, 0},
        {"denybox", required_argument, NULL, 1},
        {"faulty", required_argument, NULL, 2},
        {"tools", required_argument, NULL, 3},
        {"json", required_argument, NULL, 4},
        {"rounds", required_argument, NULL, 5},
        {NULL, 0, NULL, 0},
    };
    const char **const targets[] = {&places->work,  &places->denybox, &places->faulty,
                                    &places->tools, &options.json,    &rounds};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == '?')
            usage();
        *targets[option] = optarg;
    }
    if (!places->work || argc - optind > 1)
        usage();
    if (optind < argc)
        options.starts = parse_count(argv[optind], "starts", MAX_STARTS);
    if (rounds)
        options.rounds = parse_count(rounds, "rounds", MAX_ROUNDS);
    if (!places->tools)
        places->tools = own_directory();
    return options;
}

static void write_json(const char *path, const char *work, const struct contestant *list,
                       const struct results *results)
{
    char *lines = contestants_path(work, "machine");
    FILE *machine = fopen(lines, "re");
    FILE *to = fopen(path, "we");
    if (!to)
        err(1, "%s", path);
    report_json(to, list, results, machine);
    if (machine)
        fclose(machine);
    free(lines);
    if (ferror(to) || fclose(to) != 0)
        errx(1, "%s: cannot write", path);
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct contestant list[CONTESTANTS];
    struct results results;

    start_prepare();
    contestants_find(list, &options.places);
    result_init(&results, options.starts, options.rounds);
    measure_warm_up(list);
    measure_starts(list, &results);
    measure_peaks(list, &results);
    measure_rates(list, &results);
    measure_getppid(list, &results);
    mounts_measure(list, options.places.work, &results);
    batch_measure(list, &options.places, &results);

    report_tables(stdout, list, &results);
    if (options.json)
        write_json(options.json, options.places.work, list, &results);
    return fflush(stdout) == 0 ? 0 : 1;
}
