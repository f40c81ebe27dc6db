/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_TIMELIMIT_H
#define DENYBOX_LAUNCH_TIMELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/*
 * --timeout: SIGTERM when the time is over, SIGKILL --kill-after that, and when even then nobody
 * says how the payload ended, the end of the sandbox. It counts from the opening of the gate, on
 * CLOCK_MONOTONIC: proving the walls is not the payload's time, and what a stop takes is. Waiting
 * is poll's, no signal has a part in it.
 */
enum time_step { TIME_TERM, TIME_KILL, TIME_GIVE_UP };

struct timelimit {
    int64_t began;       /* when the gate was opened, in ms */
    int64_t due;         /* when the next step is to be taken; -1: never */
    enum time_step next; /* which one that is */
};

void timelimit_begin(struct supervisor *sv);

/* How long poll(2) may wait, in ms; -1: for ever. */
int timelimit_wait(const struct timelimit *t);

/* Takes the step that is due, if one is. */
void timelimit_step(struct supervisor *sv);

/* The payload has ended, or is given up: notes how long it took, and whether it was the limit. */
void timelimit_end(struct supervisor *sv);

/* After the payload's end: is there no time left for what it wrote, either? It has --kill-after, as
 * the payload has; then the limit was met. */
bool timelimit_over(struct supervisor *sv);

#endif
