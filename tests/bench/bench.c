// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench: how long sandboxes take to start, beside each other.
 *
 *   bench --in DIR --out DIR [--denybox PATH] [--tools DIR] [--bundle DIR] [--json FILE] [STARTS]
 *
 * Everything is interleaved, so that a slow minute of the machine falls on all of them alike, and
 * starts are in another order each round (A B C B A C ...): what one leaves to the kernel to clean
 * up falls on whoever comes next.  Compare ratios, not milliseconds.
 *
 * Exit status: 0 when everything that is here was measured, whatever the figures say; 1 when
 * something could not be measured; 2 for a wrong command line.  A required contestant that is
 * here and fails is an error.  Another launcher that fails its first start is skipped with the
 * reason in its row; that it does not work here says nothing about denybox.
 */

#include "contestant.h"
#include "report.h"
#include "start.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_UP 10        /* starts of each, not counted */
#define ROUNDS 5          /* of peaks and rates, whose medians count */
#define GETPPID_ROUNDS 15 /* more of them: the processor's clock drifts over seconds */
#define BURST 100         /* starts a round, contestant and level of concurrency */
#define STARTS 300        /* default */
#define MAX_STARTS 1000000

struct options {
    struct places places;
    const char *json;
    int starts;
};

/* ---- options ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: bench --in DIR --out DIR [--denybox PATH] [--tools DIR]\n"
                    "             [--bundle DIR] [--json FILE] [STARTS]\n");
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

static int parse_starts(const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > MAX_STARTS)
        errx(2, "%s: not a number of starts from 1 to %d", text, MAX_STARTS);
    return (int)value;
}

static struct options parse(int argc, char **argv)
{
    struct options options = {.starts = STARTS};
    struct places *places = &options.places;
    const struct option names[] = {
        {"in", required_argument, NULL, 0},
        {"out", required_argument, NULL, 1},
        {"denybox", required_argument, NULL, 2},
        {"tools", required_argument, NULL, 3},
        {"bundle", required_argument, NULL, 4},
        {"json", required_argument, NULL, 5},
        {NULL, 0, NULL, 0},
    };
    const char **const targets[] = {&places->in,    &places->out,    &places->denybox,
                                    &places->tools, &places->bundle, &options.json};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == '?')
            usage();
        *targets[option] = optarg;
    }
    if (!places->in || !places->out || argc - optind > 1)
        usage();
    if (optind < argc)
        options.starts = parse_starts(argv[optind]);
    if (!places->tools)
        places->tools = own_directory();
    return options;
}

/* ---- measuring ---- */

