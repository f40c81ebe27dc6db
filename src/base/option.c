/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/help.h"
#include "base/near.h"
#include "base/text.h"
#include "base/value.h"

/* The words that are read, and the next one. */
struct words {
    char **word;
    int n;
    int next;
};

static const struct {
    const char *word;
    const char *name;
} shorts[] = {
#define SHORT(word, name) {word, name},
#include "base/short.def"
#undef SHORT
};

static bool known(const struct option_set *set, const struct option_row *row)
{
    return set->command == 0 || (row->flags & set->command) != 0;
}

/* Of all commands. */
static const struct option_row *find_row(const struct option_set *set, const char *name,
                                         size_t length)
{
    for (size_t i = 0; i < set->n_rows; i++) {
        if (strlen(set->rows[i].name) == length && memcmp(set->rows[i].name, name, length) == 0)
            return &set->rows[i];
    }
    return NULL;
}

static const struct option_row *find_short(const struct option_set *set, const char *word)
{
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
        if (strcmp(word, shorts[i].word) == 0)
            return find_row(set, shorts[i].name, strlen(shorts[i].name));
    }
    return NULL;
}

/* What stands here for an option of another command: --in-each for --in, and the other way round.
 */
static const struct option_row *counterpart(const struct option_set *set,
                                            const struct option_row *row)
{
    static const char each[] = "-each";

    for (size_t i = 0; i < set->n_rows; i++) {
        const struct option_row *here = &set->rows[i];
        bool longer = strlen(here->name) > strlen(row->name);
        const char *one = longer ? row->name : here->name;
        const char *of_each = longer ? here->name : row->name;

        if (known(set, here) && strncmp(of_each, one, strlen(one)) == 0 &&
            strcmp(of_each + strlen(one), each) == 0)
            return here;
    }
    return NULL;
}

static bool advise_elsewhere(const struct option_set *set, const struct option_row *row,
                             struct error *e)
{
    const struct option_row *here = counterpart(set, row);

    if (here != NULL)
        return error_hint(e, "here it is --%s %s", here->name, here->value);
    return error_hint(e, "another command has it; %s --help lists the options here", set->program);
}

/* The hint of an option that does not exist: what is meant by it elsewhere, or here by a name that
 * is nearly the same. */
static bool advise(const struct option_set *set, const char *word, struct error *e)
{
    char name[32];
    size_t length = strcspn(word, "=");
    const struct option_row *row = find_row(set, word, length);
    struct near near = {0};
    const char *advice = NULL;

    if (length < sizeof name && set->advice != NULL && row == NULL) {
        memcpy(name, word, length);
        name[length] = '\0';
        advice = set->advice(name);
    }
    if (advice != NULL)
        return error_hint(e, "%s", advice);
    if (row != NULL && !known(set, row))
        return advise_elsewhere(set, row, e);
    for (size_t i = 0; i < set->n_rows; i++) {
        if (known(set, &set->rows[i]))
            near_try(&near, word, length, set->rows[i].name);
    }
    if (near.name != NULL)
        return error_hint(e, "did you mean --%s? %s --help lists the options", near.name,
                          set->program);
    return error_hint(e, "%s --help lists the options", set->program);
}

static bool unknown(const struct option_set *set, const char *name, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot use '--%s': there is no such option here", text_show(name));
    return advise(set, name, e);
}

static bool one_dash(const struct option_set *set, const char *word, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot use '%s': options have two dashes", text_show(word));
    return advise(set, word + 1, e);
}

static int value_words(const struct option_row *row)
{
    return row->value[0] == '\0' ? 0 : strchr(row->value, ' ') == NULL ? 1 : 2;
}

/* Other programs take two values in one word: NAME=VALUE, SRC:DEST. */
static bool missing_value(const struct option_row *row, const char *first, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot use --%s: want --%s %s", row->name, row->name, row->value);
    return first == NULL || strpbrk(first, "=:") == NULL
               ? false
               : error_hint(e, "these are two words, with a blank between them instead of '%c'",
                            *strpbrk(first, "=:"));
}

/* Is it an option, or the end of them, and not the value of the option before it?  A value that an
 * empty variable of a shell was to be is not there at all, and what comes next would be taken for
 * it: a run for evidence would have --evidence for its nonce, and write none. */
static bool names_option(const struct option_set *set, const char *word)
{
    return strncmp(word, "--", 2) == 0 &&
           (word[2] == '\0' || find_row(set, word + 2, strcspn(word + 2, "=")) != NULL);
}

static bool no_value(const struct option_row *row, const char *next, struct error *e)
{
    missing_value(row, NULL, e);
    return error_hint(e, "'%s' comes next: is a variable empty? --%s=%.*s takes any word",
                      text_show(next), row->name, (int)strcspn(row->value, " "), row->value);
}

