/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tool of the build: fills the tables of commands, verbs and options into the completion for a
 * shell, which stands beside it.
 *
 *   mkcompletion denybox <denybox.bash >completion/bash/denybox
 *
 * In what it reads, @PROGRAM@ is the program's name, @NAME@ the same as a name of a function, and
 * the line @ROWS@ becomes a call of _@NAME@_row for each row of the tables, of seven words:
 *
 *   kind       command, operand, verb or option
 *   command    whose row it is; empty: the program's
 *   word       the command, the verb, or the option with its dashes
 *   arguments  what follows, a word each: dir, file, text, profile, id; of an operand what it is
 *   words      values that have a name
 *   help       what it does
 *   many       "many": the option may be given again
 *
 * A quoted word is the same in bash, zsh and fish, as long as there is no backslash in it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "filter/builtin.h"

#define ALL ~0U
#define R 1U
#define A 2U
#define P 4U
#define B 8U
#define RP (R | P)
#define RAP (R | A | P)
#define RPB (R | P | B)
#define RAPB (R | A | P | B)
#define MANY (1U << 8)
#define DEVIATION 0U

struct option {
    const char *name;
    const char *kind;
    const char *value;
    unsigned flags;
    const char *help;
};

#define OPTION(field, name, kind, value, min, max, flags, default_text, help)                      \
    {name, #kind, value, flags, help},

static const struct option plan_options[] = {
#include "plan/option.def"
};
static const struct option check_options[] = {
#include "cmd/check.def"
};
static const struct option pack_options[] = {
#include "cmd/pack.def"
};
static const struct option verify_options[] = {
#include "verify/option.def"
};
static const struct option scan_options[] = {
#include "scan/option.def"
};
static const struct option attester_options[] = {
#include "attester/option.def"
};
/* What the program and its commands without a table know. */
static const struct option other_options[] = {
    {"help", "FLAG", "", 0, "show this help"},
    {"version", "FLAG", "", 0, "show the version"},
};

#undef OPTION

#define TABLE(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const struct {
    const char *command;
    const struct option *rows;
    size_t n;
    unsigned bit; /* of the rows that it knows */
} tables[] = {
    {"run", TABLE(plan_options), R},        {"attest", TABLE(plan_options), A},
    {"plan", TABLE(plan_options), P},       {"batch", TABLE(plan_options), B},
    {"check", TABLE(check_options), ALL},   {"pack", TABLE(pack_options), ALL},
    {"verify", TABLE(verify_options), ALL}, {"scan", TABLE(scan_options), ALL},
    {"filter", other_options, 1, ALL},      {"image", other_options, 1, ALL},
    {"cache", other_options, 1, ALL},       {"", TABLE(other_options), ALL},
};

/* One of seven words. */
static void print_word(const char *word)
{
    if (strchr(word, '\\') != NULL || strchr(word, '\n') != NULL) {
        fprintf(stderr, "mkcompletion: a backslash or a newline in '%s'\n", word);
        exit(1);
    }
    fputs(" '", stdout);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*word);
    }
    putchar('\'');
}

struct row {
    const char *kind;
    const char *command;
    const char *word;
    const char *arguments;
    const char *words;
    const char *help;
    const char *many;
};

static void print_row(const char *name, const struct row *row)
{
    printf("  _%s_row", name);
    print_word(row->kind);
    print_word(row->command);
    print_word(row->word);
    print_word(row->arguments);
    print_word(row->words);
    print_word(row->help);
    print_word(row->many);
    putchar('\n');
}

/* ---------------------------------------------------------------- options */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static const char *arguments_of(const struct option *o)
{
    if (o->value[0] == '\0')
        return "";
    if (is(o->kind, "BIND"))
        return "file text";
    if (is(o->kind, "ENV"))
        return "text text";
    if (is(o->name, "seccomp")) /* a name, or a file */
        return "file";
    if (is(o->kind, "PATH") || is(o->kind, "PATHS"))
        return is(o->value, "DIR") ? "dir" : "file";
    return "text";
}

static const char *words_of(const char *name)
{
    static const struct {
        const char *option;
        const char *words;
    } table[] = {
#define WORDS(option, words) {option, words},
#include "completion/words.def"
#undef WORDS
#undef DEVIATION
#define DEVIATION(bit, name, ...) name " "
        {
            "allow-deviation",
#include "rules/deviation.def"
        },
#undef DEVIATION
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (is(table[i].option, name))
            return table[i].words;
    }
    return "";
}

