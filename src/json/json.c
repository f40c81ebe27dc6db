/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define LARGEST_EXACT (INT64_C(1) << 53)

static bool shallow(const json_t *value, unsigned left)
{
    const char *key;
    const json_t *child;
    size_t i;

    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (left == 0)
        return false;
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (!shallow(child, left - 1))
            return false;
    }
    json_array_foreach(value, i, child)
    {
        if (!shallow(child, left - 1))
            return false;
    }
    return true;
}

/*
 * jansson's reader does not look whether its buffer has grown: without memory it would go on with a
 * text that lacks a byte, or read beyond it. So while it reads, an allocation that fails ends it;
 * what it had of the document is lost.
 */
static jmp_buf *reading;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL && reading != NULL)
        longjmp(*reading, 1);
    return memory;
}

static json_t *load(const char *bytes, size_t length, json_error_t *where, bool *starved)
{
    jmp_buf out;
    json_t *document = NULL;

    json_set_alloc_funcs(allocate, free);
    reading = &out;
    /* Compared with a constant, as the whole of a condition: what C allows of setjmp, and no more.
     */
    if (setjmp(out) == 0) {
        document = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, where);
        *starved = false;
    } else {
        *starved = true;
    }
    reading = NULL;
    return *starved ? NULL : document;
}

json_t *json_parse(const char *bytes, size_t length, struct error *e)
{
    json_error_t where;
    bool starved;
    json_t *document = load(bytes, length, &where, &starved);

    if (starved) {
        error_errno(e, EXIT_DENYBOX, ENOMEM, "cannot parse JSON");
        return NULL;
    }
    if (document == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot parse JSON: line %d, column %d: %s", where.line,
                  where.column, text_show(where.text));
        return NULL;
    }
    if (!shallow(document, JSON_MAX_DEPTH)) {
        json_decref(document);
        error_set(e, EXIT_DENYBOX, "cannot parse JSON: more than %d levels", JSON_MAX_DEPTH);
        return NULL;
    }
    return document;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* One that is not plain. */
static void add_escaped(struct buf *b, unsigned char c)
{
    static const char named[] = "\bb\tt\nn\ff\rr\"\"\\\\";

    for (const char *p = named; *p != '\0'; p += 2) {
        if ((unsigned char)p[0] == c) {
            buf_printf(b, "\\%c", p[1]);
            return;
        }
    }
    /* jansson would write upper-case digits, RFC 8785 wants lower-case. */
    buf_printf(b, "\\u%04x", c);
}

static void add_string(struct buf *b, const char *text, size_t length)
{
    size_t from = 0;

    buf_puts(b, "\"");
    for (size_t i = 0; i < length; i++) {
        if (is_plain((unsigned char)text[i]))
            continue;
        buf_add(b, text + from, i - from);
        add_escaped(b, (unsigned char)text[i]);
        from = i + 1;
    }
    buf_add(b, text + from, length - from);
    buf_puts(b, "\"");
}

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return *text == '\0';
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of an object in the order of RFC 8785, to be released with free; NULL as above. */
static const char **sorted_keys(const json_t *object)
{
    const char **keys = calloc(json_object_size(object) + 1, sizeof *keys);
    const char *key;
    json_t *child;
    size_t n = 0;

    if (keys == NULL)
        return NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, child)
    {
        /* The RFC sorts by UTF-16 units, which for ASCII alone is the order of the bytes. */
        if (!is_ascii(key)) {
            free(keys);
            return NULL;
        }
        keys[n++] = key;
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    return keys;
}

static bool add_value(struct buf *b, const json_t *value, unsigned left);

static bool add_object(struct buf *b, const json_t *object, unsigned left)
{
    const char **keys = sorted_keys(object);
    bool ok = keys != NULL;

    buf_puts(b, "{");
    for (size_t i = 0; ok && keys[i] != NULL; i++) {
        if (i != 0)
            buf_puts(b, ",");
        add_string(b, keys[i], strlen(keys[i]));
        buf_puts(b, ":");
        ok = add_value(b, json_object_get(object, keys[i]), left);
    }
    buf_puts(b, "}");
    free(keys);
    return ok;
}

static bool add_array(struct buf *b, const json_t *array, unsigned left)
{
    const json_t *child;
    size_t i;

    buf_puts(b, "[");
    json_array_foreach(array, i, child)
    {
        if (i != 0)
            buf_puts(b, ",");
        if (!add_value(b, child, left))
            return false;
    }
    buf_puts(b, "]");
    return true;
}

static bool add_integer(struct buf *b, json_int_t number)
{
    buf_printf(b, "%" JSON_INTEGER_FORMAT, number);
    return number >= -LARGEST_EXACT && number <= LARGEST_EXACT;
}

static bool add_value(struct buf *b, const json_t *value, unsigned left)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return left != 0 && add_object(b, value, left - 1);
    case JSON_ARRAY:
        return left != 0 && add_array(b, value, left - 1);
    case JSON_STRING:
        add_string(b, json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        return add_integer(b, json_integer_value(value));
    case JSON_TRUE:
        buf_puts(b, "true");
        return true;
    case JSON_FALSE:
        buf_puts(b, "false");
        return true;
    case JSON_NULL:
        buf_puts(b, "null");
        return true;
    case JSON_REAL:
    default:
        return false;
    }
}

char *json_canonical(const json_t *document)
{
    struct buf b = {0};

    if (document == NULL || !add_value(&b, document, JSON_MAX_DEPTH) || b.failed) {
        buf_free(&b);
        return NULL;
    }
    return b.data; /* handed over to the caller */
}

/* jansson takes DEL, which stands in strings alone, for a letter; a terminal does not. */
static int add_piece(const char *bytes, size_t length, void *text)
{
    struct buf *b = text;

    for (const char *at; (at = memchr(bytes, 0x7f, length)) != NULL;) {
        buf_add(b, bytes, (size_t)(at - bytes));
        buf_puts(b, "\\u007f");
        length -= (size_t)(at + 1 - bytes);
        bytes = at + 1;
    }
    buf_add(b, bytes, length);
    return 0;
}

/* Into a buffer of ours, which forgets no failure: jansson goes on when a key did not fit into its
 * own. */
char *json_pretty(const json_t *document)
{
    const size_t flags = JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY;
    struct buf b = {0};

    if (json_dump_callback(document, add_piece, &b, flags) != 0 || b.failed)
        buf_free(&b);
    return b.data; /* handed over to the caller */
}

static void give_up(json_t **whole)
{
    json_decref(*whole);
    *whole = NULL;
}

/* Both of jansson's release the value where they fail, and fail for a NULL. */
void json_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) != 0)
        give_up(object);
}

void json_append(json_t **list, json_t *value)
{
    if (json_array_append_new(*list, value) != 0)
        give_up(list);
}
