/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/builtin.h"

#include <string.h>

/* Written by mkbuiltin: the constants, and `builtins`, a table of them. */
#include "filter/builtin.inc"

#define N_BUILTINS (sizeof builtins / sizeof builtins[0])

const struct filter_builtin *filter_builtin(const char *name)
{
    for (size_t i = 0; i < N_BUILTINS; i++) {
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    }
    return NULL;
}

const struct filter_builtin *filter_builtin_next(const struct filter_builtin *previous)
{
    if (previous == NULL)
        return &builtins[0];
    return previous == &builtins[N_BUILTINS - 1] ? NULL : previous + 1;
}

const struct filter_code *filter_native(const struct filter_builtin *builtin)
{
#if defined(__x86_64__) && defined(__LP64__)
    return &builtin->arch[0];
#elif defined(__aarch64__) && defined(__LP64__)
    return &builtin->arch[1];
#else
#error "denybox has filters for 64-bit x86_64 and aarch64 only"
#endif
}
