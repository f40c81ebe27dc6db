/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *e, enum exit_code exit, const char *format, ...)
{
    va_list args;

    e->exit = exit;
    e->number = 0;
    e->hint[0] = '\0';
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return false;
}

bool error_errno(struct error *e, enum exit_code exit, int saved_errno, const char *format, ...)
{
    va_list args;
    size_t length;

    e->exit = exit;
    e->number = saved_errno;
    e->hint[0] = '\0';
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    length = strlen(e->text);
    snprintf(e->text + length, sizeof e->text - length, ": %s", strerror(saved_errno));
    /* Wherever it comes: the soft limit is raised at the start, as far as it may be. */
    if (saved_errno == EMFILE)
        error_hint(e, "the caller may have too few open files; mend: sudo prlimit --pid $$ "
                      "--nofile=1024:65536");
    return false;
}

bool error_hint(struct error *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(e->hint, sizeof e->hint, format, args);
    va_end(args);
    return false;
}

bool error_is_full(const struct error *e)
{
    return e->number == ENOSPC || e->number == EDQUOT;
}

bool error_before(struct error *e, const char *format, ...)
{
    char said[sizeof e->text];
    size_t length;
    va_list args;

    memcpy(said, e->text, sizeof said);
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    length = strlen(e->text);
    snprintf(e->text + length, sizeof e->text - length, ": %s", said);
    return false;
}

void error_print(const struct error *e)
{
    fprintf(stderr, "denybox: %s\n", e->text);
    if (e->hint[0] != '\0')
        fprintf(stderr, "denybox: hint: %s\n", e->hint);
}

/* strerrorname_np(3) is glibc's alone. */
static const char names[][16] = {
    "0",
#define ERRNO(name) [name] = #name,
#include "base/errno.def"
#undef ERRNO
};

const char *error_name(int number)
{
    bool known = number >= 0 && (size_t)number < sizeof names / sizeof names[0];

    return known && names[number][0] != '\0' ? names[number] : "E?";
}

int error_number(const char *name)
{
    for (int number = 1; (size_t)number < sizeof names / sizeof names[0]; number++) {
        if (name[0] != '\0' && strcmp(names[number], name) == 0)
            return number;
    }
    return -1;
}
