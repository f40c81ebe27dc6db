/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judged.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"
#include "fuzz.h"

json_t *judged_at(const json_t *bundle, const char *path)
{
    const json_t *value = bundle;
    char key[64];

    while (value != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");

        FUZZ_REQUIRE(length < sizeof key);
        memcpy(key, path, length);
        key[length] = '\0';
        value = json_object_get(value, key);
        path += length + (path[length] == '.');
    }
    return (json_t *)(uintptr_t)value;
}

/* The bytes of the base64 at that path, NUL behind them; the caller's. */
static char *judged_bytes(const json_t *bundle, const char *path, size_t *length)
{
    const char *text = json_string_value(judged_at(bundle, path));
    char *bytes;

    FUZZ_REQUIRE(text != NULL);
    bytes = (char *)text_base64_decode(text, length);
    FUZZ_REQUIRE(bytes != NULL);
    return bytes;
}

static const char *text_at(const json_t *bundle, const char *path)
{
    const char *text = json_string_value(judged_at(bundle, path));

    FUZZ_REQUIRE(text != NULL);
    return text;
}

static json_int_t number_at(const json_t *bundle, const char *path)
{
    FUZZ_REQUIRE(json_is_integer(judged_at(bundle, path)));
    return json_integer_value(judged_at(bundle, path));
}

static bool is(const json_t *bundle, const char *path, const char *text)
{
    return strcmp(text_at(bundle, path), text) == 0;
}

static bool is_null(const json_t *bundle, const char *path)
{
    return json_is_null(judged_at(bundle, path));
}

/* ---------------------------------------------------------------- digests */

static void digest_of(const json_t *value, const char *stored)
{
    char digest[DIGEST_TEXT_SIZE];
    char *canonical = json_canonical(value);

    FUZZ_REQUIRE(canonical != NULL);
    FUZZ_REQUIRE(strcmp(sha256_text(digest, canonical, strlen(canonical)), stored) == 0);
    free(canonical);
}

static void digest_of_bytes(const json_t *bundle, const char *bytes_at, const char *digest_at)
{
    char digest[DIGEST_TEXT_SIZE];
    size_t length;
    char *bytes = judged_bytes(bundle, bytes_at, &length);

    FUZZ_REQUIRE(is(bundle, digest_at, sha256_text(digest, bytes, length)));
    free(bytes);
}

static void digests(const json_t *bundle)
{
    json_t *rest = json_copy((json_t *)(uintptr_t)bundle);

    json_object_del(rest, "integrity");
    digest_of(rest, text_at(bundle, "integrity.sha256"));
    json_decref(rest);
    digest_of(judged_at(bundle, "binding.plan"), text_at(bundle, "binding.plan_sha256"));
    digest_of_bytes(bundle, "binding.filters.bpf_b64", "binding.filters.bpf_sha256");
    digest_of_bytes(bundle, "raw.mountinfo_b64", "raw.mountinfo_sha256");
    digest_of_bytes(bundle, "raw.proc_net_dev_b64", "raw.proc_net_dev_sha256");
    digest_of_bytes(bundle, "raw.status_b64", "raw.status_sha256");
    FUZZ_REQUIRE(is(bundle, "observed.before_exec.mountinfo_sha256",
                    text_at(bundle, "raw.mountinfo_sha256")));
    FUZZ_REQUIRE(is(bundle, "observed.before_exec.net_dev_sha256",
                    text_at(bundle, "raw.proc_net_dev_sha256")));
}

/* ---------------------------------------------------------------- probes */

/* What each of the packet's twelve may have seen: the numbers of the errnos, 0 at the end; that
 * they are not those of src/rules is the point. */
static const struct {
    const char *id;
    size_t observations; /* at least */
    int errnos[4];
} twelve[] = {
    {"PR-NET-1", 1, {1, 101, 97}}, {"PR-NET-2", 0, {0}},       {"PR-SOCK-1", 1, {1}},
    {"PR-ENV-1", 0, {0}},          {"PR-FS-RO-IN", 1, {30}},   {"PR-FS-ESC-1", 1, {30}},
    {"PR-FS-ESC-2", 2, {30, 13}},  {"PR-FS-OUT-OK", 1, {0}},   {"PR-EXEC-1", 1, {1}},
    {"PR-MOUNT-1", 0, {0}},        {"PR-SOCK-DOCKER", 1, {2}}, {"PR-PTRACE-1", 1, {1}},
};

#define N_TWELVE (sizeof twelve / sizeof twelve[0])

static bool is_one_of(const int errnos[4], json_int_t number)
{
    for (int i = 0; i < 4; i++) {
        if (errnos[i] == number)
            return number != 0 || i == 0;
    }
    return false;
}

