// SPDX-License-Identifier: LGPL-2.1-or-later
#include "batch.h"
#include "measure.h"
#include "progress.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SINGLE "denybox run --evidence"

/* Both ways, ready to be started. */
struct ways {
    char *results; /* the directory of them, of this round */
    char *place;
    int jobs;
    int inputs;
    struct command batch;
    struct command *singles; /* one an input */
};

static char *format(const char *directory, const char *name, int number, const char *after)
{
    char *text;

    if (asprintf(&text, "%s/%s/%d%s", directory, name, number, after) < 0)
        err(1, "asprintf");
    return text;
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0700) != 0)
        err(1, "%s", path);
}

/*
 * A directory a round, at the same name: where results are, a batch would find nothing to do.  What
 * the round before has left is moved out of the way and not removed, since ext4 looks at each inode
 * that was removed in the last five seconds whenever it makes one (recently_deleted() of its
 * ialloc.c), and a batch makes more of them.
 */
static void begin_round(const struct ways *ways, int round)
{
    if (round != 0) {
        char *old = format(ways->place, "old", round, "");
        if (rename(ways->results, old) != 0)
            err(1, "%s", old);
        free(old);
    }
    make_directory(ways->results);
}

static void make_input(const char *place, int number)
{
    char *directory = format(place, "in", number, "");
    char *file = contestants_path(directory, "packet.json");
    FILE *to;

    make_directory(directory);
    if (!(to = fopen(file, "we")) || fprintf(to, "{\"id\": %d}\n", number) < 0 || fclose(to) != 0)
        err(1, "%s", file);
    free(file);
    free(directory);
}

static struct command single_run(const struct places *places, const char *place, int number)
{
    const char *const words[] = {places->denybox,
                                 "run",
                                 "--quiet",
                                 "--in",
                                 format(place, "in", number, ""),
                                 "--out",
                                 format(place, "results", number, ""),
                                 "--evidence",
                                 format(place, "results", number, ".json"),
                                 "--",
                                 places->nothing};

    return start_command(words, sizeof(words) / sizeof(words[0]));
}

static struct command whole_batch(const struct places *places, const char *place, int jobs)
{
    char *count;

    if (asprintf(&count, "%d", jobs) < 0)
        err(1, "asprintf");
    const char *const words[] = {places->denybox,
                                 "batch",
                                 "--quiet",
                                 "--jobs",
                                 count,
                                 "--in-each",
                                 contestants_path(place, "in"),
                                 "--out-each",
                                 contestants_path(place, "results"),
                                 "--",
                                 places->nothing};

    return start_command(words, sizeof(words) / sizeof(words[0]));
}

static struct ways prepare(const struct places *places, int inputs)
{
    char *place = contestants_path(places->work, "home/batch");
    struct ways ways = {
        .results = contestants_path(place, "results"),
        .place = place,
        .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN),
        .inputs = inputs,
        .singles = calloc((size_t)inputs, sizeof(struct command)),
    };
    char *in = contestants_path(place, "in");

    if (!ways.singles)
        err(1, "calloc");
    char *old = contestants_path(place, "old");
    make_directory(place);
    make_directory(in);
    make_directory(old);
    for (int i = 0; i < inputs; i++) {
        make_input(place, i);
        ways.singles[i] = single_run(places, place, i);
    }
    ways.batch = whole_batch(places, place, ways.jobs);
    free(old);
    free(in);
    return ways;
}

static double batch_rate(const struct ways *ways, int round)
{
    begin_round(ways, round);
    return ways->inputs / measure_start("denybox batch", &ways->batch) * 1e6;
}

/* Their directories are there before the time runs: denybox run makes none. */
static double single_rate(const struct ways *ways, int round)
{
    const struct command **commands = calloc((size_t)ways->inputs, sizeof(*commands));

    if (!commands)
        err(1, "calloc");
    begin_round(ways, round);
    for (int i = 0; i < ways->inputs; i++) {
        char *directory = format(ways->results, ".", i, "");
        make_directory(directory);
        free(directory);
        commands[i] = &ways->singles[i];
    }
    double us = measure_burst(SINGLE, commands, ways->inputs, ways->jobs);
    free(commands);
    return ways->inputs / us * 1e6;
}

void batch_measure(const struct contestant *list, const struct places *places,
                   struct results *results)
{
    int rounds = results->rounds;

    if (list[DENYBOX].absent)
        return;
    double *values = calloc(3 * (size_t)rounds, sizeof(double));
    double *batch = values, *single = values + rounds, *ratio = values + 2 * rounds;

    if (!values)
        err(1, "calloc");
    struct ways ways = prepare(places, BATCH_INPUTS);
    for (int round = 0; round < rounds; round++) {
        progress("batches", round, rounds);
        if (round % 2 == 0)
            batch[round] = batch_rate(&ways, 2 * round);
        single[round] = single_rate(&ways, 2 * round + (round % 2 == 0));
        if (round % 2 != 0)
            batch[round] = batch_rate(&ways, 2 * round + 1);
        ratio[round] = batch[round] / single[round];
    }
    progress("", rounds, rounds);
    results->batch = (struct batch_figures){.jobs = ways.jobs,
                                            .batch_rate = stats_quantile(batch, rounds, 0.5),
                                            .single_rate = stats_quantile(single, rounds, 0.5),
                                            .ratio = stats_quantile(ratio, rounds, 0.5)};
    free(values);
}
