/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/procfs.h"
#include "rules/words.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/mounts.h"

/* The plan that the bundle carries against what it says was there. */

static const json_t *plan_of(const struct verification *v)
{
    return field(v->bundle, "binding.plan");
}

/* The names of the plan's variables are those that were read inside; each is there once. */
static void check_environment(struct verification *v)
{
    const json_t *list = field(plan_of(v), "environment");
    const json_t *keys = field(v->bundle, "raw.env_keyset");
    json_t *left = json_object();
    const json_t *pair;
    size_t i;

    json_array_foreach(keys, i, pair)
    {
        json_put(&left, json_string_value(pair), json_null());
    }
    if (json_is_array(keys) && json_array_size(list) != json_array_size(keys))
        note(v, REASON_ENVIRONMENT, "%zu variables are planned, and %zu found",
             json_array_size(list), json_array_size(keys));
    json_array_foreach(list, i, pair)
    {
        const char *text = json_string_value(pair);
        size_t length = strcspn(text, "=");
        char *name = strndup(text, length);

        if (json_is_array(keys) &&
            (name == NULL || text[length] != '=' || json_object_del(left, name) != 0))
            note(v, REASON_ENVIRONMENT, "'%s' is planned, and was not found", text_show(text));
        free(name);
    }
    json_decref(left);
}

/* Of a limit that a cgroup can hold: whose it is, where the plan wants it, and of whom. */
static void check_held_by(struct verification *v, const char *name)
{
    const json_t *limit = field(field(v->bundle, "limits"), name);
    const char *wanted = field_text(plan_of(v), "limits.cgroup");
    bool exact = same_text(field_text(limit, "held_by"), "cgroup");
    bool may = !same_text(wanted, "off");
    bool must = may && !same_text(wanted, "auto");

    if (limit == NULL)
        return; /* which its value says */
    if (exact ? !may : must)
        note(v, REASON_LIMITS, "%s is held by %s, and the plan says %s", name,
             text_show(field_text(limit, "held_by")), text_show(wanted));
    if (strcmp(name, "pids") != 0 && exact != same_text(field_text(limit, "scope"), "the sandbox"))
        note(v, REASON_LIMITS, "%s is not held for whom it is said to be", name);
}

/* A cgroup holds memory in whole pages. */
static bool right_value(const json_t *limit, const char *name, json_int_t planned)
{
    json_int_t less = planned - field_number(limit, "value");

    return less == 0 ||
           (strcmp(name, "memory") == 0 && same_text(field_text(limit, "held_by"), "cgroup") &&
            less > 0 && less < LARGEST_PAGE);
}

/* "f,ffffffff,00000003" of status: on how many processors it may run; 0: it does not say. */
static json_int_t processors_of(const char *status)
{
    char mask[4096];
    json_int_t n = 0;

    if (!status_value(status, "Cpus_allowed", mask, sizeof mask))
        return 0;
    for (const char *word = mask;; word++) {
        size_t digits = strspn(word, "0123456789abcdef");

        /* Of 32 bits each, but for the first. */
        if (digits == 0 || digits > 8 || (word != mask && digits != 8))
            return 0;
        n += __builtin_popcountl(strtoul(word, NULL, 16));
        word += digits;
        if (*word == '\0')
            return n;
        if (*word != ',')
            return 0;
    }
}

/* A host may have fewer than were asked for, and the process says how many; a cgroup holds their
 * time, and is told the number. */
static bool right_cpus(const struct verification *v, json_int_t value, json_int_t planned)
{
    const char *status = v->findings.raw[RAW_STATUS].bytes;

    if (same_text(field_text(v->bundle, "limits.cpus.held_by"), "cgroup"))
        return value == planned;
    return value >= 1 && value <= planned && (status == NULL || value == processors_of(status));
}

