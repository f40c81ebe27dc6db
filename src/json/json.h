/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_JSON_JSON_H
#define DENYBOX_JSON_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/* The one door to jansson: nothing else includes its header. */

/* Objects and arrays within each other, the outermost counted. */
#define JSON_MAX_DEPTH 64

/*
 * Parses `length` bytes as one strict JSON document: valid UTF-8, no duplicate key, no NUL in a
 * string, nothing after the document, no more than JSON_MAX_DEPTH levels. Returns the document,
 * which the caller releases with json_decref, or NULL with *e set (EXIT_DENYBOX, and what and
 * where; printable whatever the bytes were).
 */
json_t *json_parse(const char *bytes, size_t length, struct error *e);

/*
 * The canonical form of RFC 8785 of a document of objects with ASCII keys, arrays, strings, true,
 * false, null, and integers that a double holds exactly (up to 2^53). Returns a string that the
 * caller releases with free, or NULL when there is anything else in the document, when it has more
 * than JSON_MAX_DEPTH levels, or when memory runs out.
 */
char *json_canonical(const json_t *document);

/*
 * The form for people: two spaces a level, keys in the order they were set, everything that is not
 * ASCII escaped, so that it can go to a terminal; no line feed at the end. Returns a string that
 * the caller releases with free, or NULL when memory runs out.
 */
char *json_pretty(const json_t *document);

/*
 * Sets a member of an object, or adds one more to a list; the value is taken over. What could not
 * be made or set is not left out of a document: *object is then released and becomes NULL, as it is
 * where the value or *object itself was, and so does whatever it is put into.
 */
void json_put(json_t **object, const char *key, json_t *value);
void json_append(json_t **list, json_t *value);

#endif
