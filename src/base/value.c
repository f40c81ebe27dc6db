/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/value.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* A number alone up to here may have been meant as MiB. */
#define MIB_MEANT 65536

struct unit {
    char letter;
    uint64_t factor;
};

/* In each, a letter before its capital, and a larger unit after a smaller one. */
static const struct unit sizes[] = {
    {'k', UINT64_C(1) << 10}, {'K', UINT64_C(1) << 10}, {'m', UINT64_C(1) << 20},
    {'M', UINT64_C(1) << 20}, {'g', UINT64_C(1) << 30}, {'G', UINT64_C(1) << 30},
    {'t', UINT64_C(1) << 40}, {'T', UINT64_C(1) << 40}, {'\0', 0},
};
static const struct unit times[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 0}};

bool value_bad(const struct option_row *row, const char *value, struct error *e, const char *want)
{
    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': %s", row->name, text_show(value),
                     want);
}

static bool in_range(const struct option_row *row, uint64_t number)
{
    return number >= row->min && number <= row->max;
}

static bool out_of_range(const struct option_row *row, const char *value, struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want a number from %llu to %llu",
                     row->name, text_show(value), (unsigned long long)row->min,
                     (unsigned long long)row->max);
}

/* As a user would write it: in the largest unit of which it is so many. */
static const char *in_unit(char out[24], uint64_t number, const struct unit *unit)
{
    struct unit best = {'\0', 1};

    for (; unit->letter != '\0'; unit++) {
        if (number % unit->factor == 0 && (best.letter == '\0' || unit->factor > best.factor))
            best = *unit;
    }
    snprintf(out, 24, "%llu%.1s", (unsigned long long)(number / best.factor), &best.letter);
    return out;
}

/* Who writes a number alone is told what it was taken for. */
static bool size_out_of_range(const struct option_row *row, const char *value, struct error *e)
{
    unsigned long long n;
    char least[24];
    char most[24];

    error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want a size from %s to %s", row->name,
              text_show(value), in_unit(least, row->min, sizes), in_unit(most, row->max, sizes));
    return text_number(value, MIB_MEANT, &n) && in_range(row, (uint64_t)n << 20)
               ? error_hint(e, "without a letter it is bytes: %llum is %llu MiB", n, n)
               : false;
}

static bool time_out_of_range(const struct option_row *row, const char *value, struct error *e)
{
    char least[24];
    char most[24];

    return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want a time from %s to %s", row->name,
                     text_show(value), in_unit(least, row->min, times),
                     in_unit(most, row->max, times));
}

/* Digits, and at most one letter of the units, which end in a row of zeros. */
static bool with_unit(const char *text, const struct unit *unit, uint64_t max, uint64_t *number)
{
    char digits[24];
    size_t length = strlen(text);
    uint64_t factor = 1;
    unsigned long long n;

    for (; length > 0 && unit->letter != '\0'; unit++) {
        if (text[length - 1] == unit->letter) {
            factor = unit->factor;
            length--;
            break;
        }
    }
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!text_number(digits, max / factor, &n))
        return false;
    *number = n * factor;
    return true;
}

bool value_size(const char *text, uint64_t max, uint64_t *bytes)
{
    return with_unit(text, sizes, max, bytes);
}

bool value_duration(const char *text, uint64_t max, uint64_t *seconds)
{
    return with_unit(text, times, max, seconds);
}

const char *value_inside_wrong(const char *path)
{
    static const char wanted[] = "want an absolute path without '.' and '..'";

    if (path[0] != '/' || path[1] == '\0' || strlen(path) >= PATH_MAX)
        return wanted;
    for (const char *part = path; *part != '\0';) {
        size_t length = strcspn(part + 1, "/");

        if (length == 0)
            return "want one slash between two names, and none at the end";
        if (length <= 2 && strspn(part + 1, ".") >= length)
            return wanted;
        part += 1 + length;
    }
    return NULL;
}

bool value_inside(const char *path)
{
    return value_inside_wrong(path) == NULL;
}

bool value_env_name(const char *name)
{
    return name[0] != '\0' && strspn(name, DIGITS) == 0 &&
           name[strspn(name, LETTERS DIGITS "_")] == '\0';
}

