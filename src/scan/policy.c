/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/policy.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"

#define FILE_MAX (1U << 20)

/* Made by the build from fixtures/scan/default.json: builtin_policy. */
#include "scan/policy.inc"

#define REFUSE(e, ...) error_set(e, EXIT_DENYBOX, __VA_ARGS__)

/* The lists of the two sections; a list of no rule is that of the symbols. */
static const struct list {
    const char *section;
    const char *name;
    enum rule rule;
} lists[] = {
    {"elf", "loaders", RULE_ELF_LOADER},
    {"elf", "libraries", RULE_ELF_LIBRARY},
    {"elf", "interpreters", RULE_ELF_INTERPRETER},
    {"elf", "symbols_denied", N_RULES},
    {"elf", "environment", RULE_ELF_VARIABLE},
    {"python", "imports", RULE_PY_IMPORT},
    {"python", "environment", RULE_PY_ENVIRONMENT},
};

#define N_LISTS (sizeof lists / sizeof lists[0])

static bool good_text(const json_t *value)
{
    const char *text = json_string_value(value);

    return text != NULL && text[0] != '\0' && strlen(text) <= SCAN_TEXT_MAX &&
           strlen(text) == json_string_length(value) && text_is_printable(text);
}

static bool read_list(struct scan_policy *p, const struct list *list, const json_t *value,
                      struct error *e)
{
    const json_t *one;
    size_t i;

    if (!json_is_array(value))
        return REFUSE(e, "%s.%s is not a list", list->section, list->name);
    json_array_foreach(value, i, one)
    {
        if (!good_text(one))
            return REFUSE(e, "%s.%s[%zu] is not a text of 1 to %d printable characters",
                          list->section, list->name, i, SCAN_TEXT_MAX);
    }
    if (list->rule == N_RULES)
        p->symbols_denied = value;
    else
        p->listed[list->rule] = value;
    return true;
}

static bool read_allow(struct scan_policy *p, const char *section, const json_t *value,
                       struct error *e)
{
    const json_t *one;
    size_t i;

    if (!json_is_array(value))
        return REFUSE(e, "%s.allow is not a list", section);
    json_array_foreach(value, i, one)
    {
        enum rule rule = good_text(one) ? rule_find(json_string_value(one)) : N_RULES;

        if (rule == N_RULES || strcmp(scan_kind_name(rule_row(rule)->kind), section) != 0)
            return REFUSE(e, "%s.allow[%zu] is no rule of %s: '%s'", section, i, section,
                          json_is_string(one) ? text_show(json_string_value(one)) : "not a string");
        if (p->allow[rule])
            return REFUSE(e, "%s.allow names %s twice", section, rule_row(rule)->id);
        p->allow[rule] = true;
    }
    return true;
}

static bool read_section(struct scan_policy *p, const char *section, const json_t *object,
                         struct error *e)
{
    const char *key;
    const json_t *value;

    if (!json_is_object(object))
        return REFUSE(e, "%s is not an object", section);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;

        while (i < N_LISTS &&
               (strcmp(lists[i].section, section) != 0 || strcmp(lists[i].name, key) != 0))
            i++;
        if (i < N_LISTS ? !read_list(p, &lists[i], value, e)
            : strcmp(key, "allow") == 0
                ? !read_allow(p, section, value, e)
                : !REFUSE(e, "the key '%s.%s' is not known", section, text_show(key)))
            return false;
    }
    return true;
}

static bool read_document(struct scan_policy *p, struct error *e)
{
    const char *key;
    const json_t *value;

    if (!json_is_object(p->document) ||
        json_integer_value(json_object_get(p->document, "schema_version")) != 1)
        return REFUSE(e, "it is no object of schema_version 1");
    json_object_foreach(p->document, key, value)
    {
        bool section = strcmp(key, "elf") == 0 || strcmp(key, "python") == 0;

        if (section && !read_section(p, key, value, e))
            return false;
        if (strcmp(key, "description") == 0 && !json_is_string(value))
            return REFUSE(e, "description is not a text");
        if (!section && strcmp(key, "description") != 0 && strcmp(key, "schema_version") != 0)
            return REFUSE(e, "the key '%s' is not known", text_show(key));
    }
    return true;
}

static bool read_bytes(struct scan_policy *p, const char *bytes, size_t length, struct error *e)
{
    *p = (struct scan_policy){0};
    p->document = json_parse(bytes, length, e);
    sha256_text(p->sha256, bytes, length);
    return p->document != NULL && read_document(p, e);
}

bool scan_policy_read(struct scan_policy *p, const char *bytes, size_t length, struct error *e)
{
    return read_bytes(p, bytes, length, e) || error_before(e, "cannot use the scan policy");
}

bool scan_policy_load(struct scan_policy *p, const char *file, struct error *e)
{
    struct buf bytes = {0};
    bool ok = false;

    *p = (struct scan_policy){0};
    if (file == NULL || strcmp(file, "default") == 0)
        return scan_policy_read(p, builtin_policy, sizeof builtin_policy - 1, e);
    if (!io_read_named(file, FILE_MAX, &bytes))
        error_set(e, EXIT_DENYBOX, "cannot read the scan policy '%s': %s", text_show(file),
                  io_why_unread(errno));
    else
        ok = read_bytes(p, buf_text(&bytes), bytes.length, e) ||
             error_before(e, "cannot use the scan policy '%s'", text_show(file));
    buf_free(&bytes);
    return ok || error_hint(e, "default is the built-in one; denybox scan --show-policy prints it, "
                               "to make one of your own");
}

/* "/usr/bin/python3" stands for "/usr/bin/python3.11" as well. */
static bool same_program(const char *listed, const char *path)
{
    size_t length = strlen(listed);

    return strncmp(listed, path, length) == 0 &&
           path[length + strspn(path + length, "0123456789.")] == '\0';
}

static bool same_module(const char *listed, const char *module)
{
    size_t length = strlen(listed);

    return strncmp(listed, module, length) == 0 &&
           (module[length] == '\0' || module[length] == '.');
}

static bool on_list(enum rule rule, const char *listed, const char *detail, const char *sha256)
{
    if (rule == RULE_PY_IMPORT)
        return same_module(listed, detail);
    if (rule == RULE_ELF_INTERPRETER)
        return same_program(listed, detail) || (sha256 != NULL && strcmp(listed, sha256) == 0);
    return strcmp(listed, detail) == 0;
}

bool scan_policy_allows(const struct scan_policy *p, enum rule rule, const char *detail,
                        const char *sha256)
{
    const json_t *one;
    size_t i;

    if (p->allow[rule])
        return true;
    json_array_foreach(p->listed[rule], i, one)
    {
        if (on_list(rule, json_string_value(one), detail, sha256))
            return true;
    }
    return false;
}

bool scan_policy_denies(const struct scan_policy *p, const char *symbol)
{
    const json_t *one;
    size_t i;

    json_array_foreach(p->symbols_denied, i, one)
    {
        if (strcmp(json_string_value(one), symbol) == 0)
            return true;
    }
    return false;
}

void scan_policy_free(struct scan_policy *p)
{
    json_decref(p->document);
    *p = (struct scan_policy){0};
}

const char *scan_policy_builtin(void)
{
    return builtin_policy;
}
