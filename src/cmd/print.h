/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_PRINT_H
#define DENYBOX_CMD_PRINT_H

#include "base/error.h"
#include "json/json.h"

/* Prints a document to standard output, over several lines or on one, and takes over the reference.
 * False and *e: out of memory (a document that is NULL), or nobody can read it. */
bool print_document(json_t *document, bool pretty, struct error *e);

/* At the end of what was printed otherwise: has somebody taken all of it? False and *e. */
bool print_end(struct error *e);

#endif
