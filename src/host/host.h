/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_HOST_H
#define DENYBOX_HOST_HOST_H

#include "base/error.h"

/*
 * Where the host is asked. The places are parameters, so that a test can show a tree of its own;
 * the program always takes the real ones.
 */
struct host {
    int proc;   /* a directory laid out as /proc */
    int sysctl; /* a directory laid out as /proc/sys, or -1: nothing is set */
};

/* Opens /proc and /proc/sys. False and *e (BLOCKED) where no procfs is mounted. */
bool host_open(struct host *h, struct error *e);

void host_close(struct host *h);

#endif
