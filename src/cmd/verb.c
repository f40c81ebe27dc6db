/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/help.h"

#define COLUMNS 80

static const struct {
    const char *command;
    const char *name;
    const char *words;
    const char *help;
} verbs[] = {
#define VERB(command, name, words, help) {command, name, words, help},
#include "cmd/verb.def"
#undef VERB
};

#define N_VERBS (sizeof verbs / sizeof verbs[0])

/* "add FILE" */
static const char *form(size_t i, char text[VERB_USAGE_SIZE])
{
    snprintf(text, VERB_USAGE_SIZE, "%s%s%s", verbs[i].name, verbs[i].words[0] != '\0' ? " " : "",
             verbs[i].words);
    return text;
}

const char *verb_usage(const char *command, char text[VERB_USAGE_SIZE])
{
    char one[VERB_USAGE_SIZE];
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].command, command) != 0)
            continue;
        snprintf(text + length, VERB_USAGE_SIZE - length, "%s%s", length != 0 ? " | " : "",
                 form(i, one));
        length = strlen(text);
    }
    return text;
}

/* On as many lines as it takes. */
static void print_usage(const char *command)
{
    char one[VERB_USAGE_SIZE];
    int indent = printf("usage: denybox %s ", command);
    int column = indent;
    int n = 0;

    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].command, command) != 0)
            continue;
        form(i, one);
        if (n > 0)
            column += printf(" |");
        if (n > 0 && column + 1 + (int)strlen(one) + 2 > COLUMNS)
            column = printf("\n%*s", indent, "") - 1;
        else if (n > 0)
            column += printf(" ");
        column += printf("%s", one);
        n++;
    }
    putchar('\n');
}

bool verb_help_asked(int argc, char **argv)
{
    return (argc >= 1 && help_asked(argv[0])) || (argc >= 2 && help_asked(argv[1]));
}

void verb_help(const char *command, const char *about)
{
    print_usage(command);
    printf("\n%s%s", about, about[0] != '\0' ? "\n" : "");
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].command, command) == 0)
            printf("  %-8s %s\n", verbs[i].name, verbs[i].help);
    }
}
