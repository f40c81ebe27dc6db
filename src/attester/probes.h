/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTESTER_PROBES_H
#define DENYBOX_ATTESTER_PROBES_H

#include "attest/attest.h"
#include "base/buf.h"

/* The longest that one probe may take before it is NOT_RUN, in milliseconds. */
#define PROBE_TIMEOUT_MS 10000

/*
 * A descriptor of the procfs at `path`, or -1 and the reason, as short as the label of an
 * observation. What only looks like one is none.
 */
int proc_open(const char *path, char reason[32]);

/*
 * Tries every probe, each in a child, and reads the raw texts; config->proc may be -1, and
 * `no_proc` says why it is. A probe whose child is killed, hangs or breaks has that as its reason.
 * Where there can be no child, the probes run in this process, and *warnings says so, a line each.
 */
void probes_run(const struct attest_config *config, const char *no_proc, struct findings *f,
                struct buf *warnings);

/* Do all the probes of the operator packet pass? PR-DYNIMPORT is no probe of the kernel. */
bool probes_hold(const struct findings *f);

#endif
