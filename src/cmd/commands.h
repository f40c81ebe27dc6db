/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_COMMANDS_H
#define DENYBOX_CMD_COMMANDS_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Of each command two functions; argv are the words after the command's name.
 *
 * command_NAME carries it out, and returns the exit status of the program. words_NAME is how it
 * begins: are they words that it understands? It reads them and what they name as a descriptor or a
 * file of options, does nothing else, and says in *e what is wrong.
 */
#define COMMAND(name, ...)                                                                         \
    int command_##name(int argc, char **argv);                                                     \
    bool words_##name(int argc, char **argv, struct error *e);
#include "cmd/command.def"
#undef COMMAND

/* Carries out the command of that name, or says that there is none; NULL: none was given. Returns
 * the exit status. */
int command_named(const char *word, int argc, char **argv);

/* Writes the first line of a command's --help and an empty one to standard output; the name is one
 * of the table. */
void command_usage(const char *name);

#endif
