/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BATCH_PROGRESS_H
#define DENYBOX_BATCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* How far a batch has come, for people: on a terminal a line that is drawn again and again,
 * elsewhere one every ten seconds. Both on standard error. */
struct progress {
    size_t total;  /* to be done by this batch */
    size_t done;   /* ended with 0 */
    size_t failed; /* the payload failed */
    size_t broken; /* no result */
    struct timespec start;
    struct timespec drawn;
    bool wanted;
    bool terminal;
    bool there; /* a line of it stands on the terminal */
};

void progress_begin(struct progress *p, size_t total, bool wanted);

/* Draws it, if it is wanted and was not drawn a moment ago. */
void progress_draw(struct progress *p);

/* Takes the line away, so that something else can be printed. */
void progress_clear(struct progress *p);

/* Would standard error take a line at once? A terminal that its user has stopped (Ctrl-S) takes
 * nothing until it goes on; what is only for the eye must hold up neither work nor a signal. */
bool progress_taken(void);

double progress_seconds(const struct progress *p);

/* The text of the line, without control codes, `width` columns at most. Returns `out`. */
#define PROGRESS_SIZE 256
char *progress_line(char out[PROGRESS_SIZE], const struct progress *p, double seconds,
                    unsigned width);

#endif
