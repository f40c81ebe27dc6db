// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a start grows with the mounts of the host: a new mount namespace begins as a copy of them,
 * which has to be left again.  Hosts of more and more mounts are made, each in a user and mount
 * namespace of its own, and the same launchers are started in all of them by turns.
 */
#ifndef BENCH_MOUNTS_H
#define BENCH_MOUNTS_H

#include "result.h"

/* work: a directory in which mount points may be made. */
void mounts_measure(const struct contestant *list, const char *work, struct results *results);

#endif
