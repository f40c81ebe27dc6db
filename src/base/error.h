/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_ERROR_H
#define DENYBOX_BASE_ERROR_H

#include <stdbool.h>

enum exit_code {
#define EXITCODE(symbol, number, meaning) symbol = (number),
#include "base/exitcode.def"
#undef EXITCODE
};

/*
 * An error is a value: only a main prints it and exits. One line for people, and where there is
 * something to do about it, a second one that says what.
 */
struct error {
    enum exit_code exit;
    int number;      /* the errno of the call that was refused, 0: it was none */
    char text[768];  /* "cannot ...: reason", lower case, no full stop */
    char hint[1024]; /* empty, or what to do */
};

/*
 * Fills in *e (e->hint is emptied). Always returns false, so that a function can say
 * `return error_set(...)`. What comes from outside is made printable by the caller (text_safe).
 */
bool error_set(struct error *e, enum exit_code exit, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));

/* As error_set, with ": " and the text of `saved_errno` at the end, and the hint where the same
 * helps whatever was refused (EMFILE). Always returns false. */
bool error_errno(struct error *e, enum exit_code exit, int saved_errno, const char *format, ...)
    __attribute__((cold, format(printf, 4, 5)));

/* Adds the hint to an error that was set. Always returns false. */
bool error_hint(struct error *e, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));

/* Was a call refused for want of space, or of the caller's share of it? */
bool error_is_full(const struct error *e) __attribute__((cold));

/* Puts a text before what was said: "text: what was said". Always returns false. */
bool error_before(struct error *e, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));

/* Prints "denybox: text" and the hint on a line of its own to standard error. */
void error_print(const struct error *e) __attribute__((cold));

/* The symbolic name of an errno value ("EPERM"), or "E?" with none known. Static storage. */
const char *error_name(int number);

/* The errno value of a symbolic name, or -1. */
int error_number(const char *name);

#endif
