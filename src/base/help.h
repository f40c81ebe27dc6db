/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_HELP_H
#define DENYBOX_BASE_HELP_H

#include <stdbool.h>

/* Is this the word that asks for it, where no table of options reads it? */
bool help_asked(const char *word);

/*
 * Writes the line of one option of --help to standard output: "  --name VALUE   help
 * [default]note". `default_text` NULL: the option has no value, and so no default. `note` is added
 * as it is.
 */
void help_option(const char *name, const char *value, const char *help, const char *default_text,
                 const char *note);

/* The line of one exit status. */
void help_status(int status, const char *meaning);

#endif