static void probes(const json_t *bundle)
{
    const json_t *list = judged_at(bundle, "probes");

    FUZZ_REQUIRE(json_array_size(list) == 30);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *probe = json_array_get(list, i);
        const json_t *seen = judged_at(probe, "observed");
        const json_t *one;
        size_t n;

        if (!is(probe, "verdict", "PASS")) {
            FUZZ_REQUIRE(is(probe, "verdict", "NOT_RUN"));
            FUZZ_REQUIRE(is(probe, "probe_id", "PR-DYNIMPORT") || is(probe, "probe_id", "DX-ABI"));
        }
        if (!is(probe, "probe_id", "PR-FS-OUT-OK"))
            FUZZ_REQUIRE(is(probe, "control.result", "succeeded"));
        if (i >= N_TWELVE)
            continue;
        FUZZ_REQUIRE(is(probe, "probe_id", twelve[i].id) && is(probe, "verdict", "PASS"));
        FUZZ_REQUIRE(json_array_size(seen) >= twelve[i].observations);
        json_array_foreach(seen, n, one)
        {
            FUZZ_REQUIRE(is_one_of(twelve[i].errnos, number_at(one, "value")));
        }
    }
}

/* ---------------------------------------------------------------- raw texts */

/* The value of a line "Key:\tvalue" of status; every line of that name has to have it. */
static void status_has(const char *status, const char *key, const char *value)
{
    size_t found = 0;
    char line[128];

    snprintf(line, sizeof line, "%s:\t%s", key, value);
    for (const char *at = status; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        if (strncmp(at, key, strlen(key)) != 0 || at[strlen(key)] != ':')
            continue;
        FUZZ_REQUIRE(strcspn(at, "\n") == strlen(line) && strncmp(at, line, strlen(line)) == 0);
        found++;
    }
    FUZZ_REQUIRE(found == 1);
}

static void status(const json_t *bundle)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd",
                                       "CapAmb", "SigBlk", "SigIgn"};
    size_t length;
    char *text = judged_bytes(bundle, "raw.status_b64", &length);
    json_int_t uid = number_at(bundle, "binding.plan.uid");
    json_int_t gid = number_at(bundle, "binding.plan.gid");
    char ids[96];

    FUZZ_REQUIRE(strlen(text) == length);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        status_has(text, sets[i], "0000000000000000");
    status_has(text, "NoNewPrivs", "1");
    status_has(text, "Seccomp", "2");
    status_has(text, "Seccomp_filters", text_at(bundle, "observed.before_exec.Seccomp_filters"));
    snprintf(ids, sizeof ids, "%lld\t%lld\t%lld\t%lld", uid, uid, uid, uid);
    status_has(text, "Uid", ids);
    snprintf(ids, sizeof ids, "%lld\t%lld\t%lld\t%lld", gid, gid, gid, gid);
    status_has(text, "Gid", ids);
    FUZZ_REQUIRE(uid > 0 && gid > 0);
    free(text);
}

/* Four mount points, in any order, by the fifth word of each line. */
static void mountinfo(const json_t *bundle)
{
    static const char *const points[] = {"/", "/in", "/out", "/tmp"};
    unsigned seen = 0;
    size_t length;
    char *text = judged_bytes(bundle, "raw.mountinfo_b64", &length);

    FUZZ_REQUIRE(strlen(text) == length);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char point[64];
        char options[256];
        unsigned i = 0;

        FUZZ_REQUIRE(sscanf(line, "%*u %*u %*u:%*u %*s %63s %255s", point, options) == 2);
        while (i < 4 && strcmp(points[i], point) != 0)
            i++;
        FUZZ_REQUIRE(i < 4 && (seen & 1U << i) == 0);
        FUZZ_REQUIRE(strncmp(options, i < 2 ? "ro," : "rw,", 3) == 0);
        FUZZ_REQUIRE(strstr(options, "nosuid") != NULL && strstr(options, "nodev") != NULL);
        FUZZ_REQUIRE(i == 0 || strstr(options, "noexec") != NULL);
        seen |= 1U << i;
    }
    FUZZ_REQUIRE(seen == 15);
    free(text);
}

static void net_dev(const json_t *bundle)
{
    size_t length;
    size_t colons = 0;
    char *text = judged_bytes(bundle, "raw.proc_net_dev_b64", &length);

    FUZZ_REQUIRE(strlen(text) == length && strstr(text, " lo:") != NULL);
    for (const char *at = text; (at = strchr(at, ':')) != NULL; at++)
        colons++;
    FUZZ_REQUIRE(colons == 1);
    free(text);
}