/* Takes what of the value is not attached, and reads it. */
static bool read_row(struct option_reader *r, const struct option_row *row, const char *attached,
                     struct words *w, struct error *e)
{
    const char *value[2] = {attached, NULL};
    int have = attached != NULL;
    size_t i = (size_t)(row - r->set->rows);

    if (r->seen[i] && (row->flags & OPTION_MANY) == 0)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s twice", row->name);
    r->seen[i] = true;
    if (have > value_words(row))
        return error_set(e, EXIT_DENYBOX, "cannot use --%s: it takes no value", row->name);
    for (; have < value_words(row); have++) {
        if (w->next >= w->n || (have == 1 && strcmp(w->word[w->next], "--") == 0))
            return missing_value(row, value[0], e);
        if (have == 0 && names_option(r->set, w->word[w->next]))
            return no_value(row, w->word[w->next], e);
        value[have] = w->word[w->next++];
    }
    if (row->kind >= OPTION_OWN)
        return r->failed || r->set->own(r, row, value, e);
    return value_read(row, value[0], (char *)r->target + row->offset, e);
}

/* The option at w->next, which begins with a dash. */
static bool read_option(struct option_reader *r, struct words *w, struct error *e)
{
    const char *word = w->word[w->next++];
    const struct option_row *row = find_short(r->set, word);
    size_t length;

    if (row != NULL && known(r->set, row))
        return read_row(r, row, NULL, w, e);
    if (word[1] != '-')
        return one_dash(r->set, word, e);
    word += 2;
    length = strcspn(word, "=");
    row = find_row(r->set, word, length);
    if (row == NULL || !known(r->set, row))
        return unknown(r->set, word, e);
    return read_row(r, row, word[length] == '=' ? word + length + 1 : NULL, w, e);
}

static bool like_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* A word that is no option was met. */
static bool place_good(const struct option_set *set, const struct words *w, struct error *e)
{
    if (set->order == OTHERS_NONE) {
        error_set(e, EXIT_DENYBOX, "cannot use '%s': %s", text_show(w->word[w->next]), set->others);
        return error_hint(e, "%s --help lists the options", set->program);
    }
    for (int i = w->next; set->order == OTHERS_BEHIND && i < w->n; i++) {
        if (!like_option(w->word[i]))
            continue;
        error_set(e, EXIT_DENYBOX, "cannot use '%s' here: options come before the %s",
                  text_show(w->word[i]), set->others);
        return error_hint(e, "%s [OPTIONS] %s; a name that begins with a dash is written ./-NAME",
                          set->program, set->others);
    }
    return true;
}

bool option_read(struct option_reader *r, int argc, char **argv, char ***others, int *n,
                 struct error *e)
{
    struct words w = {argv, argc, 0};
    enum option_others order = r->set->order;
    struct error later;
    int among = 0;

    while (w.next < argc) {
        const char *word = argv[w.next];

        if (strcmp(word, "--") == 0 && order != OTHERS_NONE) {
            w.next++;
            break;
        }
        if (like_option(word) && strcmp(word, "--") != 0) {
            r->failed = !read_option(r, &w, r->failed ? &later : e) || r->failed;
            continue;
        }
        if (r->failed || !place_good(r->set, &w, e))
            return false;
        if (order != OTHERS_AMONG)
            break;
        argv[among++] = argv[w.next++];
    }
    if (r->failed)
        return false;
    if (order == OTHERS_AMONG) {
        while (w.next < argc)
            argv[among++] = argv[w.next++];
        w.next = 0;
        argc = among;
    }
    *others = argv + w.next;
    *n = argc - w.next;
    return true;
}

bool option_exclude(bool first, const char *first_name, bool second, const char *second_name,
                    struct error *e)
{
    return !first || !second ||
           error_set(e, EXIT_DENYBOX, "cannot use --%s with --%s", first_name, second_name);
}

bool option_list_add(struct option_list *list, const char *word, struct error *e)
{
    const char **grown = reallocarray(list->word, list->n + 1, sizeof *grown);

    if (grown == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot read the options: out of memory");
    list->word = grown;
    list->word[list->n++] = word;
    return true;
}

void option_list_free(struct option_list *list)
{
    free(list->word);
    *list = (struct option_list){0};
}

void option_help(const struct option_set *set)
{
    for (size_t i = 0; i < set->n_rows; i++) {
        const struct option_row *row = &set->rows[i];

        if (known(set, row))
            help_option(row->name, row->value, row->help,
                        row->kind != OPTION_FLAG ? row->default_text : NULL,
                        (row->flags & OPTION_DEVIATION) != 0 ? " (deviation)" : "");
    }
}
