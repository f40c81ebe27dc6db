/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
        strchr("mbr*navg", json_string_value(form)[0]) == NULL || json_integer_value(line) < 0 ||
        json_integer_value(line) > 0x7fffffff || json_string_length(name) > 4096)
        return false;
    fact->form = json_string_value(form)[0];
    fact->name = json_string_value(name);
    fact->line = (unsigned)json_integer_value(line);
    return true;
}

static bool built_in(const json_t *facts, const char *module)
{
    size_t length = strcspn(module, ".");
    const json_t *one;
    size_t i;

    json_array_foreach(facts, i, one)
    {
        const char *name = json_string_value(json_array_get(one, 1));

        if (json_string_value(json_array_get(one, 0))[0] == 'b' && strlen(name) == length &&
            memcmp(name, module, length) == 0)
            return true;
    }
    return false;
}

/* The rules' own names; a member that was imported is an attribute as well. */
static bool note_named(struct scan_report *r, struct scan_file *file, char form,
                       const struct fact *fact)
{
    enum rule rule = rule_of_python(form, fact->name);

    return rule == N_RULES || scan_note(r, file, rule, fact->line, fact->name);
}

static bool take_import(struct sources *s, size_t index, const json_t *facts,
                        const struct fact *fact)
{
    bool local = false;

    if (!built_in(facts, fact->name) &&
        !local_follow(s, &s->report->files[index], fact->line, fact->name, &local))
        return false;
    /* Following adds files, and moves them. */
    return (local || scan_note(s->report, &s->report->files[index], RULE_PY_IMPORT, fact->line,
                               fact->name)) &&
           note_named(s->report, &s->report->files[index], 'm', fact) &&
           note_named(s->report, &s->report->files[index], 'a', fact);
}

static bool take_fact(struct sources *s, size_t index, const json_t *facts, const struct fact *fact)
{
    struct scan_report *r = s->report;
    struct scan_file *file = &r->files[index];

    switch (fact->form) {
    case 'm':
        return take_import(s, index, facts, fact);
    case 'r':
        return scan_note(r, file, RULE_PY_RELATIVE, fact->line, fact->name);
    case '*':
        return scan_note(r, file, RULE_PY_STAR, fact->line, fact->name);
    case 'v':
        return scan_note(r, file, RULE_PY_VALUE, fact->line, fact->name);
    case 'g':
        return scan_note(r, file, RULE_PY_GETATTR, fact->line, fact->name);
    case 'n':
    case 'a':
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

bool source_facts(struct sources *s, size_t source, const json_t *answer)
{
    size_t index = s->list[source].file;
    const json_t *error = json_object_get(answer, "error");
    const json_t *facts = json_object_get(answer, "facts");
    const json_t *one;
    struct fact fact;
    size_t i;

    if (!json_is_object(answer) || json_object_size(answer) != 1 ||
        !(json_is_string(error) || sound(facts)))
        return scan_failed(s->report, "the parser answers in another form");
    if (error != NULL)
        return scan_failed(s->report, "cannot scan '%s': %.200s",
                           text_show(s->report->files[index].path),
                           text_show(json_string_value(error)));
    json_array_foreach(facts, i, one)
    {
        if (!read_fact(one, &fact) || !take_fact(s, index, facts, &fact))
            return false;
    }
    return true;
}
