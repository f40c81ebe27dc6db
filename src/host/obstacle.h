/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_OBSTACLE_H
#define DENYBOX_HOST_OBSTACLE_H

#include <stddef.h>

#include "host/facts.h"

enum call {
#define CALL(symbol, name, form, answer) symbol,
#include "host/call.def"
#undef CALL
    N_CALLS
};

/* A layer that forbids something. */
enum obstacle {
    OBSTACLE_NONE,
#define OBSTACLE(symbol, name, why, mend, lasting) symbol,
#include "host/obstacle.def"
#undef OBSTACLE
    N_OBSTACLES
};

/* What was refused, and what the kernel answered. */
struct refusal {
    enum call call;
    enum namespace_kind kind; /* with CALL_UNSHARE */
    int number;               /* errno; 0 with a signal */
    int signal;               /* what the call was ended by, or 0 */
    bool whole;               /* with CALL_UNSHARE: whatever is to be unshared */
    bool filtered;            /* also the useless form of the call was not answered by the kernel */
};

/* Names the layer, from the answer and from what the host says of itself. Asks nothing. */
enum obstacle diagnose(const struct facts *f, const struct refusal *r);

/* The texts of a diagnosis, filled in; printable. */
struct diagnosis {
    char name[64];
    char why[320];
    char mend[320];
    char lasting[512]; /* may be empty */
};

/* For an obstacle other than none. `facts` and `refusal` fill in the names. */
void obstacle_text(enum obstacle o, const struct facts *f, const struct refusal *r,
                   struct diagnosis *d);

/* "EPERM", or "SIGSYS" where it was ended. Static storage. */
const char *refusal_answer(const struct refusal *r);

/* "fsopen", "unshare of a user namespace"; `text` has room for 64 bytes. Returns it. */
char *refusal_call(const struct refusal *r, char text[64]);

#endif
