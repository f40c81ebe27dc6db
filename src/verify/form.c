/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/form.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"
#include "base/text.h"
#include "base/value.h"
#include "rules/deviation.h"
#include "rules/words.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool printable(const char *text, const char *also)
{
    while ((*text >= 0x20 && *text < 0x7f) || (*text != '\0' && strchr(also, *text) != NULL))
        text++;
    return *text == '\0';
}

/* Digits where the pattern has a 0, else the pattern's own characters. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern != '\0' && *text != '\0'; pattern++, text++) {
        if (*pattern == '0' ? strchr(DIGITS, *text) == NULL : *pattern != *text)
            return false;
    }
    return *pattern == '\0' && *text == '\0';
}

bool form_time(const char *text, int64_t *seconds)
{
    struct tm tm = {0};
    char again[TEXT_TIME_SIZE];

    if (!looks_like(text, "0000-00-00T00:00:00Z"))
        return false;
    tm.tm_year = atoi(text) - 1900;
    tm.tm_mon = atoi(text + 5) - 1;
    tm.tm_mday = atoi(text + 8);
    tm.tm_hour = atoi(text + 11);
    tm.tm_min = atoi(text + 14);
    tm.tm_sec = atoi(text + 17);
    *seconds = timegm(&tm);
    /* A day that there is not has become another one. */
    return strcmp(text, text_time(again, *seconds)) == 0;
}

static bool is_date(const char *text)
{
    char moment[32];
    int64_t seconds;

    if (!looks_like(text, "0000-00-00"))
        return false;
    snprintf(moment, sizeof moment, "%.10sT00:00:00Z", text);
    return form_time(moment, &seconds);
}

static bool is_base64(const char *text)
{
    size_t length;
    unsigned char *bytes = text_base64_decode(text, &length);

    free(bytes);
    return bytes != NULL;
}

static bool is_inside(const char *path)
{
    return strcmp(path, "/") == 0 || value_inside(path);
}

/* Text that stands for bytes without a NUL, and in the one way in which it is written. */
static bool is_plain(const char *text)
{
    char *bytes = malloc(strlen(text) + 1);
    size_t length = 0;
    bool holds =
        bytes != NULL && text_unsafe(bytes, &length, text) && memchr(bytes, '\0', length) == NULL;

    free(bytes);
    return holds;
}

/* Text that stands for the bytes of a path, and in the one way in which it is written. */
static bool is_path(const char *text, bool inside)
{
    size_t size = strlen(text) + 1;
    char *bytes = malloc(size);
    char *again = malloc(4 * size);
    size_t length = 0;
    bool holds = bytes != NULL && again != NULL && text_unsafe(bytes, &length, text) &&
                 length > 0 && length < PATH_MAX && memchr(bytes, '\0', length) == NULL &&
                 strcmp(text_safe(again, 4 * size, bytes, length), text) == 0;

    if (holds) {
        bytes[length] = '\0';
        holds = !inside || is_inside(bytes);
    }
    free(again);
    free(bytes);
    return holds;
}

static bool is_deviation(const char *text)
{
    unsigned i = 0;

    while (deviation_name(i) != NULL && strcmp(deviation_name(i), text) != 0)
        i++;
    return deviation_name(i) != NULL;
}

static bool is_one(const char *words, const char *text)
{
    size_t length = strlen(text);

    for (const char *word = words;;) {
        size_t n = strcspn(word, "|");

        if (n == length && memcmp(word, text, n) == 0)
            return true;
        if (word[n] == '\0')
            return false;
        word += n + 1;
    }
}

static bool in_range(const char *argument, json_int_t number)
{
    char *end;
    long long low = strtoll(argument, &end, 10);

    return number >= low && number <= strtoll(end, NULL, 10);
}

static bool text_holds(enum form form, const char *argument, const char *text)
{
    size_t length = strlen(text);
    int64_t seconds;
    int control;

    switch (form) {
    case FORM_TEXT:
        return printable(text, "\n\t");
    case FORM_WORD:
        return length > 0 && length <= 64 && strspn(text, LETTERS DIGITS "._-") == length;
    case FORM_DIGEST:
        return sha256_is_text(text);
    case FORM_DATE:
        return is_date(text);
    case FORM_TIME:
        return form_time(text, &seconds);
    case FORM_NONCE:
        return printable(text, "") && ((length >= 8 && length <= 88) || strcmp(text, "self") == 0);
    case FORM_BASE64:
        return is_base64(text);
    case FORM_PATH:
        return is_path(text, false);
    case FORM_INSIDE:
        return is_path(text, true);
    case FORM_HOST:
        return length > 0 && length <= 64 && strspn(text, LETTERS DIGITS ".-") == length;
    case FORM_VERSION:
        return length > 0 && strspn(text, LETTERS DIGITS ".+~-") == length;
    case FORM_DEVIATION:
        return is_deviation(text);
    case FORM_CONTROL:
        return control_number(text, &control);
    case FORM_ONE:
        return is_one(argument, text);
    case FORM_PLAIN:
        return is_plain(text);
    case FORM_SOME:
        return length > 0 && is_plain(text);
    case FORM_NUMBER:
    case FORM_NONE:
    default:
        return false;
    }
}

bool form_holds(enum form form, const char *argument, const json_t *value)
{
    if (json_is_integer(value))
        return form == FORM_NUMBER && in_range(argument, json_integer_value(value));
    return text_holds(form, argument, json_string_value(value));
}
