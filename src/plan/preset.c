/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/preset.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/value.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot use the image: out of memory");
}

static bool is_given(const struct declared *d, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < d->n_env; i++) {
        if (strncmp(d->env[i], name, length) == 0 && d->env[i][length] == '=')
            return d->env_given[i];
    }
    return false;
}

bool preset_env(struct plan *plan, const char *pair, const char **left_out, struct error *e)
{
    char *name = strndup(pair, strcspn(pair, "="));
    const char *value = strchr(pair, '=');
    bool ok = true;

    *left_out = NULL;
    if (name == NULL)
        return out_of_memory(e);
    if (value == NULL)
        *left_out = "it has no value";
    else if (!value_env_name(name))
        *left_out = "the name is not of letters, digits and '_'";
    else if (secret_word(name) != NULL)
        *left_out = "the name looks like a secret";
    else if (!is_given(&plan->declared, name))
        ok = plan_setenv(&plan->declared, name, value + 1, false, e);
    free(name);
    return ok;
}

static size_t count(char *const *list)
{
    size_t n = 0;

    while (list[n] != NULL)
        n++;
    return n;
}

bool preset_command(struct plan *plan, char *const *entrypoint, char *const *command,
                    struct error *e)
{
    struct declared *d = &plan->declared;
    char *named[2] = {(char *)(uintptr_t)d->entrypoint, NULL};
    static char *const none[] = {NULL};
    char *const *parts[2] = {entrypoint, d->n_command != 0 ? d->command : command};
    char **words;
    size_t n = 0;

    if (plan->command == COMMAND_ATTEST)
        return true;
    if (d->entrypoint != NULL) {
        parts[0] = d->entrypoint[0] != '\0' ? named : none;
        parts[1] = d->n_command != 0 ? d->command : none;
    }
    words = calloc(count(parts[0]) + count(parts[1]) + 1, sizeof *words);
    if (words == NULL)
        return out_of_memory(e);
    plan->provided.words = words;
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; parts[i][j] != NULL; j++) {
            words[n] = strdup(parts[i][j]);
            if (words[n++] == NULL)
                return out_of_memory(e);
        }
    }
    d->command = words;
    d->n_command = n;
    return true;
}

bool preset_directory(struct plan *plan, const char *directory, struct error *e)
{
    size_t length = strlen(directory);

    if (plan->declared.chdir != plan_default_directory || length == 0)
        return true;
    while (length > 1 && directory[length - 1] == '/')
        length--;
    plan->provided.chdir = strndup(directory, length);
    if (plan->provided.chdir == NULL)
        return out_of_memory(e);
    plan->declared.chdir = plan->provided.chdir;
    if (strcmp(plan->declared.chdir, "/") == 0 || value_inside(plan->declared.chdir))
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot use the image: its working directory '%s' is no absolute path without '.'",
              text_show(directory));
    return error_hint(e, "give --chdir DIR");
}
