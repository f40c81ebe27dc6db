/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/rule.h"

#include <string.h>

static const struct rule_row table[N_RULES] = {
#define RULE(symbol, id, kind, how, names, meaning)                                                \
    [RULE_##symbol] = {id, SCAN_##kind, RULE_##how, names, meaning},
#include "scan/rule.def"
#undef RULE
};

const char *scan_kind_name(enum scan_kind kind)
{
    return kind == SCAN_ELF ? "elf" : "python";
}

const struct rule_row *rule_row(enum rule rule)
{
    return &table[rule];
}

enum rule rule_find(const char *id)
{
    int i = 0;

    while (i < N_RULES && strcmp(table[i].id, id) != 0)
        i++;
    return (enum rule)i;
}

/* One of the names of a row, `length` bytes of it, against what was found. */
typedef bool match(const char *name, size_t length, const void *found);

static enum rule find_name(enum scan_kind kind, match *matches, const void *found)
{
    for (int i = 0; i < N_RULES; i++) {
        if (table[i].kind != kind || table[i].how != RULE_NAMED)
            continue;
        for (const char *name = table[i].names; *name != '\0';) {
            size_t length = strcspn(name, " ");

            if (matches(name, length, found))
                return (enum rule)i;
            name += length + (name[length] == ' ');
        }
    }
    return N_RULES;
}

static bool same(const char *name, size_t length, const char *text)
{
    if (length != 0 && name[length - 1] == '*')
        return strncmp(name, text, length - 1) == 0;
    return strlen(text) == length && memcmp(name, text, length) == 0;
}

static bool match_symbol(const char *name, size_t length, const void *found)
{
    return same(name, length, found);
}

enum rule rule_of_symbol(const char *name)
{
    return find_name(SCAN_ELF, match_symbol, name);
}

struct wanted {
    char form;
    const char *name;
};

static bool match_python(const char *name, size_t length, const void *found)
{
    const struct wanted *w = found;
    const char *last = strrchr(w->name, '.');

    if (length < 3 || name[0] != w->form)
        return false;
    name += 2;
    length -= 2;
    if (same(name, length, w->name))
        return true;
    if (w->form == 'm')
        return strncmp(w->name, name, length) == 0 && w->name[length] == '.';
    return w->form == 'a' && name[0] == '.' && last != NULL && same(name, length, last);
}

enum rule rule_of_python(char form, const char *name)
{
    const struct wanted w = {form, name};

    return find_name(SCAN_PYTHON, match_python, &w);
}
