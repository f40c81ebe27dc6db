/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/interpreter.h"

#include <string.h>

static const struct {
    const char *prefix;
    bool (*take)(struct process *p, const char *path, const char *real, struct error *e);
} rows[] = {
#define INTERPRETER(name, prefix) {prefix, interpreter_##name},
#include "root/interpreter.def"
#undef INTERPRETER
};

bool interpreter_take(struct process *p, const char *path, const char *real, struct error *e)
{
    const char *slash = strrchr(real, '/');
    const char *name = slash != NULL ? slash + 1 : real;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(name, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].take(p, path, real, e);
    }
    return true;
}
