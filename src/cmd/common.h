/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_COMMON_H
#define DENYBOX_CMD_COMMON_H

#include "evidence/bundle.h"
#include "launch/launch.h"
#include "plan/plan.h"
#include "json/json.h"

/*
 * Parses and checks the words of one command. Returns -1 when the plan is ready, else the exit
 * status: --help and --version were answered, or the error was printed.
 */
int prepare_plan(struct plan *plan, enum command command, int argc, char **argv);

/* Prints why nothing was started: BLOCKED with each missing wall, or the error. Returns the exit
 * status. */
int report_failure(const struct plan *plan, const struct launch_result *r, const struct error *e);

/* One line on standard error for what could not be taken away again, unless --quiet was given. */
void warn_of_rest(const struct plan *plan, const struct launch_result *r);

/* The table of probes for people, on standard error. */
void print_probes(const struct launch_result *r);

/* Is there a --json-status-fd? Without it nobody need make an object: that would be the first of a
 * start, and the library seeds its tables for it. */
bool status_wanted(const struct plan *plan);

/* One object a line on --json-status-fd; nothing without it. Takes over the reference. */
void status_line(const struct plan *plan, json_t *object);

/* Makes the bundle, and writes it to --evidence or to standard output. False and *e. */
bool write_bundle(const struct plan *plan, const struct binding *binding,
                  const struct launch_result *r, const struct outputs *outputs, struct error *e);

/* The hooks that wire launch to the probes. */
extern const struct launch_hooks command_hooks;

#endif
