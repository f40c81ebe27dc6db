/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/wipe.h"

#include <stddef.h>
#include <string.h>

/* The strings lie one after the other at the top of the stack: arguments, then environment. */
static char *first;
static size_t arguments;
static char *environment_first;
static size_t environment_length;

static size_t run_length(char **list)
{
    char *end = list[0];

    for (char **s = list; *s != NULL && *s == end; s++)
        end = *s + strlen(*s) + 1;
    return (size_t)(end - list[0]);
}

void wipe_note(char **argv, char **environment)
{
    if (argv[0] != NULL) {
        first = argv[0];
        arguments = run_length(argv);
    }
    if (environment[0] != NULL) {
        environment_first = environment[0];
        environment_length = run_length(environment);
    }
}

void wipe_caller(void)
{
    if (first != NULL)
        explicit_bzero(first, arguments);
    if (environment_first != NULL)
        explicit_bzero(environment_first, environment_length);
}
