/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/matrix.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"

#define FILE_MAX (1U << 20)

/* Made by the build from fixtures/acceptance-matrix.json: builtin_matrix. */
#include "verify/matrix.inc"

#define REFUSE(e, ...) error_set(e, EXIT_DENYBOX, __VA_ARGS__)

static bool known_keys(const json_t *object, const char *const *keys, struct error *e)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;

        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] == NULL)
            return REFUSE(e, "the key '%s' is not known", text_show(key));
    }
    return true;
}

static bool read_probes(struct matrix_row *row, const json_t *probes, struct error *e)
{
    const json_t *id;
    size_t i;

    if (!json_is_array(probes))
        return REFUSE(e, "row %d has no list of probes", row->row);
    json_array_foreach(probes, i, id)
    {
        enum probe probe = json_is_string(id) ? probe_find(json_string_value(id)) : N_PROBES;

        if (probe == N_PROBES)
            return REFUSE(e, "row %d names a probe that there is not: '%s'", row->row,
                          json_is_string(id) ? text_show(json_string_value(id)) : "not a string");
        if (row->bound[probe])
            return REFUSE(e, "row %d names %s twice", row->row, probe_row(probe)->id);
        row->bound[probe] = true;
    }
    return true;
}

static bool known_source(const char *source)
{
    static const char *const sources[] = {"packet", "operator", "inferred", "unknown"};

    for (size_t i = 0; source != NULL && i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(source, sources[i]) == 0)
            return true;
    }
    return false;
}

static bool read_row(struct matrix *m, const json_t *object, struct error *e)
{
    static const char *const keys[] = {"row", "requirement", "source", "bar", "probes", NULL};
    struct matrix_row *row = &m->rows[m->n];
    json_int_t number = json_integer_value(json_object_get(object, "row"));
    json_int_t bar = json_integer_value(json_object_get(object, "bar"));

    *row = (struct matrix_row){.row = (int)number, .bar = (int)bar};
    row->requirement = json_string_value(json_object_get(object, "requirement"));
    row->source = json_string_value(json_object_get(object, "source"));
    if (!json_is_object(object) || number < 1 || number > 10000)
        return REFUSE(e, "a row has no number from 1 to 10000");
    if (!known_keys(object, keys, e))
        return false;
    if (m->n != 0 && row->row <= m->rows[m->n - 1].row)
        return REFUSE(e, "row %d is not above the one before it", row->row);
    if (row->requirement == NULL || !known_source(row->source))
        return REFUSE(e, "row %d has no requirement, or no source that is known", row->row);
    if (bar < 0 || bar > 13 || (json_object_get(object, "bar") != NULL && bar == 0))
        return REFUSE(e, "row %d has a bar that is not from 1 to 13", row->row);
    if (!read_probes(row, json_object_get(object, "probes"), e))
        return false;
    m->n++;
    return true;
}

static bool read_bytes(struct matrix *m, const char *bytes, size_t length, struct error *e)
{
    static const char *const keys[] = {"schema_version", "description", "rows", NULL};
    const json_t *rows;
    const json_t *row;
    size_t i;

    m->document = json_parse(bytes, length, e);
    if (m->document == NULL)
        return false;
    sha256_text(m->sha256, bytes, length);
    if (!json_is_object(m->document) ||
        json_integer_value(json_object_get(m->document, "schema_version")) != 1)
        return REFUSE(e, "it is no object of schema_version 1");
    if (!known_keys(m->document, keys, e))
        return false;
    rows = json_object_get(m->document, "rows");
    if (!json_is_array(rows) || json_array_size(rows) == 0 ||
        json_array_size(rows) > MATRIX_ROWS_MAX)
        return REFUSE(e, "want 1 to %d rows", MATRIX_ROWS_MAX);
    json_array_foreach(rows, i, row)
    {
        if (!read_row(m, row, e))
            return false;
    }
    return true;
}

bool matrix_read(struct matrix *m, const char *bytes, size_t length, struct error *e)
{
    return read_bytes(m, bytes, length, e) || error_before(e, "cannot use the acceptance matrix");
}

bool matrix_load(struct matrix *m, const char *file, struct error *e)
{
    struct buf bytes = {0};
    bool ok;

    if (file == NULL)
        return matrix_read(m, builtin_matrix, sizeof builtin_matrix - 1, e);
    if (!io_read_named(file, FILE_MAX, &bytes))
        ok = error_set(e, EXIT_DENYBOX, "cannot read the acceptance matrix '%s': %s",
                       text_show(file), io_why_unread(errno));
    else
        ok = read_bytes(m, buf_text(&bytes), bytes.length, e) ||
             error_before(e, "cannot use the acceptance matrix '%s'", text_show(file));
    buf_free(&bytes);
    return ok;
}

bool matrix_row_binds(const struct matrix_row *row)
{
    return strcmp(row->source, "packet") == 0 || strcmp(row->source, "operator") == 0;
}

void matrix_free(struct matrix *m)
{
    json_decref(m->document);
    *m = (struct matrix){0};
}
