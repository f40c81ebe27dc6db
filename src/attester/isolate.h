/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTESTER_ISOLATE_H
#define DENYBOX_ATTESTER_ISOLATE_H

#include "rules/probe.h"

/*
 * A foreign filter may kill for a call, and a foreign kernel may not come back from one: a probe
 * runs in a child, and what it found comes back through a pipe.
 */
typedef void isolated(const void *argument, struct findings *f);

enum isolation {
    ISOLATION_DONE,    /* *f is what the child made of it */
    ISOLATION_LOST,    /* the child was killed, hung or broke; *f is as it was */
    ISOLATION_REFUSED, /* there is no child: errno says why; nothing was run */
};

#define REASON_SIZE sizeof(((struct observation *)0)->label)

/*
 * Runs work(argument, a copy of *f) in a child that may take `timeout_ms`. What the child adds to
 * raw texts replaces those of *f. With ISOLATION_LOST `reason` says what became of it.
 */
enum isolation isolate(isolated *work, const void *argument, struct findings *f, int timeout_ms,
                       char reason[REASON_SIZE]);

#endif
