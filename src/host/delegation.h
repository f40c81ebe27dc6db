/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_DELEGATION_H
#define DENYBOX_HOST_DELEGATION_H

#include <stdbool.h>
#include <stddef.h>

/* Where a cgroup of version 2 is the caller's, to make others in it. */

/* The controllers that hold a limit of denybox; a set of them is bits. */
enum controller { CONTROLLER_MEMORY, CONTROLLER_PIDS, CONTROLLER_CPU, N_CONTROLLERS };

#define CONTROLLER_BIT(c) (1U << (c))
#define CONTROLLERS_ALL (CONTROLLER_BIT(N_CONTROLLERS) - 1)

const char *controller_name(enum controller c);

/* Those that `file` of the cgroup `fd` lists; none when it cannot be read. */
unsigned controllers_of(int fd, const char *file);

/* Is this process in the cgroup `fd`, and no other? */
bool cgroup_alone(int fd);

/* A hierarchy of /proc/PID/cgroup: that of version 2, and the one of systemd beside it. */
#define HIERARCHY_V2 ""
#define HIERARCHY_SYSTEMD "name=systemd"

/*
 * The path of a process's cgroup in a hierarchy from a text of /proc/PID/cgroup. False when there
 * is none, when it does not fit, or when it lies outside of the cgroup namespace of the reader.
 */
bool cgroup_line(const char *text, const char *hierarchy, char *path, size_t size);

struct delegation {
    int fd;               /* owned; -1: none was found */
    unsigned controllers; /* that can be had there, CONTROLLER_MEMORY always */
    char path[512];       /* as /proc/self/cgroup has it */
    char found[400];      /* printable: what was found, or why nothing */
};

/* Opens the place where the host's hierarchy is mounted, if it is one of version 2. -1: it is not.
 */
int delegation_mount(void);

/*
 * Finds the place for the caller's cgroups: the one above his own, where no process may be, or his
 * own, where he is alone. It must be the caller's; and marked by systemd as delegated where that
 * manages it, or where the caller is root, to whom every cgroup belongs. `proc` is a directory as
 * /proc, `mount` what delegation_mount opens. False: d->found says why, d->fd is -1.
 */
bool delegation_find(int proc, int mount, struct delegation *d);

#endif
