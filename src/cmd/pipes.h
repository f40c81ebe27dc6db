/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_PIPES_H
#define DENYBOX_CMD_PIPES_H

#include "base/error.h"
#include "plan/plan.h"

/*
 * A FIFO leads to whoever has its other end, and a mount that is read-only does not keep anybody
 * from writing to it: what is written is in no file system. Of the root this is not so, for an
 * overlay has FIFOs of its own. Landlock holds it, where the kernel has that; elsewhere a FIFO
 * beneath --in or --ro-bind is refused: false and *e, and nothing has been started. With --proc, so
 * is a file or device at 0, 1 or 2 that is not open for reading and writing alike.
 */
bool pipes_refuse(const struct plan *plan, struct error *e);

#endif
