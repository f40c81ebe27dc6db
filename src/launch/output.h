/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_LAUNCH_OUTPUT_H
#define DENYBOX_LAUNCH_OUTPUT_H

#include "launch/sandbox.h"

/* How many inodes a tmpfs of that size may have: its size bounds none of them, and each costs about
 * a kilobyte of the kernel's memory. Never more than the audit counts. */
uint64_t tmpfs_inodes(uint64_t size);

/*
 * With --out-size, while the payload-to-be waits at the gate: takes hold of the tmpfs that lies at
 * its /out, so that it outlives the sandbox, and sees that it is one of that size. Notes the limit
 * and result->out; else a reason and false. Needs result->before.
 */
bool output_take(const struct sandbox *s, pid_t pid, struct launch_result *result);

#endif
