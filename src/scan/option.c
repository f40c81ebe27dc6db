/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/option.h"

#include <stddef.h>
#include <string.h>

#include "base/help.h"
#include "base/text.h"

enum kind { KIND_FLAG, KIND_PATH };

static const struct row {
    size_t offset;
    const char *name;
    enum kind kind;
    const char *value;
    const char *default_text;
    const char *help;
} table[] = {
#define OPTION(field, name, kind, value, default_text, help)                                       \
    {offsetof(struct scan_options, field), name, KIND_##kind, value, default_text, help},
#include "scan/option.def"
#undef OPTION
};

#define N_OPTIONS (sizeof table / sizeof table[0])

static const struct row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    }
    return NULL;
}

/* The option at argv[*next], which begins with two dashes; takes its value and moves on. */
static bool read_option(struct scan_options *o, int argc, char **argv, int *next, bool *seen,
                        struct error *e)
{
    const char *word = argv[(*next)++] + 2;
    size_t length = strcspn(word, "=");
    const struct row *row = find_row(word, length);
    const char *value = word[length] == '=' ? word + length + 1 : NULL;

    if (row == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use '--%s': there is no such option here",
                         text_show(word));
    if (seen[row - table])
        return error_set(e, EXIT_DENYBOX, "cannot use --%s twice", row->name);
    seen[row - table] = true;
    if (row->kind == KIND_FLAG) {
        *((bool *)o + row->offset) = true;
        return value == NULL ||
               error_set(e, EXIT_DENYBOX, "cannot use --%s: it takes no value", row->name);
    }
    if (value == NULL && *next < argc)
        value = argv[(*next)++];
    if (value == NULL || value[0] == '\0')
        return error_set(e, EXIT_DENYBOX, "cannot use --%s: want --%s %s", row->name, row->name,
                         row->value);
    *(const char **)(void *)((char *)o + row->offset) = value;
    return true;
}

bool scan_options(struct scan_options *o, int argc, char **argv, struct error *e)
{
    bool seen[N_OPTIONS] = {false};
    int next = 0;

    while (next < argc) {
        const char *word = argv[next];

        if (strcmp(word, "--") == 0) {
            next++;
            break;
        }
        if (word[0] != '-' || word[1] == '\0')
            break;
        if (word[1] != '-')
            return error_set(e, EXIT_DENYBOX, "cannot use '%s': options have two dashes",
                             text_show(word));
        if (!read_option(o, argc, argv, &next, seen, e))
            return false;
    }
    o->paths = argv + next;
    o->n_paths = argc - next;
    if (o->json && o->quiet)
        return error_set(e, EXIT_DENYBOX, "cannot use --quiet with --json");
    if (o->n_paths == 0 && !o->help && !o->version && !o->show_policy) {
        error_set(e, EXIT_DENYBOX, "cannot scan: no payload is given");
        return error_hint(e, "denybox scan [OPTIONS] PAYLOAD...");
    }
    return true;
}

void scan_options_help(void)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        help_option(table[i].name, table[i].value, table[i].help,
                    table[i].kind != KIND_FLAG ? table[i].default_text : NULL, "");
}
