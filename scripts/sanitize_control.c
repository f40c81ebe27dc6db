/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * The control of scripts/sanitize: one error on purpose, by its name, in a program that is built
 * and linked as all are. What is not found here would be found nowhere.
 */

static int overflow(int by)
{
    char *text = malloc((size_t)by);

    if (text == NULL)
        return EXIT_SUCCESS;
    memset(text, 'x', (size_t)by);
    by = text[by];
    free(text);
    return by;
}

static int leak(int size)
{
    static char *volatile kept;

    /* The last one may still stand in a register. */
    for (int i = 0; i < size; i++)
        kept = malloc((size_t)size);
    kept = NULL;
    return EXIT_SUCCESS;
}

static int undefined(int by)
{
    return INT_MAX - 8 + by;
}

/* As a payload-to-be is held: nothing more can be mapped, and nobody hears. */
static int walled(int by)
{
    if (setrlimit(RLIMIT_DATA, &(struct rlimit){0, 0}) < 0 || close(STDERR_FILENO) < 0)
        return EXIT_SUCCESS;
    return overflow(by);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*make)(int by);
    } errors[] = {
        {"leak", leak}, {"overflow", overflow}, {"undefined", undefined}, {"walled", walled}};

    for (size_t i = 0; argc > 1 && i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, argv[1]) == 0)
            return errors[i].make(16 * (argc - 1));
    return EXIT_FAILURE;
}
