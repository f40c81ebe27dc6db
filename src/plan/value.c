/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/value.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool bad(const struct option_row *row, const char *value, struct error *e, const char *want)
{
    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': %s", row->name, text_show(value),
                     want);
}

static bool out_of_range(const struct option_row *row, const char *value, struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want a number from %llu to %llu",
                     row->name, text_show(value), (unsigned long long)row->min,
                     (unsigned long long)row->max);
}

bool value_size(const char *text, uint64_t max, uint64_t *bytes)
{
    static const char units[] = "kmgt";
    char digits[24];
    size_t length = strlen(text);
    unsigned shift = 0;
    unsigned long long n;

    if (length > 0 && strchr(units, text[length - 1] | 0x20) != NULL) {
        shift = 10 * (unsigned)(strchr(units, text[length - 1] | 0x20) - units + 1);
        length--;
    }
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!text_number(digits, max >> shift, &n))
        return false;
    *bytes = n << shift;
    return true;
}

bool value_inside(const char *path)
{
    if (path[0] != '/' || path[1] == '\0' || strlen(path) >= PATH_MAX)
        return false;
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part + 1, "/");

        if (length == 0 || (length <= 2 && strspn(part + 1, ".") >= length))
            return false;
        part += 1 + length;
    }
    return true;
}

static bool read_string(const struct option_row *row, const char *text, struct error *e)
{
    size_t length = strlen(text);

    if (row->kind == KIND_PATH)
        return length > 0 && length < PATH_MAX ? true : bad(row, text, e, "want a path");
    if (row->kind == KIND_INSIDE)
        return strcmp(text, "/") == 0 || value_inside(text)
                   ? true
                   : bad(row, text, e, "want an absolute path without '.' and '..'");
    if (row->kind == KIND_DATE)
        return text_date_wrong(text) == NULL ? true : bad(row, text, e, text_date_wrong(text));
    if (length < row->min || length > row->max)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want %llu to %llu characters",
                         row->name, text_show(text), (unsigned long long)row->min,
                         (unsigned long long)row->max);
    if (row->kind == KIND_TEXT && !text_is_printable(text))
        return bad(row, text, e, "want printable ASCII");
    if (row->kind == KIND_WORD && !text_is_word(text))
        return bad(row, text, e, "want letters, digits, '.', '_' and '-'");
    if (row->kind == KIND_HOST && text[strspn(text, LETTERS DIGITS ".-")] != '\0')
        return bad(row, text, e, "want letters, digits, '.' and '-'");
    return true;
}

static bool read_fd(const struct option_row *row, const char *text, int64_t *field, struct error *e)
{
    unsigned long long n;

    if (!text_number(text, row->max, &n))
        return out_of_range(row, text, e);
    if (fcntl((int)n, F_GETFD) < 0)
        return bad(row, text, e, "no such descriptor is open");
    *field = (int64_t)n;
    return true;
}

bool value_env_name(const char *name)
{
    return name[0] != '\0' && strspn(name, DIGITS) == 0 &&
           name[strspn(name, LETTERS DIGITS "_")] == '\0';
}

static bool read_env(const struct option_row *row, const char *name, const char *value,
                     struct declared *d, struct error *e)
{
    const char *word = secret_word(name);

    if (!value_env_name(name))
        return bad(row, name, e, "want a name of letters, digits and '_'");
    if (word != NULL) {
        error_set(e, EXIT_DENYBOX, "cannot use --setenv '%s': the name looks like a secret (%s)",
                  text_show(name), word);
        return error_hint(e, "a sandboxed payload gets no secret; pass data as a file in --in");
    }
    return plan_setenv(d, name, value, true, e);
}

/* Where the sandbox's own mounts are: nothing may be mounted at, above or below them. */
static bool reserved(const char *path)
{
    static const char *const own[] = {"/in", "/out", "/tmp", "/proc", "/dev"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i]);

        if (strncmp(path, own[i], length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return false;
}

static bool read_with(const struct option_row *row, const char *path, struct declared *d,
                      struct error *e)
{
    const char **grown;

    if (path[0] == '\0')
        return bad(row, path, e, "want a path");
    grown = reallocarray(d->with, d->n_with + 1, sizeof *grown);
    if (grown == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot note --%s: out of memory", row->name);
    d->with = grown;
    d->with[d->n_with++] = path;
    return true;
}

static bool read_bind(const struct option_row *row, const char *source, const char *target,
                      struct declared *d, struct error *e)
{
    struct bind *grown;

    if (source[0] == '\0')
        return bad(row, source, e, "want a path");
    if (!value_inside(target))
        return bad(row, target, e, "want an absolute path without '.' and '..'");
    if (reserved(target))
        return bad(row, target, e, "that place belongs to the sandbox");
    for (size_t i = 0; i < d->n_binds; i++) {
        if (strcmp(d->binds[i].target, target) == 0)
            return bad(row, target, e, "given twice");
    }
    grown = reallocarray(d->binds, d->n_binds + 1, sizeof *grown);
    if (grown == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot note --ro-bind: out of memory");
    d->binds = grown;
    d->binds[d->n_binds++] = (struct bind){.source = source, .target = target};
    return true;
}

static bool read_number(const struct option_row *row, const char *text, uint64_t *field,
                        struct error *e)
{
    unsigned long long n;

    if (row->kind == KIND_SIZE) {
        if (!value_size(text, UINT64_MAX, field))
            return bad(row, text, e, "want a number of bytes, or one with k, m, g or t");
    } else if (!text_number(text, row->max, &n)) {
        return out_of_range(row, text, e);
    } else {
        *field = n;
    }
    return *field >= row->min && *field <= row->max ? true : out_of_range(row, text, e);
}

bool value_read(const struct option_row *row, const char *first, const char *second,
                struct declared *d, struct error *e)
{
    void *field = (char *)d + row->offset;

    switch (row->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        return true;
    case KIND_COUNT:
    case KIND_SIZE:
        return read_number(row, first, field, e);
    case KIND_FD:
    case KIND_ARGS:
        return read_fd(row, first, field, e);
    case KIND_ENV:
        return read_env(row, first, second, d, e);
    case KIND_BIND:
        return read_bind(row, first, second, d, e);
    case KIND_WITH:
        return read_with(row, first, d, e);
    default:
        if (!read_string(row, first, e))
            return false;
        *(const char **)field = first;
        return true;
    }
}

int value_words(enum option_kind kind)
{
    if (kind == KIND_FLAG)
        return 0;
    return kind == KIND_ENV || kind == KIND_BIND ? 2 : 1;
}
