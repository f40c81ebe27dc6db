/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/plan_json.h"

#include <string.h>

#include "evidence/document.h"
#include "rules/deviation.h"
#include "rules/words.h"

/* Integers that every reader of JSON can hold exactly: RFC 8785, I-JSON. */
static json_t *number(uint64_t value)
{
    return value <= (1ULL << 53) ? json_integer((json_int_t)value) : json_null();
}

json_t *deviations_json(const struct plan *plan)
{
    json_t *list = json_array();

    for (unsigned i = 0; deviation_name(i) != NULL; i++) {
        if ((plan->derived.deviations & 1U << i) != 0)
            json_append(&list, json_string(deviation_name(i)));
    }
    return list;
}

static json_t *strings(char *const *list, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        json_append(&array, document_string(list[i]));
    return array;
}

static json_t *mount(const char *at, const char *source, const char *flags)
{
    return json_pack("{s:o, s:o, s:s}", "at", document_string(at), "source",
                     document_string(source), "flags", flags);
}

/* A root of the cache has a path that says nothing; `plan` makes none at all. */
static const char *root_source(const struct plan *plan)
{
    if (plan->provided.image[0] != '\0')
        return SOURCE_IMAGE;
    return plan->provided.host ? SOURCE_HOST : plan->derived.rootfs.path;
}

static json_t *mounts_json(const struct plan *plan)
{
    const struct declared *d = &plan->declared;
    json_t *list = json_array();

    json_append(&list, mount("/", root_source(plan), "ro,nosuid,nodev"));
    json_append(&list, mount("/in", d->in, "ro,nosuid,nodev,noexec"));
    json_append(&list,
                mount("/out", d->out_size != 0 ? "tmpfs" : d->out, "rw,nosuid,nodev,noexec"));
    json_append(&list, mount("/tmp", NULL, "rw,nosuid,nodev,noexec"));
    for (size_t i = 0; i < d->n_binds; i++)
        json_append(&list, mount(d->binds[i].target, d->binds[i].source, "ro,nosuid,nodev"));
    if (d->proc)
        json_append(&list, mount("/proc", "proc", "ro,nosuid,nodev,noexec"));
    if (d->dev)
        json_append(&list, mount("/dev", "tmpfs", "ro,nosuid,noexec"));
    return list;
}

static json_t *with_json(const struct declared *d)
{
    json_t *array = json_array();

    for (size_t i = 0; i < d->with.n; i++)
        json_append(&array, document_string(d->with.word[i]));
    return array;
}

static json_t *limits_json(const struct declared *d)
{
    bool timed = d->timeout != 0;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "memory_bytes", number(d->memory),
        "pids", number(d->pids), "cpus", number(d->cpus), "nofile", number(d->nofile),
        "fsize_bytes", d->fsize == FSIZE_UNSET ? json_null() : number(d->fsize), "tmp_bytes",
        number(d->tmp_size), "out_bytes", d->out_size == 0 ? json_null() : number(d->out_size),
        "timeout_seconds", timed ? number(d->timeout) : json_null(), "kill_after_seconds",
        timed ? number(plan_kill_after(d)) : json_null(), "cgroup", document_string(d->cgroup));
}

static json_t *output_json(const struct declared *d)
{
    return json_pack("{s:o, s:b, s:b}", "directory", document_string(d->out), "keep_failed",
                     d->keep_failed, "strict", d->strict_out);
}

static json_t *payload_json(const struct plan *plan)
{
    const struct payload *p = &plan->derived.payload;

    if (p->fd < 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", document_string(p->path), "script",
                     document_string(p->script), "argv", strings(p->argv, p->n_argv), "cwd",
                     document_string(plan->declared.chdir), "loader",
                     p->dynamic ? document_string(p->loader) : json_null());
}

json_t *plan_json(const struct plan *plan)
{
    const struct declared *d = &plan->declared;
    const struct derived *r = &plan->derived;

    return json_pack(
        "{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:o}",
        "schema_version", 1, "profile", r->deviations == 0 ? "strict" : "declared-deviations",
        "deviations", deviations_json(plan), "payload", payload_json(plan), "mounts",
        mounts_json(plan), "with", with_json(d), "environment", strings(d->env, d->n_env), "limits",
        limits_json(d), "output", output_json(d), "hostname", d->hostname, "uid",
        (json_int_t)d->uid, "gid", (json_int_t)d->gid, "seccomp",
        json_pack("{s:s, s:o, s:o}", "profile", r->profile, "stacked_json",
                  document_string(r->stacked_json), "stacked_bpf", document_string(d->seccomp_bpf)),
        "scan", document_string(d->scan), "evidence", document_string(d->evidence), "image",
        document_digest(plan->provided.image));
}
