/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "scan/source.h"

/* More than walker.py ever says of a source. */
#define FACTS_MAX 20001

/* One [FORM, NAME, LINE] of the answer. */
struct fact {
    char form;
    const char *name;
    unsigned line;
};

static bool read_fact(const json_t *list, struct fact *fact)
{
    const json_t *form = json_array_get(list, 0);
    const json_t *name = json_array_get(list, 1);
    const json_t *line = json_array_get(list, 2);

    if (!json_is_array(list) || json_array_size(list) != 3 || !json_is_string(form) ||
        json_string_length(form) != 1 || !json_is_string(name) || !json_is_integer(line) ||
        strchr("mr*navgpcbs", json_string_value(form)[0]) == NULL || json_integer_value(line) < 0 ||
        json_integer_value(line) > 0x7fffffff || json_string_length(name) > 4096)
        return false;
    fact->form = json_string_value(form)[0];
    fact->name = json_string_value(name);
    fact->line = (unsigned)json_integer_value(line);
    return true;
}

/* The rules' own names; a member that was imported is an attribute as well. */
static bool note_named(struct scan_report *r, struct scan_file *file, char form,
                       const struct fact *fact)
{
    enum rule rule = rule_of_python(form, fact->name);

    return rule == N_RULES || scan_note(r, file, rule, fact->line, fact->name);
}

static bool take_import(struct sources *s, size_t index, const struct fact *fact)
{
    bool own = false;

    if (!local_follow(s, &s->report->files[index], fact->line, fact->name, &own))
        return false;
    s->outside = s->outside || (!own && !local_library(s, fact->name));
    /* Following adds files, and moves them. */
    return (own || scan_note(s->report, &s->report->files[index], RULE_PY_IMPORT, fact->line,
                             fact->name)) &&
           note_named(s->report, &s->report->files[index], 'm', fact) &&
           note_named(s->report, &s->report->files[index], 'a', fact);
}

static bool take_fact(struct sources *s, size_t index, const struct fact *fact)
{
    struct scan_report *r = s->report;
    struct scan_file *file = &r->files[index];

    switch (fact->form) {
    case 'm':
        return take_import(s, index, fact);
    case 'r':
        return scan_note(r, file, RULE_PY_RELATIVE, fact->line, fact->name);
    case '*':
        return scan_note(r, file, RULE_PY_STAR, fact->line, fact->name);
    case 'v':
        return scan_note(r, file, RULE_PY_VALUE, fact->line, fact->name);
    case 'g':
        return scan_note(r, file, RULE_PY_GETATTR, fact->line, fact->name);
    case 'c':
        return scan_note(r, file, RULE_PY_GENERATED, fact->line, fact->name);
    case 's':
        return scan_note(r, file, RULE_PY_CHANGED, fact->line, fact->name);
    case 'n':
    case 'a':
    case 'p':
    case 'b':
        return note_named(r, file, fact->form, fact);
    default:
        return true;
    }
}

static bool sound(const json_t *facts)
{
    const json_t *one;
    struct fact fact;
    size_t i;

    if (!json_is_array(facts) || json_array_size(facts) > FACTS_MAX)
        return false;
    json_array_foreach(facts, i, one)
    {
        if (!read_fact(one, &fact))
            return false;
    }
    return true;
}

static bool sound_renames(const json_t *renames)
{
    const json_t *ways;
    const json_t *way;
    const char *name;
    size_t i;

    if (!json_is_object(renames))
        return false;
    json_object_foreach((json_t *)(uintptr_t)renames, name, ways)
    {
        if (!json_is_array(ways))
            return false;
        json_array_foreach(ways, i, way)
        {
            if (!json_is_string(way))
                return false;
        }
    }
    return true;
}

/* "dir.helper" of "dir/helper.py" and of "dir/helper/__init__.py"; of a long one, the end. */
static void module_name(char out[SCAN_TEXT_MAX + 1], const char *path)
{
    static const char init[] = "/__init__.py";
    size_t length = strlen(path);

    if (length >= sizeof init && strcmp(path + length - (sizeof init - 1), init) == 0)
        length -= sizeof init - 1;
    else if (length > 3 && strcmp(path + length - 3, ".py") == 0)
        length -= 3;
    if (length > SCAN_TEXT_MAX) {
        path += length - SCAN_TEXT_MAX;
        length = SCAN_TEXT_MAX;
    }
    snprintf(out, SCAN_TEXT_MAX + 1, "%.*s", (int)length, path);
    for (char *slash = out; (slash = strchr(slash, '/')) != NULL;)
        *slash = '.';
}

/* That there is a module is worth knowing, whatever it imports. */
static bool take_renames(struct sources *s, const char *path, const json_t *renames)
{
    char module[SCAN_TEXT_MAX + 1];
    size_t shown = strlen(s->shown);
    json_t *known;
    json_t *ways;
    const char *name;

    module_name(module, strncmp(path, s->shown, shown) == 0 ? path + shown : path);
    known = json_object_get(s->renames, module);
    if (known == NULL && json_object_set_new(s->renames, module, json_object()) < 0)
        return scan_failed(s->report, "cannot scan '%s': its name is no UTF-8, or out of memory",
                           text_show(path));
    known = json_object_get(s->renames, module);
    json_object_foreach((json_t *)(uintptr_t)renames, name, ways)
    {
        json_t *list = json_object_get(known, name);

        if (list == NULL ? json_object_set_new(known, name, json_deep_copy(ways)) < 0
                         : json_array_extend(list, ways) < 0)
            return scan_failed(s->report, "out of memory");
    }
    return true;
}

bool source_facts(struct sources *s, size_t source, const json_t *answer)
{
    size_t index = s->list[source].file;
    const json_t *error = json_object_get(answer, "error");
    const json_t *facts = json_object_get(answer, "facts");
    const json_t *renames = json_object_get(answer, "renames");
    const json_t *one;
    struct fact fact;
    size_t i;

    if (!json_is_object(answer) || json_object_size(answer) != (error != NULL ? 1 : 2) ||
        !(json_is_string(error) || (sound(facts) && sound_renames(renames))))
        return scan_failed(s->report, "the parser answers in another form");
    if (error != NULL)
        return scan_failed(s->report, "cannot scan '%s': %.200s",
                           text_show(s->report->files[index].path),
                           text_show(json_string_value(error)));
    json_array_foreach(facts, i, one)
    {
        if (!read_fact(one, &fact) || !take_fact(s, index, &fact))
            return false;
    }
    return take_renames(s, s->report->files[index].path, renames);
}
