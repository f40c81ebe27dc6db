/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_FORM_H
#define DENYBOX_VERIFY_FORM_H

#include <stdint.h>

#include "json/json.h"

/* The forms that a string or an integer of a bundle may have. */
enum form {
    FORM_NONE,    /* it is neither */
    FORM_PLAIN,   /* bytes other than NUL, as text_safe has written them */
    FORM_SOME,    /* the same, and not nothing */
    FORM_PATH,    /* a path of the host, as text_safe has written it: neither empty nor too long */
    FORM_INSIDE,  /* such a path, and absolute: "/", or without empty parts, "." and ".." */
    FORM_HOST,    /* 1 to 64 letters, digits, '.' and '-' */
    FORM_TEXT,    /* printable ASCII, line feeds and tabs */
    FORM_WORD,    /* 1 to 64 letters, digits, '.', '_' and '-' */
    FORM_DIGEST,  /* "sha256:" and 64 lower-case hexadecimal digits */
    FORM_DATE,    /* 2026-11-22 */
    FORM_TIME,    /* 2026-11-22T03:40:53Z */
    FORM_NONCE,   /* "self", or 8 to 88 bytes of printable ASCII */
    FORM_BASE64,  /* with padding */
    FORM_VERSION, /* letters, digits, '.', '+', '~' and '-': one at least */
    FORM_DEVIATION, /* the name of one */
    FORM_CONTROL,   /* the result of a positive control */
    FORM_ONE,       /* one of the argument's words, which are joined by '|' */
    FORM_NUMBER,    /* from the first number of the argument to the second */
};

/* Has the value, a string or an integer, this form? */
bool form_holds(enum form form, const char *argument, const json_t *value);

/* Seconds since the epoch of "2026-11-22T03:40:53Z". False for anything else, and for a day or an
 * hour that there is not. */
bool form_time(const char *text, int64_t *seconds);

#endif
