/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

/* NAME=VALUE is how other programs take it. */
static bool bad_name(const struct option_row *row, const char *name, struct error *e)
{
    value_bad(row, name, e, "want a name of letters, digits and '_'");
    return strchr(name, '=') == NULL
               ? false
               : error_hint(e, "name and value are two words: --%s %s", row->name, row->value);
}

bool value_env(const struct option_row *row, const char *name, const char *value,
               struct declared *d, struct error *e)
{
    const char *word = secret_word(name);

    if (!value_env_name(name))
        return bad_name(row, name, e);
    if (word != NULL) {
        error_set(e, EXIT_DENYBOX, "cannot use --setenv '%s': the name looks like a secret (%s)",
                  text_show(name), word);
        return error_hint(e,
                          "a payload gets no secret; what is none can have a name without '%s', "
                          "or come as a file in --in",
                          word);
    }
    return plan_setenv(d, name, value, true, e);
}

/* Where the sandbox's own mounts are: nothing may be mounted at, above or below them. */
static bool reserved(const char *path)
{
    static const char *const own[] = {"/in", "/out", "/tmp", "/proc", "/dev"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i]);

        if (strncmp(path, own[i], length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return false;
}

bool value_bind(const struct option_row *row, const char *source, const char *target,
                struct declared *d, struct error *e)
{
    const char *wrong = value_inside_wrong(target);
    struct bind *grown;

    if (source[0] == '\0')
        return value_bad(row, source, e, "want a path");
    if (wrong != NULL)
        return value_bad(row, target, e, wrong);
    if (reserved(target))
        return value_bad(row, target, e, "that place belongs to the sandbox");
    for (size_t i = 0; i < d->n_binds; i++) {
        if (strcmp(d->binds[i].target, target) == 0)
            return value_bad(row, target, e, "given twice");
    }
    grown = reallocarray(d->binds, d->n_binds + 1, sizeof *grown);
    if (grown == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot note --ro-bind: out of memory");
    d->binds = grown;
    d->binds[d->n_binds++] = (struct bind){.source = source, .target = target};
    return true;
}
