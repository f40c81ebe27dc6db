/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/io.h"
#include "base/patience.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "base/text.h"
#include "evidence/controls_json.h"
#include "evidence/document.h"
#include "evidence/host.h"
#include "evidence/observed_json.h"
#include "evidence/plan_json.h"
#include "evidence/probes_json.h"
#include "filter/builtin.h"
#include "filter/seal.h"
#include "rules/words.h"
#include "tree/tree.h"

#if defined(__x86_64__)
#define NATIVE_AUDIT AUDIT_ARCH_X86_64
#else
#define NATIVE_AUDIT AUDIT_ARCH_AARCH64
#endif

static bool take_tree(const struct host_object *o, char digest[72], struct error *e)
{
    int fd;
    bool ok;

    if (o->fd < 0 || digest[0] != '\0')
        return true;
    fd = sys_openat(o->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read a directory for its digest");
    ok = tree_digest(fd, digest, e);
    if (!ok && e->number == EACCES)
        error_hint(
            e,
            "it is in '%s', all of which the evidence covers: give a copy that you may read, or "
            "leave that out",
            text_show(o->path));
    io_close(&fd);
    return ok;
}

static bool take_file(int fd, char digest[72], const char *what, struct error *e)
{
    if (fd >= 0 && digest[0] == '\0' && !sha256_file(digest, fd))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot read %s for its digest", what);
    return true;
}

bool binding_take(const struct plan *plan, struct binding *b, struct error *e)
{
    int self = sys_openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0);
    bool ok;

    if (self < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot open the launcher for its digest");
    patience_begin(plan->declared.quiet ? NULL : "taking digests");
    ok = take_file(self, b->launcher, "the launcher", e) &&
         take_file(plan->derived.payload.fd, b->payload, "the payload", e) &&
         take_tree(&plan->derived.rootfs, b->rootfs, e) &&
         take_tree(&plan->derived.in, b->input, e);
    patience_end();
    io_close(&self);
    return ok;
}

/* Of an image its id: what is known of it elsewhere, too. */
static const char *image_digest(const struct plan *plan, const struct binding *b)
{
    if (plan->provided.image[0] != '\0')
        return plan->provided.image;
    return b->rootfs[0] != '\0' ? b->rootfs : b->payload;
}

static const char *image_digest_kind(const struct plan *plan, const struct binding *b)
{
    if (plan->provided.image[0] != '\0')
        return "image";
    return b->rootfs[0] != '\0' ? "root" : b->payload[0] != '\0' ? "payload" : "none";
}

static void add_identity(json_t **bundle, const struct plan *plan, const struct binding *b,
                         const struct launch_result *r)
{
    const struct declared *d = &plan->declared;
    const struct filter_builtin *profile = filter_builtin(plan->derived.profile);
    char date[TEXT_TIME_SIZE];
    char random[33] = "";

    text_time(date, r->started_at)[10] = '\0';
    io_random_hex(random);
    json_put(bundle, "schema_version", json_integer(1));
    json_put(bundle, "venue", json_string(d->venue));
    json_put(bundle, "venue_identity", venue_identity_json());
    json_put(bundle, "image_digest", document_digest(image_digest(plan, b)));
    json_put(bundle, "seccomp_sha256", json_string(profile->json_sha256));
    json_put(bundle, "runtime", json_string("denybox " PACKAGE_VERSION));
    json_put(bundle, "run_date", json_string(d->run_date != NULL ? d->run_date : date));
    json_put(bundle, "run_id", json_string(d->run_id != NULL ? d->run_id : random));
    json_put(bundle, "profile",
             json_string(plan->derived.deviations == 0 ? "strict" : "declared-deviations"));
    json_put(bundle, "deviations", deviations_json(plan));
}

static json_t *freshness_json(const struct plan *plan, const struct launch_result *r)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "nonce",
                     plan->declared.nonce != NULL ? plan->declared.nonce : "self", "started_at",
                     document_time(r->started_at), "finished_at", document_time(r->finished_at),
                     "boot_id_sha256", host_boot_json());
}

static json_t *filters_json(const struct plan *plan, const struct launch_result *r)
{
    char name[32];
    char seal[72];
    const struct filter_code *code;
    json_t *stacked = json_array();

    snprintf(name, sizeof name, "%s%s", plan->derived.profile,
             plan->declared.allow_exec ? "_exec" : "");
    code = filter_native(filter_builtin(name));
    seal_template_digest(seal, NATIVE_AUDIT, SYS_execveat);
    for (int i = 0; i < 2; i++) {
        if (r->stacked_sha256[i][0] != '\0')
            json_append(&stacked, json_string(r->stacked_sha256[i]));
    }
    return json_pack(
        "{s:s, s:s, s:i, s:[s], s:o, s:o, s:o}", "profile", name, "bpf_sha256", code->bpf_sha256,
        "instructions", (int)code->length, "architectures", code->arch, "bpf_b64",
        document_base64(code->code, code->length * sizeof *code->code), "seal_template_sha256",
        plan->declared.allow_exec ? json_null() : json_string(seal), "stacked_sha256", stacked);
}

