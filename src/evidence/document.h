/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_DOCUMENT_H
#define DENYBOX_EVIDENCE_DOCUMENT_H

#include "json/json.h"

/* Building JSON documents of ASCII strings and small integers; a NULL from jansson (out of memory)
 * passes through all of these and shows at the end, when the document is written. */

/* A string of any bytes, made printable as text_safe does, whole. */
json_t *document_text(const void *bytes, size_t length);

/* The same for a C string; JSON null for NULL. */
json_t *document_string(const char *text);

/* A string of bytes as base64; JSON null for NULL. */
json_t *document_base64(const void *bytes, size_t length);

#endif
