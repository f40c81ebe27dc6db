/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_TEXT_H
#define DENYBOX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes from outside, made fit for a terminal, a log and a JSON string: printable ASCII stays, a
 * backslash is doubled, everything else becomes \xNN. `out` always ends in a NUL; what does not
 * fit is cut and marked by "...", for which room is always kept: `size` is at least 4. Returns
 * `out`.
 */
char *text_safe(char *out, size_t size, const void *bytes, size_t length);

/* A printable copy of a C string in one of a few static buffers, for use in one error message. */
const char *text_show(const char *text);

/* Lower-case hexadecimal; `out` has room for 2 * length + 1. Returns `out`. */
char *text_hex(char *out, const unsigned char *bytes, size_t length);

/* Base64 with padding (RFC 4648), newly allocated, NULL when out of memory. */
char *text_base64(const void *bytes, size_t length);

/*
 * The reverse, newly allocated with a NUL behind it that does not count; *length becomes the number
 * of bytes. NULL for what text_base64 never writes (a character that does not belong there, wrong
 * padding, bits that are left over and not zero), and when out of memory.
 */
unsigned char *text_base64_decode(const char *text, size_t *length);

/*
 * A text of the kernel for a JSON string, newly allocated: line feeds, tabs and printable ASCII
 * stay as they are, backslashes too, everything else becomes \xNN. NULL when out of memory.
 */
char *text_lines(const void *bytes, size_t length);

/* The bytes that text_safe has made this whole text of, into `out`, which has room for as many as
 * the text has. False for what text_safe never writes. */
bool text_unsafe(char *out, size_t *length, const char *text);

/* Takes "." parts and needless slashes out of an absolute path, in place. ".." stays: where that
 * leads depends on links. */
void text_tidy_path(char *path);

/* Only letters, digits, '.', '_' and '-'? Only printable ASCII? */
bool text_is_word(const char *text);
bool text_is_printable(const char *text);

/* Are these its last bytes? */
bool text_ends_in(const char *text, const char *end);

/* What is wrong with it as a date YYYY-MM-DD of the calendar; NULL: nothing. */
const char *text_date_wrong(const char *text);

/* Seconds since the epoch as "2026-06-09T12:00:00Z". Returns `out`. */
#define TEXT_TIME_SIZE 32
char *text_time(char out[TEXT_TIME_SIZE], int64_t seconds);

/* Strict unsigned decimal: digits only, no sign, no space, at most `max`. */
bool text_number(const char *text, unsigned long long max, unsigned long long *value);

#endif