static json_t *batch_json(const struct binding *b)
{
    json_t *shared = json_array();

    json_append(&shared, json_string("launcher_sha256"));
    json_append(&shared, json_string("payload_sha256"));
    if (b->shared_root)
        json_append(&shared, json_string("root_sha256"));
    return json_pack("{s:o, s:o}", "shared", shared, "taken_at", document_time(b->shared_at));
}

static json_t *binding_json(const struct plan *plan, const struct binding *b,
                            const struct launch_result *r)
{
    json_t *what = plan_json(plan);
    char *canonical = json_canonical(what);
    char plan_sha256[DIGEST_TEXT_SIZE];
    char rules[DIGEST_TEXT_SIZE];
    json_t *digest = NULL;
    json_t *binding;

    if (canonical != NULL)
        digest = json_string(sha256_text(plan_sha256, canonical, strlen(canonical)));
    free(canonical);
    binding = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:s}", "launcher_version", PACKAGE_VERSION,
        "launcher_sha256", document_digest(b->launcher), "plan", what, "plan_sha256", digest,
        "payload_sha256", document_digest(b->payload), "input_sha256", document_digest(b->input),
        "image_digest_kind", image_digest_kind(plan, b), "root_sha256", document_digest(b->rootfs),
        "filters", filters_json(plan, r), "probe_rules_sha256", probe_rules_digest(rules));
    if (b->shared_at != 0)
        json_put(&binding, "batch", batch_json(b));
    return binding;
}

static json_t *limits_json(const struct launch_result *r)
{
    json_t *object = json_object();

    for (int i = 0; i < r->n_limits; i++)
        json_put(&object, r->limits[i].name,
                 json_pack("{s:I, s:s, s:s}", "value", (json_int_t)r->limits[i].value, "held_by",
                           r->limits[i].held_by, "scope", r->limits[i].scope));
    return object;
}

static json_t *usage_json(const struct rusage *u)
{
    return json_pack("{s:I, s:I, s:I}", "user_us", (json_int_t)launch_us(u->ru_utime), "system_us",
                     (json_int_t)launch_us(u->ru_stime), "max_rss_kib", (json_int_t)u->ru_maxrss);
}

static json_t *count_json(int64_t count)
{
    return count < 0 ? json_null() : json_integer(count);
}

static json_t *events_json(const struct launch_result *r)
{
    bool ran = r->ending != ENDING_NOT_STARTED;

    return json_pack("{s:o, s:o}", "oom_kills", count_json(ran ? r->events.oom_kills : -1),
                     "pids_refused", count_json(ran ? r->events.pids_refused : -1));
}

static json_t *result_json(const struct launch_result *r, const struct outputs *outputs)
{
    static const char *const endings[] = {"not started", "exited", "signalled"};
    json_t *result = json_pack(
        "{s:s, s:o, s:o, s:o, s:s?, s:s?, s:o}", "ending",
        r->blocked ? "blocked" : endings[r->ending], "number",
        r->ending == ENDING_NOT_STARTED ? json_null() : json_integer(r->number), "usage",
        r->ending == ENDING_NOT_STARTED ? json_null() : usage_json(&r->usage), "elapsed_ms",
        r->ending == ENDING_NOT_STARTED ? json_null() : json_integer(r->elapsed_ms), "time_limit",
        time_limit_name(r->time_limit), "limit", launch_limit(r), "events", events_json(r));

    outputs_add(&result, outputs);
    return result;
}

json_t *bundle_json(const struct plan *plan, const struct binding *binding,
                    const struct launch_result *r, const struct outputs *outputs, struct error *e)
{
    json_t *bundle = json_object();

    add_identity(&bundle, plan, binding, r);
    json_put(&bundle, "freshness", freshness_json(plan, r));
    json_put(&bundle, "binding", binding_json(plan, binding, r));
    json_put(&bundle, "host", host_json());
    json_put(&bundle, "limits", limits_json(r));
    json_put(&bundle, "layers",
             json_pack("{s:{s:b, s:i}}", "landlock", "in_force", r->landlock_abi != 0, "abi",
                       r->landlock_abi));
    json_put(&bundle, "probes", probes_json(&r->inside, plan->command == COMMAND_ATTEST));
    json_put(&bundle, "raw", raw_json(&r->inside));
    json_put(&bundle, "observed", observations_json(r));
    json_put(&bundle, "result", result_json(r, outputs));
    json_put(&bundle, "scan", binding->scan != NULL ? json_incref(binding->scan) : json_null());
    json_put(&bundle, "controls", controls_json(&r->controls));
    document_add_integrity(&bundle);
    if (bundle == NULL)
        error_set(e, EXIT_DENYBOX, "cannot write the bundle: out of memory");
    return bundle;
}