static void check_limits(struct verification *v)
{
    static const struct {
        const char *planned;
        const char *held;
    } pairs[] = {{"memory_bytes", "memory"}, {"pids", "pids"},     {"nofile", "nofile"},
                 {"fsize_bytes", "fsize"},   {"out_bytes", "out"}, {"timeout_seconds", "time"}};
    const json_t *planned = field(plan_of(v), "limits");
    const json_t *limits = field(v->bundle, "limits");

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!right_value(field(limits, pairs[i].held), pairs[i].held,
                         field_number(planned, pairs[i].planned)))
            note(v, REASON_LIMITS, "%s is not the plan's", pairs[i].held);
    }
    if (field_null(planned, "timeout_seconds") != field_null(planned, "kill_after_seconds"))
        note(v, REASON_LIMITS, "the plan's time limit contradicts itself");
    if (field_number(limits, "core.value") != 1)
        note(v, REASON_LIMITS, "core is not 1");
    if (!right_cpus(v, field_number(limits, "cpus.value"), field_number(planned, "cpus")))
        note(v, REASON_LIMITS, "cpus is not within the plan's, or not what the process had");
    check_held_by(v, "memory");
    check_held_by(v, "pids");
    check_held_by(v, "cpus");
}

static void check_profile(struct verification *v)
{
    const json_t *deviations = json_object_get(v->bundle, "deviations");
    const char *profile = field_text(v->bundle, "profile");
    bool strict = same_text(profile, "strict");
    unsigned bits = deviations_of(v);

    if (!same_text(profile, field_text(plan_of(v), "profile")) ||
        !json_equal(deviations, field(plan_of(v), "deviations")))
        note(v, REASON_PROFILE_DIFFERS, "profile or deviations are not the plan's");
    if ((size_t)__builtin_popcount(bits) != json_array_size(deviations))
        note(v, REASON_PROFILE_DIFFERS, "a deviation is there twice");
    if (strict != (json_array_size(deviations) == 0))
        note(v, REASON_PROFILE_DIFFERS, "the profile is %s, with %zu deviations",
             text_show(profile), json_array_size(deviations));
}

/* How many filters of the payload's own the status must count at least. */
static void check_filters(struct verification *v)
{
    const json_t *filters = field(v->bundle, "binding.filters");
    const json_t *seccomp = field(plan_of(v), "seccomp");
    bool exec = array_has(json_object_get(v->bundle, "deviations"), "allow-exec");
    size_t stacked =
        (size_t)!field_null(seccomp, "stacked_json") + !field_null(seccomp, "stacked_bpf");
    char name[32];
    char text[16];
    unsigned loaded = 0;

    snprintf(name, sizeof name, "%s%s", field_text(seccomp, "profile"), exec ? "_exec" : "");
    if (!same_text(field_text(filters, "profile"), name))
        note(v, REASON_FILTERS, "the profile in force is not %s", name);
    if (field_null(filters, "seal_template_sha256") != exec)
        note(v, REASON_FILTERS, "the seal is %s", exec ? "there" : "missing");
    if (json_array_size(field(filters, "stacked_sha256")) != stacked)
        note(v, REASON_FILTERS, "%zu stacked filters are planned", stacked);
    if (v->findings.raw[RAW_STATUS].bytes != NULL &&
        (!status_value(v->findings.raw[RAW_STATUS].bytes, "Seccomp", text, sizeof text) ||
         strcmp(text, "2") != 0))
        note(v, REASON_FILTERS, "no filter is in force");
    if (v->findings.raw[RAW_STATUS].bytes != NULL &&
        (!status_number(v->findings.raw[RAW_STATUS].bytes, "Seccomp_filters", 1000000, &loaded) ||
         loaded < 1 + (exec ? 0 : 1) + stacked))
        note(v, REASON_FILTERS, "%u filters are loaded", loaded);
}

