/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_RELAY_H
#define DENYBOX_LAUNCH_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/terminal.h"

/*
 * A terminal is never passed into the sandbox: where 0, 1 or 2 is one, the payload gets a pipe and
 * the launcher carries the bytes, and what goes to the terminal is made fit for it. Pipes and files
 * are passed as they are.
 *
 * Nothing is lost while somebody reads, however slowly: a stream holds one buffer, and a payload
 * that writes more waits, as it would for a terminal. When the terminal is gone, the pipe is
 * closed, and writing fails with EPIPE. Input is read only while we are in the foreground.
 */

/* Bytes carried at a time. */
#define RELAY_CHUNK 4096

struct relay_stream {
    int from; /* -1: nothing to carry */
    int to;
    int own;      /* the terminal's end, where it is ours and does not block; -1 */
    bool inward;  /* standard input */
    bool patient; /* nothing is read for now: we are in the background */
    struct terminal_filter filter;
    char *buffer; /* owned; TERMINAL_ROOM(RELAY_CHUNK), only where there is something to carry */
    size_t start;
    size_t length;
};

struct relay {
    struct relay_stream stream[3];
    int inner[3]; /* the payload's ends, -1 where the descriptor is passed as it is */
};

/* Makes pipes and buffers where they are needed and says in stdio[] what the payload gets as 0, 1
 * and 2. */
bool relay_open(struct relay *r, int stdio[3], struct error *e);

/* Closes the payload's ends; to be called once the payload has them. */
void relay_close_inner(struct relay *r);

/* Fills in what to wait for, at most 3 entries; returns how many. */
int relay_wants(struct relay *r, struct pollfd *fds);

/* How long to wait for that at most, in ms; -1: for ever. */
int relay_wait(const struct relay *r);

/* Carries what is ready. */
void relay_step(struct relay *r, const struct pollfd *fds, int n);

/* After the payload's end: the same for what is left in the pipes; 0: all of it was carried. */
int relay_rest(struct relay *r, struct pollfd *fds);

void relay_close(struct relay *r);

#endif
