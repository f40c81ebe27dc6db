/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_CONTROLLERS_H
#define DENYBOX_LAUNCH_CONTROLLERS_H

#include <stdint.h>

#include "base/error.h"
#include "host/delegation.h"
#include "plan/plan.h"

/* What the controllers of a cgroup are told: a table. */

/* The value of the plan that it holds, as the bundle states it. Memory is held in whole pages. */
uint64_t controller_value(enum controller c, const struct declared *d);

/* Writes what the controllers of the set are told into the cgroup `fd`. False and *e. */
bool controllers_set(int fd, unsigned set, const struct declared *d, struct error *e);

/* Reads it back: is it what this controller was told? */
bool controller_holds(int fd, enum controller c, const struct declared *d);

/* How often `event` has happened, by a file of the cgroup `fd` with lines "event number"; -1: it is
 * not counted there. */
int64_t controller_event(int fd, const char *file, const char *event);

#endif
