/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/help.h"
#include "base/io.h"
#include "base/text.h"
#include "plan/value.h"

#define R COMMAND_RUN
#define A COMMAND_ATTEST
#define P COMMAND_PLAN
#define RP (R | P)
#define RAP (R | A | P)
#define MANY OPTION_MANY
#define DEVIATION OPTION_DEVIATION

/* All the options that --args may bring; far more than anyone needs, and a bound. */
#define ARGS_MAX (1U << 20)

static const struct option_row table[] = {
#define OPTION(field, name, kind, value, min, max, flags, default_text, help)                      \
    {name,  KIND_##kind,  value, offsetof(struct declared, field), min, max,                       \
     flags, default_text, help},
#include "plan/option.def"
#undef OPTION
};

#define N_OPTIONS (sizeof table / sizeof table[0])

/* Where the words come from, and which rows were seen: one value per option unless MANY. */
struct words {
    char **word;
    int n;
    int next;
    bool nested;
    bool *seen;
};

const struct option_row *option_table(size_t *n)
{
    *n = N_OPTIONS;
    return table;
}

static const struct option_row *find_row(enum command command, const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0 &&
            (table[i].flags & (unsigned)command) != 0)
            return &table[i];
    }
    return NULL;
}

static bool parse_words(struct plan *plan, struct words *w, struct error *e);

/* --args FD: the words stay in a buffer that lives as long as the program does. */
static bool read_args(struct plan *plan, const struct words *outer, struct error *e)
{
    struct buf bytes = {0};
    struct words inner = {.nested = true, .seen = outer->seen};
    size_t start = 0;
    bool ok;

    if (outer->nested)
        return error_set(e, EXIT_DENYBOX, "cannot use --args inside --args");
    if (!io_read_all((int)plan->declared.args_fd, ARGS_MAX, &bytes)) {
        buf_free(&bytes);
        return error_set(e, EXIT_DENYBOX, "cannot read the options from descriptor %d",
                         (int)plan->declared.args_fd);
    }
    if (bytes.length != 0 && bytes.data[bytes.length - 1] != '\0')
        buf_add(&bytes, "", 1);
    for (size_t i = 0; i < bytes.length; i++)
        inner.n += bytes.data[i] == '\0';
    inner.word = calloc((size_t)inner.n + 1, sizeof *inner.word);
    if (inner.word == NULL || bytes.failed) {
        buf_free(&bytes);
        free(inner.word);
        return error_set(e, EXIT_DENYBOX, "cannot read the options: out of memory");
    }
    inner.n = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] == '\0') {
            inner.word[inner.n++] = bytes.data + start;
            start = i + 1;
        }
    }
    ok = parse_words(plan, &inner, e);
    free(inner.word);
    return ok;
}

/* The option at w->next, which begins with two dashes; takes its value and moves on. */
static bool parse_option(struct plan *plan, struct words *w, struct error *e)
{
    const char *word = w->word[w->next++] + 2;
    size_t length = strcspn(word, "=");
    const char *attached = word[length] == '=' ? word + length + 1 : NULL;
    const struct option_row *row = find_row(plan->command, word, length);
    const char *value[2] = {attached, NULL};
    int have = attached != NULL;

    if (row == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot use '--%s': there is no such option here",
                  text_show(word));
        return error_hint(e, "denybox --help lists the commands, and each command has --help");
    }
    if (w->seen[row - table] && (row->flags & OPTION_MANY) == 0)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s twice", row->name);
    w->seen[row - table] = true;
    if (have > value_words(row->kind))
        return error_set(e, EXIT_DENYBOX, "cannot use --%s: it takes no value", row->name);
    for (; have < value_words(row->kind); have++) {
        if (w->next >= w->n)
            return error_set(e, EXIT_DENYBOX, "cannot use --%s: want --%s %s", row->name, row->name,
                             row->value);
        value[have] = w->word[w->next++];
    }
    if (!value_read(row, value[0], value[1], &plan->declared, e))
        return false;
    return row->kind != KIND_ARGS || read_args(plan, w, e);
}

static bool parse_words(struct plan *plan, struct words *w, struct error *e)
{
    while (w->next < w->n) {
        const char *word = w->word[w->next];

        if (strcmp(word, "--") == 0) {
            w->next++;
            break;
        }
        if (strncmp(word, "--", 2) != 0) {
            if (word[0] == '-' && word[1] != '\0')
                return error_set(e, EXIT_DENYBOX, "cannot use '%s': options have two dashes",
                                 text_show(word));
            break;
        }
        if (!parse_option(plan, w, e))
            return false;
    }
    if (w->next < w->n && w->nested)
        return error_set(e, EXIT_DENYBOX, "cannot use '%s' in --args: only options go there",
                         text_show(w->word[w->next]));
    if (!w->nested) {
        plan->declared.command = w->word + w->next;
        plan->declared.n_command = (size_t)(w->n - w->next);
    }
    return true;
}

bool option_parse(struct plan *plan, int argc, char **argv, struct error *e)
{
    bool seen[N_OPTIONS] = {false};
    struct words w = {.word = argv, .n = argc, .seen = seen};

    if (!parse_words(plan, &w, e))
        return false;
    if (plan->declared.quiet && plan->declared.verbose)
        return error_set(e, EXIT_DENYBOX, "cannot use --quiet with --verbose");
    return true;
}

void option_help(enum command command)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option_row *row = &table[i];

        if ((row->flags & (unsigned)command) != 0)
            help_option(row->name, row->value, row->help,
                        row->kind != KIND_FLAG ? row->default_text : NULL,
                        (row->flags & OPTION_DEVIATION) != 0 ? " (deviation)" : "");
    }
}
