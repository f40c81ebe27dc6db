/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_TABLE_H
#define DENYBOX_EVIDENCE_TABLE_H

#include "base/buf.h"
#include "rules/probe.h"

/* Adds the table of probes for people: a line each, in the order of the table, and how many passed.
 * `colour`: with the escape sequences of a terminal. */
void table_add(struct buf *b, const struct findings *f, bool colour);

#endif
