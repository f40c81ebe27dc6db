/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_SUPERVISE_H
#define DENYBOX_LAUNCH_SUPERVISE_H

#include <signal.h>

#include "launch/gate.h"
#include "launch/observe.h"
#include "launch/relay.h"
#include "launch/sandbox.h"
#include "launch/timelimit.h"

/* How long init may take to see that the payload-to-be is gone, and to say how a payload ended that
 * was killed. */
#define LAST_WORD_MS 2000

/* The launcher's own state while there is a sandbox. */
struct supervisor {
    struct sandbox *s;
    struct relay relay;
    struct gate gate;
    struct launch_result *result;
    pid_t init;
    int init_fd; /* pidfd of init */
    struct init_view view;
    int payload_fd; /* pidfd of the payload; -1 before it is known */
    int signals;    /* signalfd of what is forwarded */
    bool own_seen;  /* gate.own is filled in */
    bool started;   /* the gate has opened */
    struct timelimit time;
    bool ended;     /* init has told how the payload ended */
    bool signalled; /* something was sent to the payload */
    bool signals_blocked;
    sigset_t mask;  /* the caller's */
    int interrupts; /* how often the user asked for the end */
    struct error *e;
};

/* Init has ended before it had its ids, it seems: what it had to say of that, if anything, takes
 * the place of sv->e. */
void supervise_last_words(struct supervisor *sv);

/* Waits until the payload-to-be has proved itself or failed. False: sv->e is set. */
bool supervise_gate(struct supervisor *sv);

/* Lets it go, and carries bytes and signals until init tells of its end. False: sv->e is set. */
bool supervise_run(struct supervisor *sv);

#endif
