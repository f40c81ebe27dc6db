/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/payload.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "plan/elf.h"
#include "plan/script.h"
#include "plan/world.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot prepare the payload: out of memory");
}

bool payload_locate(const struct plan *plan, char path[PATH_MAX], struct error *e)
{
    const char *command = plan->declared.command[0];
    const char *base = plan->declared.chdir;
    int n;

    if (plan->provided.command != NULL) {
        snprintf(path, PATH_MAX, "%s", plan->provided.command);
        return true;
    }
    if (command[0] == '\0')
        return error_set(e, EXIT_NOT_FOUND, "cannot run '': the command is empty");
    if (strchr(command, '/') == NULL)
        return world_search(plan, command, path, e);
    if (command[0] == '/' || plan->derived.rootfs.fd < 0)
        n = snprintf(path, PATH_MAX, "%s", command);
    else
        n = snprintf(path, PATH_MAX, "%s/%s", strcmp(base, "/") == 0 ? "" : base, command);
    if (n >= PATH_MAX)
        return error_set(e, EXIT_NOT_FOUND, "cannot run '%s': the path is too long",
                         text_show(command));
    return true;
}

static bool check_loader(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    int fd;

    if (!world_has_files(plan)) {
        error_set(e, EXIT_NOT_EXECUTABLE,
                  "cannot run '%s': it is a dynamic program, and its loader %s is not in the "
                  "sandbox",
                  text_show(p->path), text_show(p->loader));
        return error_hint(e, "give --rootfs DIR that holds the program with its libraries "
                             "(denybox pack makes one), or link it statically");
    }
    if (!world_refuse_noexec(p->loader, e))
        return false;
    fd = world_open(plan, p->loader);
    if (fd < 0) {
        error_errno(e, EXIT_NOT_EXECUTABLE, errno,
                    "cannot run '%s': its loader %s is not in the root", text_show(p->path),
                    text_show(p->loader));
        return error_hint(e, "put the loader and the libraries into the root directory");
    }
    io_close(&fd);
    return true;
}

/* The payload is started in another directory than the caller's: a relative path leads nowhere
 * there, and some programs look for their files beside it. */
static char *own_name(const struct plan *plan)
{
    const struct declared *d = &plan->declared;

    if (d->argv0 != NULL)
        return (char *)(uintptr_t)d->argv0;
    if (plan->provided.command != NULL && strchr(d->command[0], '/') != NULL)
        return plan->provided.command;
    return d->command[0];
}

static bool build_argv(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    const struct declared *d = &plan->declared;
    size_t n = 0;

    p->argv = calloc(p->chain.n_words + d->n_command + 1, sizeof *p->argv);
    if (p->argv == NULL)
        return out_of_memory(e);
    while (n < p->chain.n_words) {
        p->argv[n] = p->chain.words[n];
        n++;
    }
    if (n == 0)
        p->argv[n++] = own_name(plan);
    for (size_t i = 1; i < d->n_command; i++)
        p->argv[n++] = d->command[i];
    p->n_argv = n;
    return true;
}

static bool refuse_script(const struct payload *p, struct error *e)
{
    error_set(e, EXIT_NOT_EXECUTABLE,
              "cannot run '%s': it is a script, and its interpreter %s is not in the sandbox",
              text_show(p->script), text_show(p->path));
    return error_hint(e, "give --rootfs DIR that has both (denybox pack makes one)");
}

bool payload_find(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    char path[PATH_MAX];

    if (p->chain.fd < 0 &&
        (!payload_locate(plan, path, e) || !chain_follow(&p->chain, plan, path, e)))
        return false;
    p->fd = p->chain.fd;
    p->path = p->chain.path;
    p->chain.fd = -1;
    p->chain.path = NULL;
    p->script = p->chain.n_files != 0 ? p->chain.files[0] : NULL;
    if (p->script != NULL && !world_has_files(plan))
        return refuse_script(p, e);
    if (!elf_check(p->fd, p->path, &p->dynamic, p->loader, sizeof p->loader, e))
        return false;
    if (p->dynamic && !check_loader(plan, e))
        return false;
    return build_argv(plan, e);
}
