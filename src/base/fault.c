/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fault.h"

#ifdef DENYBOX_FAULTS

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* Each process counts its own calls: a fork inherits the count of its parent. */
static unsigned calls;

/* Splits off the next field of "a:b:c" at *text into field (NUL-terminated). A comma ends the last.
 */
static const char *next_field(const char **text, char *field, size_t size)
{
    size_t length = strcspn(*text, ":,");

    if (length >= size)
        abort();
    memcpy(field, *text, length);
    field[length] = '\0';
    *text += length + ((*text)[length] == ':');
    return field;
}

/* The specification read once: init wipes the environment it was handed. */
static const char *specification(void)
{
    static char copy[256];
    static bool known;

    if (!known) {
        const char *value = getenv("DENYBOX_FAULT");

        known = true;
        if (value != NULL && strlen(value) < sizeof copy)
            strcpy(copy, value);
    }
    return copy;
}

/* The specifications one after the other; NULL after the last. */
static const char *next_specification(const char *now)
{
    const char *comma = strchr(now, ',');

    return comma != NULL ? comma + 1 : NULL;
}

/* Has the call come that the rest of a specification counts to? */
static bool is_due(const char **rest)
{
    char count[16];

    next_field(rest, count, sizeof count);
    return ++calls == (count[0] != '\0' ? (unsigned)atoi(count) : 1U);
}

bool fault_fails(const char *wrapper)
{
    const char *rest = specification();
    char kind[16];
    char name[64];
    char number[32];
    bool stops;

    stops = strcmp(next_field(&rest, kind, sizeof kind), "stop") == 0;
    if ((!stops && strcmp(kind, "fail") != 0) ||
        strcmp(next_field(&rest, name, sizeof name), wrapper) != 0)
        return false;
    if (!stops)
        next_field(&rest, number, sizeof number);
    if (!is_due(&rest))
        return false;
    if (stops) {
        raise(SIGSTOP);
        return false;
    }
    errno = error_number(number);
    return true;
}

/* Asked from the first allocation on, which is long before main: so it has its own look at the
 * environment, and one that allocates nothing. */
bool fault_memory(void)
{
    static const char wanted[] = "fail:malloc:ENOMEM:";
    static bool known;
    static unsigned long left;

    if (!known && environ != NULL) {
        const char *value = getenv("DENYBOX_FAULT");

        known = true;
        if (value != NULL && strncmp(value, wanted, sizeof wanted - 1) == 0)
            left = strtoul(value + sizeof wanted - 1, NULL, 10);
    }
    if (left == 0 || --left != 0)
        return false;
    errno = ENOMEM;
    return true;
}

bool fault_skips(const char *step)
{
    for (const char *now = specification(); now != NULL; now = next_specification(now)) {
        const char *rest = now;
        char kind[16];
        char name[64];

        if (strcmp(next_field(&rest, kind, sizeof kind), "skip") == 0 &&
            strcmp(next_field(&rest, name, sizeof name), step) == 0)
            return true;
    }
    return false;
}

#endif