/* The id of the image stands in the plan as well; of a root its own digest is the image's. */
static void check_root(struct verification *v, const char *want, const char *image)
{
    const char *planned = field_text(v->bundle, "binding.plan.image");
    const char *tree = field_text(v->bundle, "binding.root_sha256");
    const char *root = field_text(planned_mount(field(plan_of(v), "mounts"), "/"), "source");
    bool is_image = same_text(want, "image");

    if (is_image && !same_text(image, planned))
        note(v, REASON_IMAGE_DIFFERS, "image_digest is not that of the planned image");
    if ((tree == NULL) != (!is_image && !same_text(want, "root")))
        note(v, REASON_IMAGE_DIFFERS, "root_sha256 and the plan's / do not agree");
    if (same_text(want, "root") && !same_text(image, tree))
        note(v, REASON_IMAGE_DIFFERS, "image_digest is not root_sha256");
    if (is_image != same_text(root, SOURCE_IMAGE))
        note(v, REASON_IMAGE_DIFFERS, "the planned image and the plan's / do not agree");
}

static void check_image(struct verification *v)
{
    const json_t *mounts = field(plan_of(v), "mounts");
    const char *kind = field_text(v->bundle, "binding.image_digest_kind");
    const char *image = field_text(v->bundle, "image_digest");
    const char *payload = field_text(v->bundle, "binding.payload_sha256");
    bool root = !field_null(planned_mount(mounts, "/"), "source");
    const char *want = !field_null(plan_of(v), "image") ? "image"
                       : root                           ? "root"
                       : payload != NULL                ? "payload"
                                                        : "none";

    if (!same_text(kind, want))
        note(v, REASON_IMAGE_DIFFERS, "image_digest_kind is not %s", want);
    if ((image == NULL) != same_text(want, "none") ||
        (same_text(want, "payload") && !same_text(image, payload)))
        note(v, REASON_IMAGE_DIFFERS, "image_digest is not that of a %s", want);
    check_root(v, want, image);
    if ((payload == NULL) != field_null(plan_of(v), "payload"))
        note(v, REASON_IMAGE_DIFFERS, "payload_sha256 and the plan's payload do not agree");
    if (field_null(v->bundle, "binding.input_sha256") !=
        field_null(planned_mount(mounts, "/in"), "source"))
        note(v, REASON_IMAGE_DIFFERS, "input_sha256 and the plan's /in do not agree");
}

/* The path of a script is a word of its interpreter's, whose own name comes first: as that line of
 * the script has it, or as it was found along PATH. */
static bool right_words(const json_t *payload)
{
    const json_t *argv = field(payload, "argv");
    const char *script = field_text(payload, "script");
    const char *path = field_text(payload, "path");
    const char *first = json_string_value(json_array_get(argv, 0));
    const char *base = strrchr(path, '/');
    size_t i = 1;

    if (script == NULL || first == NULL)
        return true;
    while (i < json_array_size(argv) &&
           !same_text(json_string_value(json_array_get(argv, i)), script))
        i++;
    return i < json_array_size(argv) &&
           (strcmp(first, path) == 0 || (base != NULL && strcmp(first, base + 1) == 0));
}

static void check_payload(struct verification *v)
{
    const json_t *payload = field(plan_of(v), "payload");

    if (json_is_object(payload) && !right_words(payload))
        note(v, REASON_COMMAND, "the words of the payload are not those of its script");
}

static void check_version(struct verification *v)
{
    const char *runtime = field_text(v->bundle, "runtime");

    if (!same_text(runtime + strlen("denybox "), field_text(v->bundle, "binding.launcher_version")))
        note(v, REASON_VERSION_DIFFERS, "the runtime is '%s'", text_show(runtime));
}

static void check_layers(struct verification *v)
{
    bool landlock = json_is_true(field(v->bundle, "layers.landlock.in_force"));
    const char *modules = field_text(v->bundle, "host.security_modules");

    if (landlock != (field_number(v->bundle, "layers.landlock.abi") > 0))
        note(v, REASON_LAYERS, "landlock.in_force and landlock.abi do not agree");
    if (landlock && modules != NULL && !mount_has(modules, "landlock"))
        note(v, REASON_LAYERS, "landlock is in force, and none of the host's security modules");
}

void check_plan(struct verification *v)
{
    check_environment(v);
    check_planned_mounts(v);
    check_limits(v);
    check_profile(v);
    check_filters(v);
    check_image(v);
    check_payload(v);
    check_version(v);
    check_scan_subject(v);
    check_layers(v);
}
