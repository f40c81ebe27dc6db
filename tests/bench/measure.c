// SPDX-License-Identifier: LGPL-2.1-or-later
#include "measure.h"
#include "progress.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_UP 10        /* starts of each, not counted */
#define GETPPID_ROUNDS 15 /* more of them: the processor's clock drifts over seconds */
#define BURST 100         /* starts a round, contestant and level of concurrency, or more */
#define MAX_BURST 256

double measure_start(const char *name, const struct command *command)
{
    struct outcome outcome = start_wait(command);
    if (!start_succeeded(outcome.status)) {
        start_explain(name, outcome.status);
        exit(1);
    }
    return outcome.us;
}

/* For the row, and for the JSON, where what was said on stderr is gone. */
static const char *why_failed(void)
{
    char *words = start_last_words(), *reason;

    contestants_plain(words);
    if (asprintf(&reason, "failed here: %.100s", *words ? words : "it said nothing") < 0)
        err(1, "asprintf");
    free(words);
    return reason;
}

/*
 * A start of a contestant by a command of its own: microseconds.  A peer that fails, the first time
 * or any other, is out for good, with what it said: NAN.  It says nothing of the others, and what
 * was measured of it until then is not of all the rounds.
 */
static double contestant_start(struct contestant *one, const struct command *command)
{
    struct outcome outcome = start_wait(command);
    if (start_succeeded(outcome.status))
        return outcome.us;
    start_explain(one->name, outcome.status);
    if (one->required)
        exit(1);
    one->absent = why_failed();
    return (double)NAN;
}

/* As contestant_start, for a command that prints a number: that number. */
static double contestant_prints(struct contestant *one, const struct command *command)
{
    contestant_start(one, command);
    if (one->absent)
        return (double)NAN;
    double value = start_printed();
    if (value <= 0)
        errx(1, "%s: %s printed no number", one->name, command->argv[0]);
    return value;
}

void measure_warm_up(struct contestant *list)
{
    for (int round = 0; round < WARM_UP; round++) {
        progress("warming up", round, WARM_UP);
        for (int i = 0; i < CONTESTANTS; i++)
            if (!list[i].absent)
                contestant_start(&list[i], &list[i].start);
    }
    progress("warming up", WARM_UP, WARM_UP);
}

void measure_shuffle(int *order, int count)
{
    static unsigned state = 1;

    for (int i = count - 1; i > 0; i--) {
        state = state * 1103515245U + 12345U;
        int other = (int)(state >> 16) % (i + 1);
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void start_rounds(struct contestant *list, double *us[CONTESTANTS], int starts)
{
    int order[CONTESTANTS];

    for (int i = 0; i < CONTESTANTS; i++)
        order[i] = i;
    for (int round = 0; round < starts; round++) {
        progress("starts", round, starts);
        measure_shuffle(order, CONTESTANTS);
        for (int i = 0; i < CONTESTANTS; i++) {
            struct contestant *one = &list[order[i]];
            if (!one->absent)
                us[order[i]][round] = contestant_start(one, &one->start);
        }
    }
    progress("starts", starts, starts);
}

void measure_starts(struct contestant *list, struct results *results)
{
    double *us[CONTESTANTS];
    int starts = results->starts;

    for (int i = 0; i < CONTESTANTS; i++)
        if (!(us[i] = calloc((size_t)starts, sizeof(double))))
            err(1, "calloc");
    start_rounds(list, us, starts);
    /* First the differences, as long as the starts stand in the order of their rounds. */
    for (int i = 0; i < CONTESTANTS; i++) {
        int base = list[i].base;
        if (base != NOBODY && !list[i].absent && !list[base].absent)
            results->of[i].cost = stats_differences(us[i], us[base], starts);
    }
    for (int i = 0; i < CONTESTANTS; i++) {
        if (!list[i].absent)
            results->of[i].us = stats_spread(us[i], starts);
        free(us[i]);
    }
}

/* Of each launcher the median of what its command prints in so many rounds, or NAN. */
static void medians_of_printed(struct contestant *list, int rounds, bool detail, double *into)
{
    double *values = calloc((size_t)rounds * LAUNCHERS, sizeof(double));

    if (!values)
        err(1, "calloc");
    for (int round = 0; round < rounds; round++) {
        progress(detail ? "system calls" : "memory", round, rounds);
        for (int i = 0; i < LAUNCHERS; i++)
            if (!list[i].absent && (!detail || list[i].detailed))
                values[i * rounds + round] =
                    contestant_prints(&list[i], detail ? &list[i].syscost : &list[i].with_peak);
    }
    progress("", rounds, rounds);
    for (int i = 0; i < LAUNCHERS; i++)
        into[i] = !list[i].absent && (!detail || list[i].detailed)
                      ? stats_quantile(values + i * rounds, rounds, 0.5)
                      : (double)NAN;
    free(values);
}

void measure_peaks(struct contestant *list, struct results *results)
{
    double kib[LAUNCHERS];

    medians_of_printed(list, results->rounds, false, kib);
    for (int i = 0; i < LAUNCHERS; i++)
        results->of[i].peak_kib = kib[i];
}

void measure_getppid(struct contestant *list, struct results *results)
{
    double ns[LAUNCHERS];

    medians_of_printed(list, GETPPID_ROUNDS, true, ns);
    for (int i = 0; i < LAUNCHERS; i++)
        results->of[i].getppid_ns = ns[i];
}

/* Waits for any of the started; they are all of one name. */
static void reap(const char *name)
{
    int status = start_reap();
    if (!start_succeeded(status)) {
        start_explain(name, status);
        exit(1);
    }
}

double measure_burst(const char *name, const struct command *const *commands, int count,
                     int at_once)
{
    int running = 0;
    double begin = start_clock();

    for (int started = 0; started < count; started++) {
        if (running == at_once) {
            reap(name);
            running--;
        }
        start_spawn(commands[started]);
        running++;
    }
    for (; running > 0; running--)
        reap(name);
    return start_clock() - begin;
}

/* Starts a second: most of them have as many beside them as there may be. */
static double rate(const struct contestant *one, int at_once)
{
    const struct command *commands[MAX_BURST];
    int count = 4 * at_once > BURST ? 4 * at_once : BURST;

    for (int i = 0; i < count; i++)
        commands[i] = &one->start;
    return count / measure_burst(one->name, commands, count, at_once) * 1e6;
}

static void measure_level(const struct contestant *list, struct results *results, int level,
                          double *values)
{
    int rounds = results->rounds;

    for (int round = 0; round < rounds; round++) {
        progress("starts a second", level * rounds + round, LEVELS * rounds);
        for (int i = 0; i < LAUNCHERS; i++)
            if (list[i].detailed && !list[i].absent)
                values[i * rounds + round] = rate(&list[i], levels[level]);
    }
    for (int i = 0; i < LAUNCHERS; i++)
        if (list[i].detailed && !list[i].absent)
            results->of[i].rate[level] = stats_quantile(values + i * rounds, rounds, 0.5);
}

void measure_rates(const struct contestant *list, struct results *results)
{
    double *values = calloc((size_t)results->rounds * LAUNCHERS, sizeof(double));

    if (!values)
        err(1, "calloc");
    for (int level = 0; level < LEVELS; level++)
        measure_level(list, results, level, values);
    progress("", 0, 0);
    free(values);
}