static void print_option(const char *name, const char *command, const struct option *o)
{
    static const char *const shorts[][2] = {
#define SHORT(word, name) {word, name},
#include "base/short.def"
#undef SHORT
    };
    char word[64];
    struct row row = {"option",
                      command,
                      word,
                      arguments_of(o),
                      words_of(o->name),
                      o->help,
                      o->flags & MANY ? "many" : ""};

    /* A digest of the container's profile is none of the built-in names. */
    if (is(command, "") && is(o->name, "seccomp"))
        row.words = "";
    snprintf(word, sizeof word, "--%s", o->name);
    print_row(name, &row);
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
        row.word = shorts[i][0];
        if (is(shorts[i][1], o->name))
            print_row(name, &row);
    }
}

/* ---------------------------------------------------------------- commands and verbs */

static void print_commands(const char *name)
{
#define COMMAND(symbol, synopsis, help)                                                            \
    print_row(name, &(struct row){"command", "", #symbol, "", "", help, ""});
#include "cmd/command.def"
#undef COMMAND
#define OPERAND(command, what)                                                                     \
    print_row(name, &(struct row){"operand", #command, "", what, "", "", ""});
#include "completion/operand.def"
#undef OPERAND
}

/* "[--max-size SIZE] FILE[:NAME]": the options that a verb has. */
static void print_verb_options(const char *name, const char *command, const char *words)
{
    for (const char *at = words; (at = strstr(at, "--")) != NULL;) {
        char option[64];
        int length = (int)strcspn(at, " ]");

        snprintf(option, sizeof option, "%.*s", length, at);
        print_row(name, &(struct row){"option", command, option, at[length] == ' ' ? "text" : "",
                                      "", "", ""});
        at += length;
    }
}

static void print_verb(const char *name, const char *command, const char *verb, const char *words,
                       const char *help)
{
    struct buf profiles = {0};
    const char *kind = strstr(words, "FILE") != NULL   ? "file"
                       : strstr(words, "NAME") != NULL ? "profile"
                       : strstr(words, "ID") != NULL   ? "id"
                                                       : "";

    for (const struct filter_builtin *b = NULL;
         is(kind, "profile") && (b = filter_builtin_next(b)) != NULL;)
        buf_printf(&profiles, "%s ", b->name);
    print_row(name, &(struct row){"verb", command, verb, kind, buf_text(&profiles), help, ""});
    buf_free(&profiles);
    print_verb_options(name, command, words);
}

static void print_rows(const char *program, const char *name)
{
    if (!is(program, "denybox")) {
        for (size_t i = 0; i < sizeof attester_options / sizeof attester_options[0]; i++)
            print_option(name, "", &attester_options[i]);
        return;
    }
    print_commands(name);
#define VERB(command, verb, words, help) print_verb(name, command, verb, words, help);
#include "cmd/verb.def"
#undef VERB
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (size_t i = 0; i < tables[t].n; i++) {
            if ((tables[t].rows[i].flags & tables[t].bit) != 0 || tables[t].bit == ALL)
                print_option(name, tables[t].command, &tables[t].rows[i]);
        }
    }
}

/* ---------------------------------------------------------------- the template */

static void fill(const char *line, const char *program, const char *name)
{
    for (; *line != '\0'; line++) {
        if (strncmp(line, "@PROGRAM@", 9) == 0) {
            fputs(program, stdout);
            line += 8;
        } else if (strncmp(line, "@NAME@", 6) == 0) {
            fputs(name, stdout);
            line += 5;
        } else {
            putchar(*line);
        }
    }
}

int main(int argc, char **argv)
{
    char line[512];
    char name[64];

    if (argc != 2 || strlen(argv[1]) >= sizeof name) {
        fputs("usage: mkcompletion PROGRAM <TEMPLATE\n", stderr);
        return 2;
    }
    strcpy(name, argv[1]);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (is(line, "@ROWS@\n"))
            print_rows(argv[1], name);
        else
            fill(line, argv[1], name);
    }
    return ferror(stdin) || fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
}
