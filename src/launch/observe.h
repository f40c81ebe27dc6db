/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_OBSERVE_H
#define DENYBOX_LAUNCH_OBSERVE_H

#include "launch/sandbox.h"

/* Reads what /proc of the host says of process `pid`, which must be a child of init that waits or
 * is stopped. False and *e when something cannot be read. *o owns its texts: observed_free. */
bool observe(int proc, pid_t pid, struct observed *o, struct error *e);

/* What the launcher is itself: what a sandbox must differ from, and builds upon. */
struct own {
    uint64_t ns[N_NS];
    long filters; /* that it runs under already, in a container say; -1: unknown */
};

/* Reads it. Namespaces that cannot be read are 0, and hold nothing. */
void observe_own(int proc, struct own *own);

/*
 * Holds what was seen against what must be: every namespace is another than the launcher's, the
 * maps map one id, the filters are loaded, nothing can be gained; and against what was found
 * inside: same mounts, same interfaces, same capabilities. Adds a line to *reasons for each wall
 * that is missing; false when there is one.
 */
bool observed_hold(const struct sandbox *s, const struct own *own, const struct observed *o,
                   const struct findings *inside, struct buf *reasons);

/* What /proc of the host shows of init. The files are read when init is ready, and opened before: a
 * /proc mounted with hidepid= hides a process that is not dumpable from its own user, and asks when
 * a file is opened only. */
struct init_view {
    int process; /* its directory */
    int status;
    int cmdline;
};

#define INIT_VIEW_NONE ((struct init_view){-1, -1, -1})

/* Opens the files while init still waits for its ids. False and *e (BLOCKED): it cannot be seen.
 * The caller closes *v, in any case. */
bool init_view_open(int proc, pid_t init, struct init_view *v, struct error *e);
void init_view_close(struct init_view *v);

/* Is init as it must be: not dumpable (by its own word as well), filtered, without capabilities? As
 * above. */
bool init_holds(const struct sandbox *s, const struct init_view *v, int dumpable,
                struct buf *reasons);

/* The task before its exec and in it: same namespaces, same filters, same mounts. As above. */
bool observed_same(const struct observed *before, const struct observed *after,
                   struct buf *reasons);

#endif
