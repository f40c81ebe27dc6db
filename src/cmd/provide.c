/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/provide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/patience.h"
#include "base/text.h"
#include "plan/elf.h"
#include "plan/payload.h"
#include "plan/script.h"
#include "root/cache.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot prepare the payload: out of memory");
}

/* The same path from the root on; newly allocated. NULL and *e. */
static char *absolute(const char *path, struct error *e)
{
    char here[PATH_MAX];
    char *result = NULL;

    if (path[0] == '/') {
        result = strdup(path);
    } else if (getcwd(here, sizeof here) == NULL) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot find '%s' from the working directory",
                    text_show(path));
        return NULL;
    } else if (asprintf(&result, "%s/%s", here, path) < 0) {
        result = NULL;
    }
    if (result == NULL)
        out_of_memory(e);
    else
        text_tidy_path(result);
    return result;
}

/* What a request borrows. */
struct wanted {
    struct chain chain;
    bool dynamic;
    char **with; /* absolute; owned */
    size_t n_with;
};

static void wanted_free(struct wanted *w)
{
    chain_free(&w->chain);
    for (size_t i = 0; i < w->n_with; i++)
        free(w->with[i]);
    free(w->with);
}

static bool find_command(struct plan *plan, struct wanted *w, struct error *e)
{
    char path[PATH_MAX];
    char loader[sizeof plan->derived.payload.loader];

    if (!payload_locate(plan, path, e))
        return false;
    plan->provided.command = absolute(path, e);
    if (plan->provided.command == NULL)
        return false;
    return chain_follow(&w->chain, plan, plan->provided.command, e) &&
           elf_check(w->chain.fd, w->chain.path, &w->dynamic, loader, sizeof loader, e);
}

static bool find_with(const struct plan *plan, struct wanted *w, struct error *e)
{
    w->with = calloc(plan->declared.with.n + 1, sizeof *w->with);
    if (w->with == NULL)
        return out_of_memory(e);
    for (size_t i = 0; i < plan->declared.with.n; i++) {
        w->with[i] = absolute(plan->declared.with.word[i], e);
        if (w->with[i] == NULL)
            return false;
        w->n_with++;
    }
    return true;
}

/* Without /proc the loader cannot see where the program is; what it is told otherwise is the user's
 * own --setenv. */
static bool set_origin(struct plan *plan, const char *origin, struct error *e)
{
    if (origin == NULL || plan_getenv(plan, "LD_ORIGIN_PATH") != NULL)
        return true;
    return plan_setenv(&plan->declared, "LD_ORIGIN_PATH", origin, false, e);
}

static bool collect(struct plan *plan, const struct root_request *request, struct contents *c,
                    struct error *e)
{
    char *origin;
    bool ok = root_collect(request, c, &origin, e) && set_origin(plan, origin, e);

    free(origin);
    return ok;
}

static bool look_only(struct plan *plan, const struct root_request *request, struct error *e)
{
    struct contents contents;
    bool ok = collect(plan, request, &contents, e);

    contents_free(&contents);
    return ok;
}

static bool make(struct plan *plan, const struct root_request *request, struct error *e)
{
    struct cached_root root;
    bool ok;

    patience_begin(plan->declared.quiet ? NULL : "making a root");
    ok = root_cached(request, &root, e);
    patience_end();
    if (!ok)
        return false;
    plan->provided.root = root.path;
    plan->provided.lock = root.lock;
    ok = set_origin(plan, root.origin, e);
    free(root.origin);
    return ok;
}

static struct root_request request_of(const struct wanted *w)
{
    return (struct root_request){.program = w->chain.path,
                                 .scripts = (const char *const *)w->chain.files,
                                 .n_scripts = w->chain.n_files,
                                 .searched = w->chain.searched,
                                 .with = (const char *const *)w->with,
                                 .n_with = w->n_with};
}

static bool provide_host(struct plan *plan, const struct wanted *w, struct error *e)
{
    struct root_request request = request_of(w);

    plan->provided.host = true;
    return plan->command == COMMAND_PLAN ? look_only(plan, &request, e) : make(plan, &request, e);
}

static bool check_image_options(const struct declared *d, struct error *e)
{
    if (d->entrypoint != NULL && d->image == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use --entrypoint without --image");
    if (d->image != NULL && (d->rootfs != NULL || d->with.n != 0)) {
        error_set(e, EXIT_DENYBOX, "cannot use --image with --%s: an image is the whole root",
                  d->rootfs != NULL ? "rootfs" : "with");
        return error_hint(e, "leave one of them out");
    }
    return true;
}

bool provide(struct plan *plan, struct error *e)
{
    const struct declared *d = &plan->declared;
    struct wanted w = {.chain = {.fd = -1}};
    bool ok = true;

    if (!check_image_options(d, e))
        return false;
    if (d->image != NULL)
        return provide_image(plan, e);
    if (d->rootfs != NULL && d->with.n != 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --with '%s' together with --rootfs",
                  text_show(d->with.word[0]));
        return error_hint(e, "put it into the root directory");
    }
    if (d->rootfs != NULL)
        return true;
    if (plan->command != COMMAND_ATTEST && d->n_command != 0)
        ok = find_command(plan, &w, e);
    ok = ok && find_with(plan, &w, e);
    if (ok && (w.dynamic || w.chain.n_files != 0 || w.n_with != 0)) {
        ok = provide_host(plan, &w, e);
    } else if (ok) {
        /* A static program, or none: needs no root, and need not be found again. */
        plan->derived.payload.chain = w.chain;
        w.chain = (struct chain){.fd = -1};
        free(plan->provided.command);
        plan->provided.command = NULL;
    }
    wanted_free(&w);
    return ok;
}

bool provide_contents(struct plan *plan, struct contents *c, struct error *e)
{
    struct wanted w = {.chain = {.fd = -1}};
    struct root_request request;
    bool ok = find_command(plan, &w, e) && find_with(plan, &w, e);

    *c = (struct contents){0};
    request = request_of(&w);
    ok = ok && collect(plan, &request, c, e);
    wanted_free(&w);
    return ok;
}
