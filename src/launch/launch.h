/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_LAUNCH_H
#define DENYBOX_LAUNCH_LAUNCH_H

#include "plan/plan.h"
#include "record/result.h"

/*
 * Theory of operation
 *
 *   denybox (host)               opens every host object, clones init, watches, decides, relays
 *     |  clone3: new user, mount, pid, ipc, uts and cgroup namespaces
 *   init (pid 1 inside)          makes the network namespace, drops everything, reaps (init.c)
 *     |  fork, first of all
 *   payload-to-be (pid 2 inside) builds the root meanwhile, pivots and leaves the old one; limits,
 *                                Landlock; joins the network, drops everything; filters, seal,
 *                                probes, execveat (inside.c)
 *
 * Two socket pairs join them: one of init, one of the payload-to-be. Both end in end-of-file when a
 * side dies, so nobody waits for the dead, and the kernel stamps each message with the sender's pid
 * as the launcher sees it. The payload never holds either: both are close-on-exec, and end-of-file
 * on the second is how the launcher knows that the exec has happened.
 *
 * The launcher trusts init and the payload-to-be, which are copies of itself that have seen no
 * input yet; it stops trusting the second one at the exec. What they report is judged again by the
 * launcher, and held against what it reads itself in /proc/PID (observe.c, gate.c).
 *
 * With evidence, the kernel is asked to stop the payload inside its exec, before its first
 * instruction, so that it can be looked at again: see sentry.c. Nothing is traced.
 */

/* What launch needs from the layers that it may not include. */
struct launch_hooks {
    void (*probe_forking)(struct findings *f);
    void (*probe)(const struct plan *plan, int proc, struct findings *f);
    /* The gate has opened; the payload starts when this returns. */
    void (*started)(const struct plan *plan, const struct launch_result *result);
    /* attest: runs inside in place of a payload, once the gate has opened; returns exit status. */
    int (*inside)(const struct plan *plan, const struct findings *f);
};

/*
 * Carries the plan out. Returns true when a payload (or the inside hook) ran and ended, whatever
 * its status; false when it did not: either result->blocked with the reasons, or *e. Nothing of the
 * sandbox is left in either case. `result` is owned by the caller: launch_result_free.
 */
bool launch(const struct plan *plan, const struct launch_hooks *hooks, struct launch_result *result,
            struct error *e);

#endif
