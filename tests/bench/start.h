// SPDX-License-Identifier: LGPL-2.1-or-later
/* Starting a command, with its standard streams away from any terminal, and timing it. */
#ifndef BENCH_START_H
#define BENCH_START_H

#include <stdbool.h>
#include <sys/types.h>

#define MAX_ARGS 64

/* What is started. */
struct command {
    char *argv[MAX_ARGS + 2]; /* ends in NULL; argv[0] is a path */
    char *variable;           /* NAME=value, one more of its environment, or NULL */
    char *leaves;             /* a file that must be gone when it starts, or NULL */
};

/* How one start went. */
struct outcome {
    double us;  /* posix_spawn to waitpid, microseconds */
    int status; /* as waitpid(2) gives it */
};

/* Opens what the started commands get as 0, 1 and 2.  Once, before anything below.  May exit. */
void start_prepare(void);

/* What is started by these words, at most MAX_ARGS, which are not copied. */
struct command start_command(const char *const *words, int count);

/* Starts it, does not wait.  Ends the program when argv[0] cannot be started. */
pid_t start_spawn(const struct command *command);

/* Waits for any command started by start_spawn: its status, as waitpid(2) gives it. */
int start_reap(void);

/* Removes what it leaves, starts it and waits for it.  One that hangs is killed after a minute. */
struct outcome start_wait(const struct command *command);

/* Did it end with 0?  status is as waitpid(2) gives it. */
bool start_succeeded(int status);

/* The number that the last started command printed, or -1. */
double start_printed(void);

/* The last line that the last started command wrote to stderr, as it is; "" without one.
 * Allocated. */
char *start_last_words(void);

/* Says on stderr how a command, called name, ended, with the end of what it said itself. */
void start_explain(const char *name, int status);

/* Microseconds since some fixed moment. */
double start_clock(void);

#endif
