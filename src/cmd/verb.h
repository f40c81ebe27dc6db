/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_VERB_H
#define DENYBOX_CMD_VERB_H

#include <stdbool.h>

/* The table of verbs, for people. */

#define VERB_USAGE_SIZE 160

/* "add FILE | list": the verbs of a command and their words, for a hint. Returns text. */
const char *verb_usage(const char *command, char text[VERB_USAGE_SIZE]);

/* Is --help the first word, or the one behind the verb? */
bool verb_help_asked(int argc, char **argv);

/* Writes what --help of a command with verbs is to standard output; about: a paragraph before the
 * verbs, with its newline, or "". */
void verb_help(const char *command, const char *about);

#endif
