/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/field.h"

#include <string.h>

const json_t *field(const json_t *object, const char *path)
{
    while (object != NULL && *path != '\0') {
        char key[64];
        size_t length = strcspn(path, ".");

        if (length >= sizeof key)
            return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        object = json_object_get(object, key);
        path += length + (path[length] == '.');
    }
    return object;
}

const char *field_text(const json_t *object, const char *path)
{
    return json_string_value(field(object, path));
}

json_int_t field_number(const json_t *object, const char *path)
{
    const json_t *value = field(object, path);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

bool field_null(const json_t *object, const char *path)
{
    const json_t *value = field(object, path);

    return value == NULL || json_is_null(value);
}

bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool array_has(const json_t *array, const char *text)
{
    const json_t *value;
    size_t i;

    json_array_foreach(array, i, value)
    {
        if (same_text(json_string_value(value), text))
            return true;
    }
    return false;
}
