/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/form.h"

enum when { WHEN_ALWAYS, WHEN_DENYBOX, WHEN_ATTESTER, WHEN_OPTIONAL };

struct row {
    const char *path;
    const char *types; /* "string or null" */
    enum when when;
    enum form form;
    const char *argument;
};

static const struct row table[] = {
#define FIELD(path, types, when, form, argument) {path, types, WHEN_##when, FORM_##form, argument},
#include "verify/schema.def"
#undef FIELD
};

#define N_ROWS (sizeof table / sizeof table[0])

/* A path and what it leads to. Longer ones than any row are in no table. */
struct place {
    char path[128];
};

struct entry {
    const struct row *row;
};

static int by_path(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    return strcmp(x->row->path, y->row->path);
}

static const struct row *find_row(const char *path)
{
    static struct entry sorted[N_ROWS];
    const struct row wanted = {.path = path};
    const struct entry key = {&wanted};
    const struct entry *found;

    if (sorted[0].row == NULL) {
        for (size_t i = 0; i < N_ROWS; i++)
            sorted[i].row = &table[i];
        qsort(sorted, N_ROWS, sizeof sorted[0], by_path);
    }
    found = bsearch(&key, sorted, N_ROWS, sizeof sorted[0], by_path);
    return found != NULL ? found->row : NULL;
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        return "null";
    case JSON_REAL:
    default:
        return "number";
    }
}

static bool has_type(const struct row *row, const json_t *value)
{
    const char *name = type_name(value);
    const char *found = strstr(row->types, name);

    return found != NULL && (found == row->types || found[-1] == ' ') &&
           (found[strlen(name)] == '\0' || found[strlen(name)] == ' ');
}

/* Is `path` directly beneath `parent`? Its last key is then at *key. */
static bool is_child(const char *path, const char *parent, const char **key)
{
    size_t length = strlen(parent);

    if (length != 0 && (strncmp(path, parent, length) != 0 || path[length] != '.'))
        return false;
    *key = path + length + (length != 0);
    /* Three keys have dots of their own; no key beneath another one has two. */
    return strchr(*key, '[') == NULL &&
           (strchr(*key, '.') == NULL || strcmp(parent, "host.user_namespaces") == 0);
}

static void miss(struct verification *v, const struct row *row, const char *where, const char *key)
{
    bool top = strchr(row->path, '.') == NULL;

    if (row->when == WHEN_OPTIONAL || (row->when == WHEN_ATTESTER && v->foreign))
        return;
    if (row->when != WHEN_DENYBOX || !v->foreign)
        note(v, REASON_SCHEMA_MISSING, "%s%s%s is missing", where, top ? "" : ".", key);
    else if (top && !v->policy->base)
        note(v, REASON_DENYBOX_ONLY,
             "%s is missing: another sandbox made this bundle; --base is for one", key);
}

static void check_missing(struct verification *v, const json_t *object, const char *path)
{
    const char *key;

    for (size_t i = 0; i < N_ROWS; i++) {
        if (is_child(table[i].path, path, &key) && json_object_get(object, key) == NULL)
            miss(v, &table[i], path, key);
    }
}

static void check_value(struct verification *v, const char *path, const json_t *value);

/* What stands beneath the second look has the rows of the first. */
static const char *rows_of(const char *path)
{
    return strcmp(path, "observed.after_exec") == 0 ? "observed.before_exec" : path;
}

/* A dot or a bracket in a key would make it look like another path. */
static bool plain_key(const char *path, const char *key)
{
    return strpbrk(key, ".[") == NULL || strcmp(path, "host.user_namespaces") == 0;
}

static void check_object(struct verification *v, const char *path, const json_t *object)
{
    const char *key;
    const json_t *child;

    check_missing(v, object, path);
    json_object_foreach((json_t *)(uintptr_t)object, key, child)
    {
        struct place place;
        int n = snprintf(place.path, sizeof place.path, "%s%s%s", path, path[0] != '\0' ? "." : "",
                         key);
        const struct row *row = (size_t)n < sizeof place.path ? find_row(place.path) : NULL;

        if (row == NULL || !plain_key(path, key) || (v->foreign && row->when == WHEN_DENYBOX))
            note(v, REASON_SCHEMA_UNKNOWN, "%s%s%s is not known here", path,
                 path[0] != '\0' ? "." : "", text_show(key));
        else
            check_value(v, place.path, child);
    }
}

static void check_array(struct verification *v, const char *path, const json_t *array)
{
    struct place place;
    const json_t *child;
    size_t i;

    snprintf(place.path, sizeof place.path, "%s[]", path);
    json_array_foreach(array, i, child)
    {
        check_value(v, place.path, child);
    }
}

static void check_value(struct verification *v, const char *path, const json_t *value)
{
    const struct row *row = find_row(path);

    /* Of an array whose elements the table forgot. */
    if (row == NULL) {
        note(v, REASON_SCHEMA_UNKNOWN, "%s is not known here", path);
        return;
    }
    if (!has_type(row, value)) {
        note(v, REASON_SCHEMA_TYPE, "%s is %s, not %s", path, type_name(value), row->types);
        return;
    }
    if (json_is_object(value))
        check_object(v, rows_of(path), value);
    else if (json_is_array(value))
        check_array(v, path, value);
    else if ((json_is_string(value) || json_is_integer(value)) &&
             !form_holds(row->form, row->argument, value))
        note(v, REASON_SCHEMA_VALUE, "%s is '%s'", path,
             json_is_string(value) ? text_show(json_string_value(value)) : "out of its range");
}

json_t *schema_ordered(const char *path, const json_t *value)
{
    json_t *ordered = json_is_array(value) ? json_array() : json_object();
    struct place place;
    const char *key;
    const json_t *child;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value)) {
        json_decref(ordered);
        return json_incref((json_t *)(uintptr_t)value);
    }
    snprintf(place.path, sizeof place.path, "%s[]", path);
    json_array_foreach(value, i, child)
    {
        json_append(&ordered, schema_ordered(place.path, child));
    }
    for (i = 0; json_is_object(value) && i < N_ROWS; i++) {
        child = is_child(table[i].path, path, &key) ? json_object_get(value, key) : NULL;
        if (child != NULL)
            json_put(&ordered, key, schema_ordered(table[i].path, child));
    }
    return ordered;
}

/* That another sandbox has made it is known from the name of the runtime alone. */
static bool is_foreign(const json_t *bundle)
{
    const char *runtime = field_text(bundle, "runtime");

    return runtime != NULL && runtime_foreign(runtime);
}

static void check_coverage(struct verification *v)
{
    const struct matrix *m = &v->policy->matrix;

    for (size_t i = 0; i < m->n; i++) {
        bool bound = false;

        for (int p = 0; p < N_PROBES; p++)
            bound = bound || (m->rows[i].bound[p] && v->probe[p].listed);
        if (!bound && matrix_row_binds(&m->rows[i]))
            note(v, REASON_MATRIX_UNCOVERED, "row %d is bound to no probe of the bundle",
                 m->rows[i].row);
    }
}

bool check_schema(struct verification *v)
{
    v->foreign = v->findings.foreign = is_foreign(v->bundle);
    check_object(v, "", v->bundle);
    if (v->wrong)
        return false;
    check_probe_set(v);
    check_coverage(v);
    return !v->wrong;
}
