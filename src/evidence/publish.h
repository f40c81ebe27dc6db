/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_PUBLISH_H
#define DENYBOX_EVIDENCE_PUBLISH_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Writes `text` and a line feed as a new file `name` in the directory: without a name, where the
 * file system has such files, else under one that cannot be guessed, created exclusively; then it
 * gets its own. Whoever looks sees all of it or nothing, and nothing is ever replaced. Of a process
 * that is killed nothing is left, or the name that cannot be guessed. False and *e.
 */
bool publish(int dirfd, const char *name, const char *text, struct error *e);

#endif
