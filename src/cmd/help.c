/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/help.h"
#include "base/near.h"
#include "base/text.h"
#include "cmd/commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *synopsis;
    const char *help;
} commands[] = {
#define COMMAND(name, synopsis, help) {#name, command_##name, synopsis, help},
#include "cmd/command.def"
#undef COMMAND
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static int show_help(void)
{
    puts("usage: denybox COMMAND [OPTIONS]     denybox COMMAND --help lists the options\n"
         "Runs one program in a deny-by-default sandbox whose walls were proved first.\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].help);
    puts("\nExit status of run: the payload's own, or");
#define EXITCODE(symbol, number, meaning)                                                          \
    if ((number) != 0)                                                                             \
        help_status(number, meaning);
#include "base/exitcode.def"
#undef EXITCODE
    puts("Manual: denybox(1); step by step, and when it fails: denybox-operator(7).");
    return EXIT_OK;
}

/* The row of a command, or N_COMMANDS. */
static size_t find_command(const char *name)
{
    size_t i = 0;

    while (i < N_COMMANDS && strcmp(name, commands[i].name) != 0)
        i++;
    return i;
}

void command_usage(const char *name)
{
    printf("usage: denybox %s\n\n", commands[find_command(name)].synopsis);
}

static bool refuse(const char *word, struct error *e)
{
    struct near near = {0};

    if (word == NULL)
        error_set(e, EXIT_DENYBOX, "cannot start: no command given");
    else
        error_set(e, EXIT_DENYBOX, "cannot start: '%s' is not a command", text_show(word));
    for (size_t i = 0; word != NULL && i < N_COMMANDS; i++)
        near_try(&near, word, strlen(word), commands[i].name);
    if (near.name != NULL)
        return error_hint(e, "did you mean %s? denybox --help lists the commands", near.name);
    if (word != NULL && strchr(word, '/') != NULL)
        return error_hint(e, "a program is started by denybox run -- %s", text_show(word));
    return error_hint(e, "denybox --help lists the commands");
}

/* "help" alone, and "help help", are about all of them. */
static bool of_all(int argc, char **argv)
{
    return argc == 0 || help_asked(argv[0]) || strcmp(argv[0], "help") == 0;
}

bool words_help(int argc, char **argv, struct error *e)
{
    return of_all(argc, argv) || find_command(argv[0]) < N_COMMANDS || refuse(argv[0], e);
}

/* "help COMMAND" is "COMMAND --help". */
int command_help(int argc, char **argv)
{
    char option[] = "--help";
    char *words[] = {option, NULL};

    return of_all(argc, argv) ? show_help() : command_named(argv[0], 1, words);
}

int command_named(const char *word, int argc, char **argv)
{
    size_t i = word != NULL ? find_command(word) : N_COMMANDS;
    struct error e;

    if (i < N_COMMANDS)
        return commands[i].run(argc, argv);
    refuse(word, &e);
    error_print(&e);
    return (int)e.exit;
}
