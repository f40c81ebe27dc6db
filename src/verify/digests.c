/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/audit.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "filter/builtin.h"
#include "filter/seal.h"
#include "rules/words.h"
#include "verify/checks.h"
#include "verify/field.h"

/* The machines, in the order of filter_builtin's code; execveat's number is not this machine's. */
static const struct {
    const char *name;
    uint32_t audit_arch;
    uint32_t execveat;
} machines[] = {
    {"x86_64", AUDIT_ARCH_X86_64, 322},
    {"aarch64", AUDIT_ARCH_AARCH64, 281},
};

#define N_MACHINES (sizeof machines / sizeof machines[0])

static bool digest_is(const json_t *value, const char *stored)
{
    char *canonical = json_canonical(value);
    char digest[DIGEST_TEXT_SIZE] = "";

    if (canonical != NULL)
        sha256_text(digest, canonical, strlen(canonical));
    free(canonical);
    return same_text(digest, stored);
}

static void check_integrity(struct verification *v)
{
    json_t *rest = json_copy(v->bundle);

    json_object_del(rest, "integrity");
    if (!digest_is(rest, field_text(v->bundle, "integrity.sha256")))
        note(v, REASON_INTEGRITY, "integrity.sha256 is not the digest of the document");
    json_decref(rest);
}

/* The index of the one architecture that the filter is for, or N_MACHINES. */
static size_t machine_of(const struct verification *v)
{
    const json_t *list = field(v->bundle, "binding.filters.architectures");
    size_t i = 0;

    if (json_array_size(list) != 1)
        return N_MACHINES;
    while (i < N_MACHINES &&
           strcmp(json_string_value(json_array_get(list, 0)), machines[i].name) != 0)
        i++;
    return i;
}

static void check_bpf(struct verification *v, const json_t *filters)
{
    size_t length = 0;
    unsigned char *code = text_base64_decode(field_text(filters, "bpf_b64"), &length);
    char digest[DIGEST_TEXT_SIZE] = "";

    if (code != NULL)
        sha256_text(digest, code, length);
    free(code);
    if (!same_text(field_text(filters, "bpf_sha256"), digest))
        note(v, REASON_BPF_DIGEST, "the bytes have %s", digest);
    if ((size_t)field_number(filters, "instructions") * sizeof(struct sock_filter) != length)
        note(v, REASON_BPF_DIGEST, "the bytes are %zu", length);
}

static void check_seal(struct verification *v, const json_t *filters, size_t machine)
{
    const char *stored = field_text(filters, "seal_template_sha256");
    char digest[DIGEST_TEXT_SIZE];

    if (stored == NULL)
        return; /* whether there must be one is for the agreement with the plan */
    seal_template_digest(digest, machines[machine].audit_arch, machines[machine].execveat);
    if (strcmp(stored, digest) != 0)
        note(v, REASON_SEAL_DIGEST, "the seal of %s has %s", machines[machine].name, digest);
}

/* Is the digest that of a profile which --profile names? */
static bool named_profile(const struct policy *policy, const char *json)
{
    for (size_t i = 0; i < policy->profiles.n; i++) {
        if (same_text(json, policy->profile[i].json))
            return true;
    }
    return false;
}

static bool named_code(const struct policy *policy, const char *json, const char *bpf,
                       size_t machine)
{
    for (size_t i = 0; i < policy->profiles.n; i++) {
        if (same_text(json, policy->profile[i].json) &&
            same_text(bpf, policy->profile[i].bpf[machine]))
            return true;
    }
    return false;
}

/* Another sandbox took any of the profiles; denybox the one whose name it gives. */
static bool known_profile(const struct verification *v, const char *json, const char *name)
{
    for (const struct filter_builtin *b = NULL; (b = filter_builtin_next(b)) != NULL;) {
        if (same_text(json, b->json_sha256) && (name == NULL || strcmp(b->name, name) == 0) &&
            strcmp(b->name, "init") != 0)
            return true;
    }
    return named_profile(v->policy, json);
}

static void check_profile(struct verification *v)
{
    const char *json = field_text(v->bundle, "seccomp_sha256");
    const char *name = field_text(v->bundle, "binding.filters.profile");

    if (json == NULL)
        note(v, REASON_PROFILE_MISSING, "seccomp_sha256 is null");
    else if (!known_profile(v, json, name))
        note(v, REASON_PROFILE_UNKNOWN, "%s%s%s: name its file by --profile, if you accept it",
             json, name != NULL ? " is not " : "", name != NULL ? name : "");
    if (v->foreign && field_null(v->bundle, "image_digest"))
        note(v, REASON_IMAGE_MISSING, "image_digest is null");
}

static void check_code(struct verification *v, const json_t *filters, size_t machine)
{
    const char *bpf = field_text(filters, "bpf_sha256");
    const char *json = field_text(v->bundle, "seccomp_sha256");
    const struct filter_builtin *b = filter_builtin(field_text(filters, "profile"));

    if (b != NULL && same_text(json, b->json_sha256) && same_text(bpf, b->arch[machine].bpf_sha256))
        return;
    if (!named_code(v->policy, json, bpf, machine))
        note(v, REASON_BPF_UNKNOWN, "%s is not what %s compiles to for %s", bpf,
             field_text(filters, "profile"), machines[machine].name);
}

static void check_look(struct verification *v, const char *when)
{
    const json_t *look = field(field(v->bundle, "observed"), when);

    if (!json_is_object(look))
        return;
    if (!same_text(field_text(look, "mountinfo_sha256"),
                   field_text(v->bundle, "raw.mountinfo_sha256")))
        note(v, REASON_OBSERVED_DIGEST, "%s.mountinfo_sha256 is not that of raw.mountinfo", when);
    if (!same_text(field_text(look, "net_dev_sha256"),
                   field_text(v->bundle, "raw.proc_net_dev_sha256")))
        note(v, REASON_OBSERVED_DIGEST, "%s.net_dev_sha256 is not that of raw.proc_net_dev", when);
}

static void check_binding(struct verification *v)
{
    const json_t *filters = field(v->bundle, "binding.filters");
    size_t machine = machine_of(v);
    char rules[DIGEST_TEXT_SIZE];

    if (!digest_is(field(v->bundle, "binding.plan"), field_text(v->bundle, "binding.plan_sha256")))
        note(v, REASON_PLAN_DIGEST, "binding.plan_sha256 is not the digest of the plan");
    if (!same_text(probe_rules_digest(rules), field_text(v->bundle, "binding.probe_rules_sha256")))
        note(v, REASON_RULES_DIGEST, "these are %s: verify it by the version of its runtime",
             rules);
    check_bpf(v, filters);
    if (machine == N_MACHINES) {
        note(v, REASON_BPF_UNKNOWN, "want one architecture");
        return;
    }
    check_seal(v, filters, machine);
    check_code(v, filters, machine);
}

static void check_controls_file(struct verification *v)
{
    const json_t *controls = json_object_get(v->bundle, "controls");

    if (v->policy->controls_file != NULL && json_is_object(controls) &&
        !same_text(v->policy->controls.sha256, field_text(controls, "matrix_sha256")))
        note(v, REASON_CONTROLS_FILE, "controls.matrix_sha256 is not %s",
             v->policy->controls.sha256);
}

bool check_digests(struct verification *v)
{
    check_integrity(v);
    check_raw(v);
    check_profile(v);
    check_controls_file(v);
    if (!v->foreign) {
        check_binding(v);
        check_look(v, "before_exec");
        check_look(v, "after_exec");
        check_scan_policy(v);
    }
    return true;
}
