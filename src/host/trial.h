/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_TRIAL_H
#define DENYBOX_HOST_TRIAL_H

#include <sys/types.h>

#include "host/obstacle.h"

/* Trying something in a throw-away child, which changes nothing of the host. */

/* What the child keeps, and what comes of it. */
struct trial {
    enum call call;           /* the call that comes next: set before it is made */
    enum namespace_kind kind; /* with CALL_UNSHARE */
    int number;               /* errno of the call that failed, 0 when all went well */
    bool filtered;            /* its useless form was not answered by the kernel */
    bool whole;               /* with CALL_UNSHARE: unshare of nothing is refused as well */
    bool in_namespaces;       /* it got as far as to have them */
    bool ended;               /* it came to an end by itself */
    bool hung;                /* no end in time */
    int signal;               /* the child was ended by it: a filter that kills */
    pid_t pid;                /* the process whose ids are to be mapped */
    long long value;          /* what the operation has to tell */
};

/* Runs in the child. Returns true, or false with errno of t->call. */
typedef bool (*trial_operation)(struct trial *t);

/*
 * Forks; with `namespaces` (flags of unshare(2), CLONE_NEWUSER among them) makes those in the
 * child, maps the ids from outside as a launch does, and becomes the sandbox's user where the
 * caller is root; then runs the operation. True when everything went well. A refusal is left in *t.
 */
bool trial_run(const struct host *h, const struct facts *f, int namespaces,
               trial_operation operation, struct trial *t);

/* Makes the useless form of a call: is the answer another than the kernel's? */
bool call_filtered(enum call call, int namespaces);

#endif