static void environment(const json_t *bundle)
{
    const json_t *keys = judged_at(bundle, "raw.env_keyset");
    const json_t *planned = judged_at(bundle, "binding.plan.environment");
    size_t i;
    const json_t *key;

    FUZZ_REQUIRE(json_array_size(keys) == json_array_size(planned));
    json_array_foreach(keys, i, key)
    {
        const char *name = json_string_value(key);
        size_t n = 0;

        for (size_t j = 0; j < json_array_size(planned); j++) {
            const char *pair = json_string_value(json_array_get(planned, j));

            n += strncmp(pair, name, strlen(name)) == 0 && pair[strlen(name)] == '=';
        }
        FUZZ_REQUIRE(n == 1);
    }
}

/* ---------------------------------------------------------------- the launcher's view */

static void namespaces(const json_t *look)
{
    const json_t *list = judged_at(look, "namespaces");
    const char *name;
    const char *other;
    json_t *a;
    json_t *b;

    FUZZ_REQUIRE(json_object_size(list) == 7);
    json_object_foreach((json_t *)(uintptr_t)list, name, a)
    {
        /* 4026531834 to 4026531841 are those of the boot: linux/proc_ns.h. */
        FUZZ_REQUIRE(json_integer_value(a) > 4026531841 && json_integer_value(a) <= 4294967295);
        json_object_foreach((json_t *)(uintptr_t)list, other, b)
        {
            FUZZ_REQUIRE(strcmp(name, other) == 0 ||
                         json_integer_value(a) != json_integer_value(b));
        }
    }
}

static void map(const json_t *look, const char *key, json_int_t id)
{
    unsigned long inside;
    unsigned long outside;
    char again[64];

    FUZZ_REQUIRE(sscanf(text_at(look, key), "%lu %lu 1", &inside, &outside) == 2);
    snprintf(again, sizeof again, "%lu %lu 1", inside, outside);
    FUZZ_REQUIRE(is(look, key, again) && (json_int_t)inside == id);
}

static void observed(const json_t *bundle)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    const json_t *look = judged_at(bundle, "observed.before_exec");

    namespaces(look);
    map(look, "uid_map", number_at(bundle, "binding.plan.uid"));
    map(look, "gid_map", number_at(bundle, "binding.plan.gid"));
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        FUZZ_REQUIRE(is(look, sets[i], "0000000000000000"));
    FUZZ_REQUIRE(is(look, "Seccomp", "2") && is(look, "NoNewPrivs", "1"));
    FUZZ_REQUIRE(is_null(bundle, "binding.plan.payload")
                     ? is_null(bundle, "observed.after_exec")
                     : json_equal(look, judged_at(bundle, "observed.after_exec")));
}

/* ---------------------------------------------------------------- the plan, and what came of it */

static void limits(const json_t *bundle)
{
    static const char *const pairs[][2] = {
        {"pids", "limits.pids.value"},
        {"nofile", "limits.nofile.value"},
        {"fsize_bytes", "limits.fsize.value"},
        {"out_bytes", "limits.out.value"},
        {"timeout_seconds", "limits.time.value"},
    };
    const json_t *plan = judged_at(bundle, "binding.plan.limits");
    json_int_t less = number_at(plan, "memory_bytes") - number_at(bundle, "limits.memory.value");

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (is_null(plan, pairs[i][0]))
            FUZZ_REQUIRE(judged_at(bundle, pairs[i][1]) == NULL);
        else
            FUZZ_REQUIRE(number_at(plan, pairs[i][0]) == number_at(bundle, pairs[i][1]));
    }
    FUZZ_REQUIRE(less == 0 ||
                 (is(bundle, "limits.memory.held_by", "cgroup") && less > 0 && less < 65536));
    FUZZ_REQUIRE(number_at(bundle, "limits.cpus.value") >= 1 &&
                 number_at(bundle, "limits.cpus.value") <= number_at(plan, "cpus"));
    FUZZ_REQUIRE(number_at(bundle, "limits.core.value") == 1);
    FUZZ_REQUIRE(!is(plan, "cgroup", ""));
    FUZZ_REQUIRE(!is(plan, "cgroup", "off") || is(bundle, "limits.pids.held_by", "rlimit"));
}

static void result(const json_t *bundle)
{
    bool timed = !is_null(bundle, "binding.plan.limits.timeout_seconds");
    json_int_t took = number_at(bundle, "result.elapsed_ms");

    FUZZ_REQUIRE(is(bundle, "result.ending", "exited") ||
                 (is(bundle, "result.ending", "signalled") &&
                  number_at(bundle, "result.number") >= 1 &&
                  number_at(bundle, "result.number") <= 64));
    if (is_null(bundle, "result.time_limit"))
        FUZZ_REQUIRE(!timed || took <= 1000 * number_at(bundle, "binding.plan.limits."
                                                                "timeout_seconds") +
                                           10000);
    else
        FUZZ_REQUIRE(timed && took >= 1000 * number_at(bundle, "binding.plan.limits."
                                                               "timeout_seconds"));
    FUZZ_REQUIRE(!is(bundle, "result.outputs_state", "published") ||
                 !is_null(bundle, "binding.plan.limits.out_bytes"));
}