static bool succeeded(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A start that has to work: of a contestant that is required or has worked before. */
static double measure(const struct contestant *one, char *const argv[])
{
    struct outcome outcome = start_wait(argv);
    if (!succeeded(outcome.status)) {
        start_explain(one->name, outcome.status);
        exit(1);
    }
    return outcome.us;
}

/* As measure, for a command that prints a number: that number. */
static double measure_printed(const struct contestant *one, char *const argv[])
{
    measure(one, argv);
    double value = start_printed();
    if (value <= 0)
        errx(1, "%s: %s printed no number", one->name, argv[0]);
    return value;
}

static void first_start(struct contestant *one)
{
    if (one->absent)
        return;
    struct outcome outcome = start_wait(one->start);
    if (succeeded(outcome.status))
        return;
    start_explain(one->name, outcome.status);
    if (one->required)
        exit(1);
    one->absent = "installed but failed here, see above";
}

static void warm_up(struct contestant *list)
{
    for (int i = 0; i < CONTESTANTS; i++)
        first_start(&list[i]);
    for (int round = 0; round < WARM_UP; round++)
        for (int i = 0; i < CONTESTANTS; i++)
            if (!list[i].absent)
                measure(&list[i], list[i].start);
}

/* Another order of the contestants; the same ones for every run of the bench. */
static void shuffle(int order[CONTESTANTS])
{
    static unsigned state = 1;

    for (int i = CONTESTANTS - 1; i > 0; i--) {
        state = state * 1103515245U + 12345U;
        int other = (int)(state >> 16) % (i + 1);
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void measure_starts(const struct contestant *list, struct figures *figures, int starts)
{
    double *us[CONTESTANTS];
    int order[CONTESTANTS];

    for (int i = 0; i < CONTESTANTS; i++)
        if (!(us[i] = calloc((size_t)starts, sizeof(double))))
            err(1, "calloc");
    for (int i = 0; i < CONTESTANTS; i++)
        order[i] = i;
    for (int round = 0; round < starts; round++) {
        shuffle(order);
        for (int i = 0; i < CONTESTANTS; i++)
            if (!list[order[i]].absent)
                us[order[i]][round] = measure(&list[order[i]], list[order[i]].start);
    }
    for (int i = 0; i < CONTESTANTS; i++) {
        figures[i].median_us = report_quantile(us[i], starts, 0.5);
        figures[i].p10_us = report_quantile(us[i], starts, 0.1);
        figures[i].p90_us = report_quantile(us[i], starts, 0.9);
        free(us[i]);
    }
}

static void measure_peaks(const struct contestant *list, struct figures *figures)
{
    double kib[CONTESTANTS][ROUNDS] = {{0}};

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CONTESTANTS; i++)
            if (!list[i].absent)
                kib[i][round] = measure_printed(&list[i], list[i].with_peak);
    for (int i = 0; i < CONTESTANTS; i++)
        figures[i].peak_kib = report_quantile(kib[i], ROUNDS, 0.5);
}

static void measure_getppid(const struct contestant *list, struct figures *figures)
{
    double ns[CONTESTANTS][GETPPID_ROUNDS] = {{0}};

    for (int round = 0; round < GETPPID_ROUNDS; round++)
        for (int i = 0; i < CONTESTANTS; i++)
            if (list[i].detailed && !list[i].absent)
                ns[i][round] = measure_printed(&list[i], list[i].syscost);
    for (int i = 0; i < CONTESTANTS; i++)
        figures[i].getppid_ns = report_quantile(ns[i], GETPPID_ROUNDS, 0.5);
}

/* Waits for any of the started; they are all of one contestant. */
static void reap(const struct contestant *one)
{
    int status = start_reap();
    if (!succeeded(status)) {
        start_explain(one->name, status);
        exit(1);
    }
}

/* Starts a second, BURST of them, never more than at_once alive. */
static double burst(const struct contestant *one, int at_once)
{
    int running = 0;
    double begin = start_clock();

    for (int started = 0; started < BURST; started++) {
        if (running == at_once) {
            reap(one);
            running--;
        }
        start_spawn(one->start);
        running++;
    }
    for (; running > 0; running--)
        reap(one);
    return BURST / (start_clock() - begin) * 1e6;
}

static void measure_rate(const struct contestant *list, struct figures *figures, int level)
{
    double rate[CONTESTANTS][ROUNDS] = {{0}};

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CONTESTANTS; i++)
            if (list[i].detailed && !list[i].absent)
                rate[i][round] = burst(&list[i], levels[level]);
    for (int i = 0; i < CONTESTANTS; i++)
        figures[i].rate[level] = report_quantile(rate[i], ROUNDS, 0.5);
}

static void write_json(const char *path, const struct contestant *list,
                       const struct figures *figures, int starts)
{
    FILE *to = fopen(path, "we");
    if (!to)
        err(1, "%s", path);
    report_json(to, list, figures, starts);
    if (ferror(to) || fclose(to) != 0)
        errx(1, "%s: cannot write", path);
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    struct contestant list[CONTESTANTS];
    struct figures figures[CONTESTANTS] = {{0}};

    start_prepare();
    contestants_find(list, &options.places);
    warm_up(list);
    measure_starts(list, figures, options.starts);
    measure_peaks(list, figures);
    for (int level = 0; level < LEVELS; level++)
        measure_rate(list, figures, level);
    measure_getppid(list, figures);

    report_table(stdout, list, figures, options.starts);
    if (options.json)
        write_json(options.json, list, figures, options.starts);
    return fflush(stdout) == 0 ? 0 : 1;
}
