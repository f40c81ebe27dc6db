/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_VALUE_H
#define DENYBOX_PLAN_VALUE_H

#include "plan/option.h"

/*
 * Reads the value of one option into its field of *d. `second` is the second word of the kinds that
 * take two, else NULL. False and *e, which names the option and the value, when it is not of the
 * row's kind or out of its range.
 */
bool value_read(const struct option_row *row, const char *first, const char *second,
                struct declared *d, struct error *e);

/* Is it a name for a variable: letters, digits and '_', no digit first? */
bool value_env_name(const char *name);

/* How many words after the option its value takes: 0, 1 or 2. */
int value_words(enum option_kind kind);

/* Sizes: decimal with an optional k, m, g or t (powers of 1024). False when malformed or > max. */
bool value_size(const char *text, uint64_t max, uint64_t *bytes);

/* Is it an absolute path without empty, "." and ".." components, and not "/" itself? */
bool value_inside(const char *path);

#endif
