/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_INSIDE_H
#define DENYBOX_EVIDENCE_INSIDE_H

#include <stdbool.h>

#include "rules/probe.h"

/* Writes the probes, one a line, and the document of probes and raw texts, as new files of `out`.
 * The report is the work of PR-FS-OUT-OK. False with errno set when one cannot be written. */
bool inside_write(const char *out, const struct findings *f);

/* One of the files of attest that is in the directory already, or NULL: none of them may be
 * replaced. */
const char *inside_taken(int dirfd);

#endif
