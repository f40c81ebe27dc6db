/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_CGROUP_H
#define DENYBOX_LAUNCH_CGROUP_H

#include "base/error.h"
#include "host/delegation.h"
#include "plan/plan.h"
#include "record/result.h"

/*
 * The cgroup that holds the limits exactly: one of the sandbox's own in a place that is the
 * caller's, found (host/delegation.h) or named (--cgroup DIR). init is cloned into it, and what
 * init forks is born there. The payload sees no file system of cgroups, and cannot leave.
 *
 * It has a name that nobody can guess, "denybox-" and 32 digits, and is locked by flock(2) for as
 * long as its launcher lives: the next launcher in the same place removes what is not locked. The
 * kernel lets no process into a cgroup whose controllers are enabled for others beneath it; where
 * denybox itself stands in the way, alone, it moves into a cgroup like that too (`home`).
 *
 * Each launcher has a shared lock on the place as well, from before it looks which controllers work
 * there. Who came by way of a home takes the controllers back at its end, so that the place is as
 * it was, with the lock for itself alone: others would lose their limits with them. Whoever may
 * read the place could keep that lock; then denybox does not start.
 */

#define CGROUP_PREFIX "denybox-"
#define CGROUP_NAME_SIZE (sizeof CGROUP_PREFIX + 32)

/* One that this process has made and holds. */
struct held {
    int fd; /* locked; -1: there is none */
    char name[CGROUP_NAME_SIZE];
};

struct cgroup {
    int place;            /* where it is made, locked; -1: the limits are held without one */
    unsigned controllers; /* that hold a limit, as bits */
    unsigned enabled;     /* in place, by this process */
    struct held box;
    struct held home; /* of the launcher itself */
};

#define CGROUP_NONE ((struct cgroup){.place = -1, .box = {.fd = -1}, .home = {.fd = -1}})

/*
 * Makes the cgroup with the limits of the plan in it, or finds that there is none to be had, where
 * --cgroup is auto: then c->box.fd stays -1. Removes what dead launchers left in the same place.
 * `proc` is /proc of the host. False and *e. cgroup_close afterwards, in any case.
 */
bool cgroup_open(struct cgroup *c, const struct plan *plan, int proc, struct error *e);

/* The part of that before the making: the place is there, and everything in it that is not of the
 * sandbox's own. For a process whose children do the rest, beside its home. */
bool cgroup_settle(struct cgroup *c, const struct plan *plan, int proc, struct error *e);

/* The error of a clone into it that was refused with `number`; false when the cgroup is not why. */
bool cgroup_refused(const struct plan *plan, int number, struct error *e);

/* Is process `pid` in it? */
bool cgroup_has(const struct cgroup *c, int proc, pid_t pid);

/*
 * When the memory of the cgroup is used up the kernel is to end the payload or what it has started,
 * and not init, which is to tell how the payload ended. Without a cgroup it is the host's memory:
 * the payload is not spared as a caller may be (OOMScoreAdjust= of a service). False and errno.
 */
bool cgroup_dies_first(const struct cgroup *c, int proc, pid_t pid);

/* Reads what the kernel has counted in it. */
void cgroup_events(const struct cgroup *c, struct events *events);

/* The name of a controller whose limit is not in force any more; NULL: all are. */
const char *cgroup_lost(const struct cgroup *c, const struct declared *d);

/* Removes it, with every process in it, and closes everything. False: the cgroup is still there. */
bool cgroup_close(struct cgroup *c);

/* Makes one in `place`, and locks it. False and errno. */
bool cgroup_make(int place, struct held *h);

/* Ends every process in it, and removes it. False: it is still there. */
bool cgroup_remove(int place, const struct held *h);

/* Removes what dead launchers of this user left in `place`. Nobody is waited for: what is not yet
 * empty is told to be, and goes at the next start. */
void cgroup_sweep(int place);

/* Takes the lock on a place that each has who makes a cgroup in it; false and errno. And makes it
 * one's own alone, when there are no others; the lock ends with the descriptor. */
bool place_enter(int place);
bool place_leave(int place);

#endif