/* ISO times in UTC sort as texts. */
static void dates(const json_t *bundle)
{
    const char *from = text_at(bundle, "freshness.started_at");
    const char *to = text_at(bundle, "freshness.finished_at");

    FUZZ_REQUIRE(strcmp(from, to) <= 0);
    FUZZ_REQUIRE(strncmp(text_at(bundle, "run_date"), from, 10) == 0 ||
                 strncmp(text_at(bundle, "run_date"), to, 10) == 0);
}

static void batch(const json_t *bundle)
{
    const json_t *list = judged_at(bundle, "binding.batch.shared");
    size_t n = json_array_size(list);

    if (judged_at(bundle, "binding.batch") == NULL)
        return;
    FUZZ_REQUIRE(!is_null(bundle, "binding.plan.payload") && (n == 2 || n == 3));
    FUZZ_REQUIRE(strcmp(json_string_value(json_array_get(list, 0)), "launcher_sha256") == 0);
    FUZZ_REQUIRE(strcmp(json_string_value(json_array_get(list, 1)), "payload_sha256") == 0);
    if (n == 3) {
        const json_t *root = json_array_get(judged_at(bundle, "binding.plan.mounts"), 0);

        FUZZ_REQUIRE(strcmp(json_string_value(json_array_get(list, 2)), "root_sha256") == 0);
        FUZZ_REQUIRE(strncmp(text_at(root, "source"), "denybox:", 8) == 0);
        FUZZ_REQUIRE(!is_null(bundle, "binding.root_sha256"));
    }
    FUZZ_REQUIRE(strstr(text_at(bundle, "binding.plan.evidence"), "/.denybox-batch/") != NULL);
    FUZZ_REQUIRE(strcmp(text_at(bundle, "binding.batch.taken_at"),
                        text_at(bundle, "freshness.started_at")) <= 0);
}

/* Of denybox itself, strict, and of this machine. */
static void filters(const json_t *bundle)
{
    const json_t *arches = judged_at(bundle, "binding.filters.architectures");
    const char *arch = json_string_value(json_array_get(arches, 0));

    FUZZ_REQUIRE(json_array_size(arches) == 1 && is(bundle, "host.machine", arch));
    FUZZ_REQUIRE(
        is(bundle, "binding.filters.profile", text_at(bundle, "binding.plan.seccomp.profile")));
    FUZZ_REQUIRE(json_array_size(judged_at(bundle, "binding.filters.stacked_sha256")) == 0 ||
                 !is_null(bundle, "binding.plan.seccomp.stacked_json") ||
                 !is_null(bundle, "binding.plan.seccomp.stacked_bpf"));
}

static void identity(const json_t *bundle)
{
    const json_t *tmp = json_array_get(judged_at(bundle, "binding.plan.mounts"), 3);

    FUZZ_REQUIRE(is(tmp, "at", "/tmp") && json_is_null(json_object_get(tmp, "source")));
    FUZZ_REQUIRE(json_object_size(bundle) == 22);
    FUZZ_REQUIRE(strncmp(text_at(bundle, "runtime"), "denybox ", 8) == 0);
    FUZZ_REQUIRE(is(bundle, "binding.launcher_version", text_at(bundle, "runtime") + 8));
    FUZZ_REQUIRE(is(bundle, "venue", "VPS") || is(bundle, "venue", "CI"));
    FUZZ_REQUIRE(is(bundle, "venue_identity.sysname", "Linux"));
    FUZZ_REQUIRE(is(bundle, "venue_identity.release", text_at(bundle, "host.kernel")));
    FUZZ_REQUIRE(is(bundle, "venue_identity.machine", text_at(bundle, "host.machine")));
    FUZZ_REQUIRE(is(bundle, "profile", "strict") && is(bundle, "binding.plan.profile", "strict"));
    FUZZ_REQUIRE(json_array_size(judged_at(bundle, "deviations")) == 0);
    FUZZ_REQUIRE(json_array_size(judged_at(bundle, "binding.plan.mounts")) == 4);
    FUZZ_REQUIRE(!is_null(bundle, "binding.filters.seal_template_sha256"));
    FUZZ_REQUIRE(is_null(bundle, "binding.input_sha256") ==
                 json_is_null(json_object_get(
                     json_array_get(judged_at(bundle, "binding.plan.mounts"), 1), "source")));
}

void judged_again(const json_t *bundle)
{
    identity(bundle);
    filters(bundle);
    digests(bundle);
    probes(bundle);
    status(bundle);
    mountinfo(bundle);
    net_dev(bundle);
    environment(bundle);
    observed(bundle);
    limits(bundle);
    result(bundle);
    dates(bundle);
    batch(bundle);
}
