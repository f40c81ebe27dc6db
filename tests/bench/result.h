// SPDX-License-Identifier: LGPL-2.1-or-later
/* All that was found out in one run of the bench.  NAN: not measured. */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "contestant.h"
#include "stats.h"

#define LEVELS 4
extern const int levels[LEVELS]; /* how many starts at once, ascending */
enum { LEVEL_8 = 2, LEVEL_64 = 3 };

/* So many mounts more, and who is started beside them. */
#define MOUNT_LEVELS 3
#define MOUNT_LAUNCHERS 3
extern const int mount_levels[MOUNT_LEVELS];
extern const int mount_launchers[MOUNT_LAUNCHERS];

#define BATCH_INPUTS 200

/* What was found out about one contestant. */
struct figures {
    struct spread us;   /* start to end */
    struct spread cost; /* of the differences to its base, microseconds */
    double peak_kib;
    double rate[LEVELS]; /* starts a second */
    double getppid_ns;
};

/* denybox batch and as many single runs with --evidence, jobs at once: starts a second. */
struct batch_figures {
    int jobs;
    double batch_rate;
    double single_rate;
    double ratio; /* of the two in the same round */
};

struct results {
    int starts; /* of each contestant */
    int rounds; /* of what is measured less often */
    struct figures of[CONTESTANTS];
    struct spread mounts[MOUNT_LEVELS][MOUNT_LAUNCHERS]; /* start to end, microseconds */
    struct batch_figures batch;
};

/* Nothing was measured yet. */
void result_init(struct results *results, int starts, int rounds);

/* A contestant's median start as a part of another's. */
double result_start_ratio(const struct results *results, int one, int other);

/* The same of its starts a second at a level. */
double result_rate_ratio(const struct results *results, int one, int other, int level);

/* A start of a row of mount_launchers as a part of bubblewrap's, beside as many mounts. */
double result_mounts_ratio(const struct results *results, int row, int level);

#endif
