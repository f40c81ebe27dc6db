/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_VALUE_H
#define DENYBOX_BASE_VALUE_H

#include "base/option.h"

/*
 * Reads the value of an option into its field, by the kind of its row (below OPTION_OWN); `text` is
 * NULL for a flag. False and *e, which names the option and the value, when it is not of that kind
 * or out of the row's range.
 */
bool value_read(const struct option_row *row, const char *text, void *field, struct error *e);

/* Sets "cannot use --NAME 'VALUE': WANT". Returns false. */
bool value_bad(const struct option_row *row, const char *value, struct error *e, const char *want);

/* Is it a name for a variable: letters, digits and '_', no digit first? */
bool value_env_name(const char *name);

/* Sizes: decimal with an optional k, m, g or t (powers of 1024). False when malformed or > max. */
bool value_size(const char *text, uint64_t max, uint64_t *bytes);

/* Seconds: decimal with an optional s, m, h or d. False when malformed or > max. */
bool value_duration(const char *text, uint64_t max, uint64_t *seconds);

/* Is it an absolute path without empty, "." and ".." components, and not "/" itself? */
bool value_inside(const char *path);

/* What is wanted instead of a path that is none such; NULL: it is one. */
const char *value_inside_wrong(const char *path);

#endif
