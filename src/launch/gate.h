/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_GATE_H
#define DENYBOX_LAUNCH_GATE_H

#include "launch/observe.h"

/* What the launcher has found out while it waited: looking costs, and it has time before the probes
 * are done. Nothing here is decided before gate_open. */
struct gate {
    struct own own;
    bool init_holds;
    bool limits_hold;
    bool name_holds;
};

/*
 * The decision, before any payload has run: every probe judged from what was found inside, what was
 * seen from outside, and init. True only when every wall of the plan stands; else a line to
 * result->reasons for each that does not. Only a deviation that the user named excuses anything,
 * and only what it is known to change.
 */
bool gate_open(const struct sandbox *s, const struct gate *gate, struct launch_result *result);

#endif
