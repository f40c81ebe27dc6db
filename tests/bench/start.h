// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting a command, with its standard streams away from any terminal, and timing it. */
#ifndef BENCH_START_H
#define BENCH_START_H

#include <sys/types.h>

/* How one start went. */
struct outcome {
    double us;  /* posix_spawn to waitpid, microseconds */
    int status; /* as waitpid(2) gives it */
};

/* Opens what the started commands get as 0, 1 and 2.  Once, before anything below.  May exit. */
void start_prepare(void);

/* Starts argv, does not wait.  Ends the program when argv[0] cannot be started. */
pid_t start_spawn(char *const argv[]);

/* Waits for any command started by start_spawn: its status, as waitpid(2) gives it. */
int start_reap(void);

/* Starts argv and waits for it.  One that hangs is killed after a minute. */
struct outcome start_wait(char *const argv[]);

/* The number that the last started command printed, or -1. */
double start_printed(void);

/* Says on stderr how argv, called name, ended, with the end of what it said itself. */
void start_explain(const char *name, int status);

/* Microseconds since some fixed moment. */
double start_clock(void);

#endif
