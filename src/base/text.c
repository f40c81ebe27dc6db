/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t safe_char(char out[5], unsigned char c)
{
    if (c == '\\') {
        memcpy(out, "\\\\", 3);
        return 2;
    }
    if (c >= 0x20 && c < 0x7f) {
        out[0] = (char)c;
        return 1;
    }
    return (size_t)snprintf(out, 5, "\\x%02x", c);
}

char *text_safe(char *out, size_t size, const void *bytes, size_t length)
{
    static const char cut[] = "...";
    const unsigned char *in = bytes;
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char piece[5];
        size_t n = safe_char(piece, in[i]);

        /* Room for the mark is kept at every step, so that cutting never has to go back. */
        if (used + n + sizeof cut > size) {
            memcpy(out + used, cut, sizeof cut);
            return out;
        }
        memcpy(out + used, piece, n);
        used += n;
    }
    out[used] = '\0';
    return out;
}

const char *text_show(const char *text)
{
    static char slots[4][300];
    static unsigned next;
    char *slot = slots[next++ % 4];

    return text_safe(slot, sizeof slots[0], text, strlen(text));
}

char *text_hex(char *out, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
    return out;
}

char *text_base64(const void *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    char *out = malloc((length + 2) / 3 * 4 + 1);
    size_t used = 0;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < length; i += 3) {
        size_t have = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)in[i] << 16;

        group |= have > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= have > 2 ? in[i + 2] : 0;
        out[used++] = digits[group >> 18];
        out[used++] = digits[group >> 12 & 63];
        out[used++] = have > 1 ? digits[group >> 6 & 63] : '=';
        out[used++] = have > 2 ? digits[group & 63] : '=';
    }
    out[used] = '\0';
    return out;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last `padding` are "=", to at most three bytes. */
static bool decode_group(const char *in, size_t padding, unsigned char *out)
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < 4 - padding ? base64_digit(in[i]) : 0;

        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
    }
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (unsigned char)(group >> (16 - 8 * i));
    return padding == 0 || (group & ((1U << 8 * padding) - 1)) == 0;
}

unsigned char *text_base64_decode(const char *text, size_t *length)
{
    size_t n = strlen(text);
    size_t padding = n < 4 || text[n - 1] != '=' ? 0 : text[n - 2] == '=' ? 2 : 1;
    unsigned char *out = n % 4 == 0 ? malloc(n / 4 * 3 + 1) : NULL;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i += 4) {
        if (!decode_group(text + i, i + 4 == n ? padding : 0, out + i / 4 * 3)) {
            free(out);
            return NULL;
        }
    }
    *length = n / 4 * 3 - padding;
    out[*length] = '\0';
    return out;
}

char *text_lines(const void *bytes, size_t length)
{
    const unsigned char *in = bytes;
    char *out = malloc(length * 4 + 1);
    size_t used = 0;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (in[i] == '\n' || in[i] == '\t' || (in[i] >= 0x20 && in[i] < 0x7f))
            out[used++] = (char)in[i];
        else
            used += (size_t)snprintf(out + used, 5, "\\x%02x", in[i]);
    }
    out[used] = '\0';
    return out;
}

bool text_unsafe(char *out, size_t *length, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (; *text != '\0'; text++) {
        char piece[5];
        unsigned char c = (unsigned char)*text;
        size_t size;

        if (c == '\\' && text[1] == 'x' && text[2] != '\0' && strchr(digits, text[2]) != NULL &&
            text[3] != '\0' && strchr(digits, text[3]) != NULL)
            c = (unsigned char)((strchr(digits, text[2]) - digits) * 16 +
                                (strchr(digits, text[3]) - digits));
        /* Only what text_safe writes for this byte, to the letter. */
        size = safe_char(piece, c);
        if (strncmp(text, piece, size) != 0)
            return false;
        text += size - 1;
        out[n++] = (char)c;
    }
    *length = n;
    return true;
}

char *text_time(char out[TEXT_TIME_SIZE], int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;

    gmtime_r(&t, &tm);
    strftime(out, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

bool text_number(const char *text, unsigned long long max, unsigned long long *value)
{
    unsigned long long n = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (*text < '0' || *text > '9' || digit > max || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return true;
}

#define DIGITS "0123456789"

bool text_is_word(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS
                             "._-")] == '\0';
}

bool text_ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

bool text_is_printable(const char *text)
{
    while (*text >= 0x20 && *text <= 0x7e)
        text++;
    return *text == '\0';
}

const char *text_date_wrong(const char *text)
{
    static const unsigned char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year;
    int month;
    int day;
    bool leap;

    if (strlen(text) != 10 || strspn(text, DIGITS) != 4 || text[4] != '-' ||
        strspn(text + 5, DIGITS) != 2 || text[7] != '-' || strspn(text + 8, DIGITS) != 2)
        return "want YYYY-MM-DD";
    year = atoi(text);
    month = atoi(text + 5);
    day = atoi(text + 8);
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return "there is no such day";
    return NULL;
}

void text_tidy_path(char *path)
{
    const char *from = path;
    char *to = path;

    for (;;) {
        size_t length;

        from += strspn(from, "/");
        length = strcspn(from, "/");
        if (length == 0)
            break;
        if (length != 1 || from[0] != '.') {
            *to++ = '/'; /* at least one was passed */
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}
