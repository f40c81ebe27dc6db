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
 */

#define CGROUP_PREFIX "denybox-"
#define CGROUP_NAME_SIZE (sizeof CGROUP_PREFIX + 32)

/* One that this process has made and holds. */
struct held {
    int fd; /* locked; -1: there is none */
    char name[CGROUP_NAME_SIZE];
};

struct cgroup {
    int place;            /* where it is made; -1: the limits are held without one */
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

/* The error of a clone into it that was refused with `number`; false when the cgroup is not why. */
bool cgroup_refused(const struct plan *plan, int number, struct error *e);

/* Is process `pid` in it? */
bool cgroup_has(const struct cgroup *c, int proc, pid_t pid);

/*
 * When memory is used up the kernel is to end the payload or what it has started, and not init,
 * which is to tell how the payload ended. False and errno.
 */
bool cgroup_dies_first(int proc, pid_t pid);

/* Reads what the kernel has counted in it. */
void cgroup_events(const struct cgroup *c, struct events *events);

/* Removes it, with every process in it, and closes everything. */
void cgroup_close(struct cgroup *c);

/* Makes one in `place`, and locks it. False and errno. */
bool cgroup_make(int place, struct held *h);

/* Ends every process in it, and removes it. False: it is still there. */
bool cgroup_remove(int place, const struct held *h);

/* Removes what dead launchers of this user left in `place`. */
void cgroup_sweep(int place);

#endif