/* What is wrong with a value that stays a text; NULL: nothing. */
static const char *wrong(int kind, const char *text)
{
    struct in_addr address;

    switch (kind) {
    case OPTION_PATH:
    case OPTION_PATHS:
        /* Elsewhere it is the standard output, or input; here it would be a file. */
        if (strcmp(text, "-") == 0)
            return "want a path; a file of that name is ./-";
        return text[0] != '\0' && strlen(text) < PATH_MAX ? NULL : "want a path";
    case OPTION_INSIDE:
        return strcmp(text, "/") == 0 ? NULL : value_inside_wrong(text);
    case OPTION_TEXT:
    case OPTION_TEXTS:
        return text_is_printable(text) ? NULL : "want printable ASCII";
    case OPTION_WORD:
        return text_is_word(text) ? NULL : "want letters, digits, '.', '_' and '-'";
    case OPTION_HOST:
        return text[strspn(text, LETTERS DIGITS ".-")] == '\0'
                   ? NULL
                   : "want letters, digits, '.' and '-'";
    case OPTION_DATE:
        return text_date_wrong(text);
    case OPTION_DIGEST:
        return sha256_is_text(text) ? NULL : "want sha256: and 64 hexadecimal digits in lower case";
    default:
        return inet_pton(AF_INET, text, &address) == 1 ? NULL : "want an address such as 127.0.0.1";
    }
}

static bool has_length(int kind)
{
    return kind == OPTION_TEXT || kind == OPTION_TEXTS || kind == OPTION_WORD ||
           kind == OPTION_HOST;
}

static bool text_good(const struct option_row *row, const char *text, struct error *e)
{
    size_t length = strlen(text);
    const char *what;

    if (has_length(row->kind) && (length < row->min || length > row->max))
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want %llu to %llu characters",
                         row->name, text_show(text), (unsigned long long)row->min,
                         (unsigned long long)row->max);
    what = wrong(row->kind, text);
    if (row->kind == OPTION_PATH && row->max != 0 && length > row->max)
        what = "want a path";
    if (what == NULL)
        return true;
    value_bad(row, text, e, what);
    return row->kind != OPTION_INSIDE ? false
                                      : error_hint(e, "it is looked up in the sandbox, where "
                                                      "/in, /out and /tmp are");
}

static bool read_fd(const struct option_row *row, const char *text, int64_t *field, struct error *e)
{
    unsigned long long n;

    if (!text_number(text, row->max, &n))
        return out_of_range(row, text, e);
    if (fcntl((int)n, F_GETFD) < 0)
        return value_bad(row, text, e, "no such descriptor is open") ||
               error_hint(
                   e, "whoever starts denybox has to leave it open: 3>FILE in a shell, pass_fds "
                      "in Python");
    *field = (int64_t)n;
    return true;
}

static bool read_number(const struct option_row *row, const char *text, uint64_t *field,
                        struct error *e)
{
    unsigned long long n;

    if (row->kind == OPTION_SIZE) {
        if (!value_size(text, UINT64_MAX, field))
            return value_bad(row, text, e, "want a number of bytes, or one with k, m, g or t");
        return in_range(row, *field) || size_out_of_range(row, text, e);
    }
    if (row->kind == OPTION_DURATION) {
        if (!value_duration(text, UINT64_MAX, field))
            return value_bad(row, text, e, "want a whole number with s, m, h or d");
        return in_range(row, *field) || time_out_of_range(row, text, e);
    }
    if (!text_number(text, row->max, &n))
        return out_of_range(row, text, e);
    *field = n;
    return in_range(row, *field) || out_of_range(row, text, e);
}

bool value_read(const struct option_row *row, const char *text, void *field, struct error *e)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case OPTION_COUNT:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return read_number(row, text, field, e);
    case OPTION_FD:
        return read_fd(row, text, field, e);
    case OPTION_PATHS:
    case OPTION_TEXTS:
        return text_good(row, text, e) && option_list_add(field, text, e);
    default:
        if (!text_good(row, text, e))
            return false;
        *(const char **)field = text;
        return true;
    }
}
