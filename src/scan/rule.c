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

/* One of the names of a row, or what does not count of it, `length` bytes of it, against what was
 * found. */
typedef bool match(const char *name, size_t length, const void *found);

static bool on_row(const char *names, bool excepted, match *matches, const void *found)
{
    for (const char *name = names; *name != '\0';) {
        size_t length = strcspn(name, " ");

        if ((*name == '!') == excepted && matches(name, length, found))
            return true;
        name += length + (name[length] == ' ');
    }
    return false;
}

static enum rule find_name(enum scan_kind kind, match *matches, const void *found)
{
    for (int i = 0; i < N_RULES; i++) {
        if (table[i].kind != kind || table[i].how != RULE_NAMED)
            continue;
        if (on_row(table[i].names, false, matches, found) &&
            !on_row(table[i].names, true, matches, found))
            return (enum rule)i;
    }
    return N_RULES;
}

/* '*' stands for whatever has no dot in it. */
static bool same(const char *name, size_t length, const char *text)
{
    if (length == 0)
        return *text == '\0';
    if (*name == '*')
        return same(name + 1, length - 1, text) ||
               (*text != '\0' && *text != '.' && same(name, length, text + 1));
    return *name == *text && same(name + 1, length - 1, text + 1);
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

    if (name[0] == '!')
        return same(name + 1, length - 1, w->name) ||
               (last != NULL && same(name + 1, length - 1, last + 1));
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
