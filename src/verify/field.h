/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_FIELD_H
#define DENYBOX_VERIFY_FIELD_H

#include "json/json.h"

/* Looking things up in a bundle. The schema has been checked, but what may be missing or null may
 * be. */

/* What stands at "a.b.c", or NULL. Borrowed. Keys with a dot in them cannot be reached. */
const json_t *field(const json_t *object, const char *path);

/* The string at "a.b.c", or NULL when it is none. Borrowed. */
const char *field_text(const json_t *object, const char *path);

/* The integer at "a.b.c", or -1 when it is none. */
json_int_t field_number(const json_t *object, const char *path);

/* Is it null, or not there? */
bool field_null(const json_t *object, const char *path);

/* Are both texts there, and the same? */
bool same_text(const char *a, const char *b);

/* Has the array this string? */
bool array_has(const json_t *array, const char *text);

#endif
