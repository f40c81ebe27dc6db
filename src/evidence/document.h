/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_DOCUMENT_H
#define DENYBOX_EVIDENCE_DOCUMENT_H

#include <stdint.h>

#include "json/json.h"

/* Building JSON documents of ASCII strings and small integers; a NULL from jansson (out of memory)
 * passes through all of these, json_put and json_append, and shows at the end, when the document is
 * written: it lacks nothing, or there is none. */

/* A string of any bytes, made printable as text_safe does, whole. */
json_t *document_text(const void *bytes, size_t length);

/* The same for a C string; JSON null for NULL. */
json_t *document_string(const char *text);

/* A string of bytes as base64; JSON null for NULL. */
json_t *document_base64(const void *bytes, size_t length);

/* "sha256:..." as it is; JSON null for "". */
json_t *document_digest(const char *text);

/* A time, in seconds since the epoch, as "YYYY-MM-DDTHH:MM:SSZ". */
json_t *document_time(int64_t seconds);

/*
 * Adds the field integrity: the digest of the canonical form of everything else that is there.
 * An accident is seen by it; a forger is not stopped. *document becomes NULL, as by json_put, when
 * there is no canonical form or no memory.
 */
void document_add_integrity(json_t **document);

#endif
