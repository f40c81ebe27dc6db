/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "plan/cgroup.h"

const char plan_default_directory[] = "/";

/* The environment is built from this list and --setenv; the caller's is never looked at. */
static const char *const default_env[] = {
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "HOME=/tmp",
    "TMPDIR=/tmp",
    "LANG=C.UTF-8",
};

static bool init_env(struct declared *d, struct error *e)
{
    size_t n = sizeof default_env / sizeof default_env[0];

    d->env = calloc(n + 1, sizeof *d->env);
    d->env_given = calloc(n + 1, sizeof *d->env_given);
    if (d->env == NULL || d->env_given == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot start: out of memory");
    for (size_t i = 0; i < n; i++) {
        d->env[i] = strdup(default_env[i]);
        if (d->env[i] == NULL)
            return error_set(e, EXIT_DENYBOX, "cannot start: out of memory");
        d->n_env++;
    }
    return true;
}

bool plan_init(struct plan *plan, enum command command, struct error *e)
{
    static const struct host_object none = {.fd = -1};

    *plan = (struct plan){.command = command};
    plan->declared = (struct declared){
        .chdir = plan_default_directory,
        .hostname = "denybox",
        .uid = 65532,
        .gid = 65532,
        .seccomp = "strict",
        .tmp_size = 16U << 20,
        .memory = 256U << 20,
        .pids = 64,
        .cpus = 1,
        .nofile = 1024,
        .fsize = FSIZE_UNSET,
        .cgroup = CGROUP_AUTO,
        .venue = "unspecified",
        .status_fd = -1,
    };
    plan->derived.in = plan->derived.out = plan->derived.rootfs = none;
    plan->derived.cgroup = none;
    plan->derived.place.parent = plan->derived.place.directory = none;
    plan->derived.payload.fd = plan->derived.payload.chain.fd = -1;
    plan->provided.lock = -1;
    plan->derived.evidence_dir = -1;
    return init_env(&plan->declared, e);
}

void chain_free(struct chain *c)
{
    io_close(&c->fd);
    free(c->path);
    for (size_t i = 0; i < c->n_files; i++)
        free(c->files[i]);
    for (size_t i = 0; i < c->n_words; i++)
        free(c->words[i]);
    *c = (struct chain){.fd = -1};
}

static void free_payload(struct payload *p)
{
    io_close(&p->fd);
    free(p->path);
    free(p->argv);
    chain_free(&p->chain);
}

void plan_free(struct plan *plan)
{
    struct derived *r = &plan->derived;

    for (size_t i = 0; i < plan->declared.n_env; i++)
        free(plan->declared.env[i]);
    free(plan->declared.env);
    free(plan->declared.env_given);
    for (size_t i = 0; r->binds != NULL && i < plan->declared.n_binds; i++)
        io_close(&r->binds[i].fd);
    free(r->binds);
    free(plan->declared.binds);
    option_list_free(&plan->declared.with);
    for (size_t i = 0; i < plan->declared.args.n; i++)
        free((char *)(uintptr_t)plan->declared.args.word[i]);
    option_list_free(&plan->declared.args);
    io_close(&r->in.fd);
    io_close(&r->out.fd);
    io_close(&r->place.parent.fd);
    io_close(&r->place.directory.fd);
    io_close(&r->rootfs.fd);
    io_close(&r->cgroup.fd);
    io_close(&r->evidence_dir);
    free_payload(&r->payload);
    for (size_t i = 0; plan->provided.words != NULL && plan->provided.words[i] != NULL; i++)
        free(plan->provided.words[i]);
    free(plan->provided.words);
    free(plan->provided.chdir);
    free(plan->provided.root);
    free(plan->provided.command);
    io_close(&plan->provided.lock);
}

uint64_t plan_kill_after(const struct declared *d)
{
    return d->kill_after != 0 ? d->kill_after : 5;
}

const char *plan_getenv(const struct plan *plan, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < plan->declared.n_env; i++) {
        if (strncmp(plan->declared.env[i], name, length) == 0 &&
            plan->declared.env[i][length] == '=')
            return plan->declared.env[i] + length + 1;
    }
    return NULL;
}

static bool env_grow(struct declared *d)
{
    char **grown = reallocarray(d->env, d->n_env + 2, sizeof *grown);
    bool *given;

    if (grown == NULL)
        return false;
    d->env = grown;
    given = reallocarray(d->env_given, d->n_env + 2, sizeof *given);
    if (given == NULL)
        return false;
    d->env_given = given;
    return true;
}

bool plan_setenv(struct declared *d, const char *name, const char *value, bool given,
                 struct error *e)
{
    size_t length = strlen(name);
    size_t size = length + strlen(value) + 2;
    char *pair = malloc(size);

    if (pair == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot set the environment: out of memory");
    memcpy(pair, name, length);
    pair[length] = '=';
    memcpy(pair + length + 1, value, size - length - 1);
    for (size_t i = 0; i < d->n_env; i++) {
        if (strncmp(d->env[i], pair, length + 1) == 0) {
            free(d->env[i]);
            d->env[i] = pair;
            d->env_given[i] = given;
            return true;
        }
    }
    if (!env_grow(d)) {
        free(pair);
        return error_set(e, EXIT_DENYBOX, "cannot set the environment: out of memory");
    }
    d->env_given[d->n_env] = given;
    d->env[d->n_env++] = pair;
    d->env[d->n_env] = NULL;
    return true;
}
