/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/option.h"

#include <string.h>

#include "base/help.h"
#include "base/text.h"

enum kind { KIND_FLAG, KIND_TEXT, KIND_DURATION, KIND_MANY };

static const struct row {
    size_t offset;
    const char *name;
    enum kind kind;
    const char *value;
    uint64_t min;
    uint64_t max;
    const char *default_text;
    const char *help;
} table[] = {
#define OPTION(field, name, kind, value, min, max, default_text, help)                             \
    {offsetof(struct policy, field), name, KIND_##kind, value, min, max, default_text, help},
#include "verify/option.def"
#undef OPTION
};

#define N_OPTIONS (sizeof table / sizeof table[0])

static bool bad(const struct row *row, const char *value, struct error *e, const char *want)
{
    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': %s", row->name, text_show(value),
                     want);
}

/* A number and s, m, h or d; seconds without one. */
static bool duration(const char *text, uint64_t max, uint64_t *seconds)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char digits[24];
    size_t length = strlen(text);
    uint64_t factor = 1;
    unsigned long long n;

    for (size_t i = 0; length > 0 && i < sizeof units / sizeof units[0]; i++) {
        if (text[length - 1] == units[i].unit) {
            factor = units[i].seconds;
            length--;
            break;
        }
    }
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!text_number(digits, max / factor, &n))
        return false;
    *seconds = n * factor;
    return true;
}

static bool printable(const char *text)
{
    while (*text >= 0x20 && *text < 0x7f)
        text++;
    return *text == '\0';
}

static bool read_value(const struct row *row, const char *value, struct policy *policy,
                       struct error *e)
{
    char *field = (char *)policy + row->offset;
    struct values *values = (struct values *)(void *)field;
    size_t length = strlen(value);

    if (row->kind == KIND_DURATION) {
        if (!duration(value, row->max, (uint64_t *)(void *)field) ||
            *(uint64_t *)(void *)field < row->min)
            return bad(row, value, e, "want a number with s, m, h or d");
        return true;
    }
    if (length < row->min || length > row->max)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want %llu to %llu characters",
                         row->name, text_show(value), (unsigned long long)row->min,
                         (unsigned long long)row->max);
    /* A path may be of any bytes. */
    if (strcmp(row->value, "FILE") != 0 && !printable(value))
        return bad(row, value, e, "want printable ASCII");
    if (row->kind == KIND_TEXT) {
        *(const char **)(void *)field = value;
        return true;
    }
    if (values->n == VALUES_MAX)
        return bad(row, value, e, "there are too many of them");
    values->value[values->n++] = value;
    return true;
}

static const struct row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    }
    return NULL;
}

/* The option at argv[*next], which begins with two dashes; takes its value and moves on. */
static bool read_option(struct policy *policy, int argc, char **argv, int *next, bool *seen,
                        struct error *e)
{
    const char *word = argv[(*next)++] + 2;
    size_t length = strcspn(word, "=");
    const struct row *row = find_row(word, length);

    if (row == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use '--%s': there is no such option here",
                         text_show(word));
    if (seen[row - table] && row->kind != KIND_MANY)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s twice", row->name);
    seen[row - table] = true;
    if (row->kind == KIND_FLAG) {
        *((bool *)policy + row->offset) = true;
        return word[length] == '\0' ||
               error_set(e, EXIT_DENYBOX, "cannot use --%s: it takes no value", row->name);
    }
    if (word[length] == '=')
        return read_value(row, word + length + 1, policy, e);
    if (*next >= argc)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s: want --%s %s", row->name, row->name,
                         row->value);
    return read_value(row, argv[(*next)++], policy, e);
}

bool verify_options(struct policy *policy, int argc, char **argv, struct error *e)
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
        if (!read_option(policy, argc, argv, &next, seen, e))
            return false;
    }
    policy->files = argv + next;
    policy->n_files = argc - next;
    if (policy->n_files == 0 && !policy->help && !policy->version) {
        error_set(e, EXIT_DENYBOX, "cannot verify: no bundle is given");
        return error_hint(e, "denybox verify [OPTIONS] BUNDLE...");
    }
    return true;
}

void verify_options_help(void)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        help_option(table[i].name, table[i].value, table[i].help,
                    table[i].kind != KIND_FLAG ? table[i].default_text : NULL, "");
}
