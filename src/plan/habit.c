/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/habit.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *names; /* a space around each */
    const char *advice;
} table[] = {
#define HABIT(names, advice) {" " names " ", advice},
#include "plan/habit.def"
#undef HABIT
};

static int holds(const char *names, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = names; length != 0 && (at = strstr(at, name)) != NULL; at++) {
        if (at[-1] == ' ' && at[length] == ' ')
            return 1;
    }
    return 0;
}

const char *habit_advice(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strchr(name, ' ') == NULL && holds(table[i].names, name))
            return table[i].advice;
    }
    return NULL;
}
