/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written down: the plan, the probes, the bundle and the files of attest. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/io.h"
#include "evidence/bundle.h"
#include "evidence/document.h"
#include "evidence/host.h"
#include "evidence/inside.h"
#include "evidence/observed_json.h"
#include "evidence/plan_json.h"
#include "evidence/probes_json.h"
#include "plan/derive.h"
#include "plan/option.h"
#include "support.h"
#include "tree/tree.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct plan plan;
static struct launch_result result;
static struct binding binding;
static struct error e;

static void start(void)
{
    memset(&result, 0, sizeof result);
    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
}

static void finish(void)
{
    plan_free(&plan);
    launch_result_free(&result);
}

/* The canonical form of a document that is used up. */
static char *canonical(json_t *document)
{
    char *text = json_canonical(document);

    ck_assert_ptr_nonnull(text);
    json_decref(document);
    return text;
}

static void set_raw(enum raw_kind kind, const char *bytes, size_t length)
{
    struct raw *raw = &result.inside.raw[kind];

    raw->bytes = malloc(length + 1);
    memcpy(raw->bytes, bytes, length);
    raw->bytes[length] = '\0';
    raw->length = length;
}

static void observe(enum probe probe, const char *label, int value)
{
    struct fact *fact = &result.inside.fact[probe];

    strcpy(fact->observed[fact->n].label, label);
    fact->observed[fact->n++].value = value;
}

static const struct text {
    const char *bytes;
    size_t length;
    const char *json;
} texts[] = {
    {BYTES(""), "[\"\",\"\"]"},
    {BYTES("plain"), "[\"plain\",\"cGxhaW4=\"]"},
    {BYTES("a\"b"), "[\"a\\\"b\",\"YSJi\"]"},
    {BYTES("\x1b\0\xff"), "[\"\\\\x1b\\\\x00\\\\xff\",\"GwD/\"]"},
    {BYTES("\\x1b"), "[\"\\\\\\\\x1b\",\"XHgxYg==\"]"},
};

START_TEST(a_text_is_ascii)
{
    char *text = canonical(json_pack("[o, o]", document_text(texts[_i].bytes, texts[_i].length),
                                     document_base64(texts[_i].bytes, texts[_i].length)));

    ck_assert_str_eq(text, texts[_i].json);
    free(text);
}
END_TEST

START_TEST(nothing_is_null)
{
    char *text = canonical(json_pack("[o, o, o]", document_string(NULL), document_string(""),
                                     document_base64(NULL, 0)));

    ck_assert_str_eq(text, "[null,\"\",null]");
    free(text);
}
END_TEST

#define MOUNTS(in, out, root, more)                                                                \
    "\"mounts\":[{\"at\":\"/\",\"flags\":\"ro,nosuid,nodev\",\"source\":" root "},"                \
    "{\"at\":\"/in\",\"flags\":\"ro,nosuid,nodev,noexec\",\"source\":" in "},"                     \
    "{\"at\":\"/out\",\"flags\":\"rw,nosuid,nodev,noexec\",\"source\":" out "},"                   \
    "{\"at\":\"/tmp\",\"flags\":\"rw,nosuid,nodev,noexec\",\"source\":null}" more "]"

#define IMAGE "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

START_TEST(the_plan_of_nothing_is_the_defaults)
{
    char *text;

    ck_assert(plan_derive(&plan, &e));
    text = canonical(plan_json(&plan));
    ck_assert_str_eq(
        text,
        "{\"deviations\":[],\"environment\":[\"PATH=/usr/local/bin:/usr/bin:/bin\",\"HOME=/tmp\","
        "\"TMPDIR=/tmp\",\"LANG=C.UTF-8\"],\"evidence\":null,\"gid\":65532,"
        "\"hostname\":\"denybox\",\"image\":null,\"limits\":{\"cgroup\":\"auto\",\"cpus\":1,"
        "\"fsize_bytes\":null,"
        "\"kill_after_seconds\":null,\"memory_bytes\":268435456,\"nofile\":1024,\"out_bytes\":null,"
        "\"pids\":64,\"timeout_seconds\":null,\"tmp_bytes\":16777216}," MOUNTS(
            "null", "null", "null",
            "") ",\"output\":{\"directory\":null,\"keep_failed\":false,"
                "\"strict\":false},\"payload\":null,\"profile\":\"strict\","
                "\"scan\":null,\"schema_version\":1,\"seccomp\":{\"profile\":\"strict\","
                "\"stacked_bpf\":null,\"stacked_json\":null},"
                "\"uid\":65532,\"with\":[]}");
    free(text);
}
END_TEST

static void parse(enum command command, const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    plan_free(&plan);
    ck_assert(plan_init(&plan, command, &e));
    ck_assert_msg(option_parse(&plan, n, (char **)(uintptr_t)words, &e) && plan_derive(&plan, &e),
                  "%s", e.text);
}

#define PARSE(command, ...) parse(command, (const char *const[]){__VA_ARGS__, NULL})

static void make_world(void)
{
    unsigned char image[SUPPORT_ELF_MAX];
    size_t length = support_elf(image, "/ld.so");

    ck_assert_int_eq(chdir(support_dir()), 0);
    support_mkdir("in");
    support_mkdir("out");
    support_mkdir("root");
    support_write("root/prog", 0755, image, length);
    support_write("root/ld.so", 0755, image, length);
    support_write("root/script", 0755, "#!/prog -a b\n", 13);
    support_write("in/file", 0644, "abc", 3);
}

/* What comes after the mounts. */
#define REST                                                                                       \
    ",\"output\":{\"directory\":\"out\",\"keep_failed\":false,\"strict\":true},"                   \
    "\"payload\":{\"argv\":[\"/prog\",\"-a b\",\"/script\",\"one\\\\xff\"],\"cwd\":\"/out\","      \
    "\"loader\":\"/ld.so\",\"path\":\"/prog\",\"script\":\"/script\"},"                            \
    "\"profile\":\"declared-deviations\",\"scan\":\"s\",\"schema_version\":1,\"seccomp\":{"        \
    "\"profile\":"                                                                                 \
    "\"strict\","                                                                                  \
    "\"stacked_bpf\":\"raw.bpf\",\"stacked_json\":\"own.json\"},\"uid\":5,\"with\":[\"w\\\\x01\"]" \
    "}"

START_TEST(the_plan_of_everything_is_whole)
{
    char *text;

    make_world();
    PARSE(COMMAND_RUN, "--in", "in", "--out", "out", "--rootfs", "root", "--with", "w\x01",
          "--ro-bind", "/usr/share", "/data", "--proc", "--dev", "--allow-exec", "--setenv", "A",
          "\x1b", "--chdir", "/out", "--hostname", "h", "--uid", "5", "--gid", "6", "--seccomp",
          "own.json", "--seccomp-bpf", "raw.bpf", "--tmp-size", "1m", "--memory", "2m",
          "--pids-limit", "3", "--cpus", "4", "--nofile", "99", "--fsize", "8k", "--timeout", "2m",
          "--cgroup", "off", "--strict-out", "--scan", "s", "--evidence", "e\n", "/script",
          "one\xff");
    strcpy(plan.provided.image, IMAGE);
    text = canonical(plan_json(&plan));
    ck_assert_str_eq(
        text,
        "{\"deviations\":[\"ro-bind\",\"proc\",\"dev\",\"allow-exec\"],"
        "\"environment\":[\"PATH=/usr/local/bin:/usr/bin:/bin\",\"HOME=/tmp\",\"TMPDIR=/tmp\","
        "\"LANG=C.UTF-8\",\"A=\\\\x1b\"],\"evidence\":\"e\\\\x0a\",\"gid\":6,\"hostname\":\"h\","
        "\"image\":\"" IMAGE "\",\"limits\":{\"cgroup\":\"off\",\"cpus\":4,\"fsize_bytes\":8192,"
        "\"kill_after_seconds\":5,\"memory_bytes\":2097152,\"nofile\":99,\"out_bytes\":null,"
        "\"pids\":3,\"timeout_seconds\":120,\"tmp_bytes\":1048576}," MOUNTS(
            "\"in\"", "\"out\"", "\"denybox:image\"",
            ",{\"at\":\"/data\",\"flags\":\"ro,nosuid,nodev\",\"source\":\"/usr/share\"},"
            "{\"at\":\"/proc\",\"flags\":\"ro,nosuid,nodev,noexec\",\"source\":\"proc\"},"
            "{\"at\":\"/dev\",\"flags\":\"ro,nosuid,noexec\",\"source\":\"tmpfs\"}") REST);
    free(text);
}
END_TEST

static char *probe_text(enum probe probe, bool artifacts)
{
    json_t *list = probes_json(&result.inside, artifacts);
    char *text = json_canonical(json_array_get(list, (size_t)probe));

    ck_assert_uint_eq(json_array_size(list), N_PROBES);
    json_decref(list);
    return text;
}

START_TEST(a_probe_is_written_down)
{
    char *text;

    observe(PR_FS_ESC_2, "/root", EROFS);
    observe(PR_FS_ESC_2, "/app", EACCES);
    text = probe_text(PR_FS_ESC_2, true);
    ck_assert_str_eq(
        text,
        "{\"actual_stderr_or_value\":\"/root EROFS, /app EACCES\","
        "\"artifact_path\":\"/out/attest.jsonl#PR-FS-ESC-2\",\"boundary\":8,"
        "\"control\":{\"operation\":\"a file can be created in /tmp\",\"result\":\"succeeded\"},"
        "\"errno_or_exit\":30,\"expected\":\"EROFS 30 or EACCES 13, each\","
        "\"observed\":[{\"value\":30,\"what\":\"/root\"},{\"value\":13,\"what\":\"/app\"}],"
        "\"operation\":\"create /root/__probe and /app/__probe\",\"probe_id\":\"PR-FS-ESC-2\","
        "\"raw_ref\":null,\"tests\":[29,33],\"verdict\":\"PASS\"}");
    free(text);
    result.inside.fact[PR_FS_ESC_2].control = ENOSPC;
    text = probe_text(PR_FS_ESC_2, false);
    ck_assert_ptr_nonnull(strstr(text, "\"artifact_path\":null,"));
    ck_assert_ptr_nonnull(strstr(text, "\"result\":\"ENOSPC\"}"));
    ck_assert_ptr_nonnull(strstr(text, "\"verdict\":\"NOT_RUN\"}"));
    free(text);
    result.inside.fact[PR_FS_ESC_2].control = NOT_OBSERVED;
    text = probe_text(PR_FS_ESC_2, false);
    ck_assert_ptr_nonnull(strstr(text, "\"result\":\"not run\"}"));
    free(text);
}
END_TEST

/* Every probe is listed, in the order of the table, whatever was found. */
START_TEST(no_probe_is_left_out)
{
    json_t *list = probes_json(&result.inside, false);

    for (int i = 0; i < N_PROBES; i++) {
        const json_t *probe = json_array_get(list, (size_t)i);
        const char *verdict = json_string_value(json_object_get(probe, "verdict"));

        ck_assert_str_eq(json_string_value(json_object_get(probe, "probe_id")),
                         probe_row((enum probe)i)->id);
        ck_assert_str_eq(verdict, "NOT_RUN");
    }
    json_decref(list);
}
END_TEST

static const struct reference {
    enum probe probe;
    const char *pointer;
} references[] = {
    {PR_NET_2, "\"raw_ref\":\"/raw/proc_net_dev\""}, {PR_ENV_1, "\"raw_ref\":\"/raw/env_keyset\""},
    {PR_MOUNT_1, "\"raw_ref\":\"/raw/mountinfo\""},  {DX_CAPS, "\"raw_ref\":\"/raw/status\""},
    {DX_SECCOMP, "\"raw_ref\":\"/raw/status\""},     {DX_SIGNALS, "\"raw_ref\":\"/raw/status\""},
    {DX_IDS, "\"raw_ref\":\"/raw/status\""},         {PR_EXEC_1, "\"raw_ref\":null"},
};

START_TEST(a_probe_points_at_its_text)
{
    char *text = probe_text(references[_i].probe, false);

    ck_assert_ptr_nonnull(strstr(text, references[_i].pointer));
    free(text);
}
END_TEST

/* Readable, and exact beside it. */
START_TEST(the_texts_are_kept)
{
    char *text;

    set_raw(RAW_MOUNTINFO, "abc", 3);
    set_raw(RAW_NET_DEV, "a\tb\\040\x1b\xff\n", 10);
    set_raw(RAW_ENV_KEYS, "HOME\0P\xc3\0PATH\0", 13);
    text = canonical(raw_json(&result.inside));
    ck_assert_str_eq(text,
                     "{\"env_keyset\":[\"HOME\",\"P\\\\xc3\",\"PATH\"],\"mountinfo\":\"abc\","
                     "\"mountinfo_b64\":\"YWJj\",\"mountinfo_sha256\":\"" ABC "\","
                     "\"proc_net_dev\":\"a\\tb\\\\040\\\\x1b\\\\xff\\n\","
                     "\"proc_net_dev_b64\":\"YQliXDA0MBv/Cg==\",\"proc_net_dev_sha256\":"
                     "\"sha256:786375bc9b2f372c0b6dc4ec4abd33837262d1176a45db803a1ed61b2cfbf74c\","
                     "\"status\":null,\"status_b64\":null}");
    free(text);
}
END_TEST

START_TEST(what_was_not_read_is_null)
{
    char *text = canonical(raw_json(&result.inside));

    ck_assert_str_eq(text, "{\"env_keyset\":null,\"mountinfo\":null,\"mountinfo_b64\":null,"
                           "\"proc_net_dev\":null,\"proc_net_dev_b64\":null,\"status\":null,"
                           "\"status_b64\":null}");
    free(text);
}
END_TEST

START_TEST(what_was_not_seen_is_null)
{
    char *text = canonical(observations_json(&result));

    ck_assert_str_eq(text, "{\"after_exec\":null,\"before_exec\":null}");
    free(text);
}
END_TEST

static char *duplicate(const char *text)
{
    char *copy = strdup(text);

    ck_assert_ptr_nonnull(copy);
    return copy;
}

START_TEST(what_was_seen_is_written_down)
{
    struct observed *o = &result.before;
    char *text;

    o->valid = true;
    for (int ns = 0; ns < N_NS; ns++)
        o->ns[ns] = 4026531840U + (unsigned)ns;
    o->mountinfo = (struct raw){duplicate("abc"), 3};
    o->net_dev = (struct raw){duplicate("abc"), 3};
    o->status = (struct raw){duplicate("CapEff:\t0000\nSeccomp:\t2\nSeccomp_filters:\t3\n"), 0};
    strcpy(o->uid_map, "65532 1000 1");
    strcpy(o->gid_map, "65532 1001 1");
    text = canonical(observations_json(&result));
    ck_assert_str_eq(
        text,
        "{\"after_exec\":null,\"before_exec\":{\"CapAmb\":null,\"CapBnd\":null,\"CapEff\":\"0000\","
        "\"CapInh\":null,\"CapPrm\":null,\"NoNewPrivs\":null,\"Seccomp\":\"2\","
        "\"Seccomp_filters\":\"3\",\"gid_map\":\"65532 1001 1\",\"mountinfo_sha256\":\"" ABC "\","
        "\"namespaces\":{\"cgroup\":4026531846,\"ipc\":4026531844,\"mnt\":4026531841,"
        "\"net\":4026531843,\"pid\":4026531842,\"user\":4026531840,\"uts\":4026531845},"
        "\"net_dev_sha256\":\"" ABC "\",\"uid_map\":\"65532 1000 1\"}}");
    free(text);
}
END_TEST

/* A bundle of a run that ended with 3, with what little is needed. */
static json_t *make_bundle(void)
{
    json_t *bundle;

    set_raw(RAW_MOUNTINFO, "abc", 3);
    result.started_at = 1767225600; /* 2026-01-01 */
    result.finished_at = 1767225661;
    result.ending = ENDING_EXITED;
    result.number = 3;
    result.landlock_abi = 7;
    result.limits[result.n_limits++] = (struct limit_row){"pids", 64, "rlimit", "the sandbox"};
    bundle = bundle_json(&plan, &binding, &result, &(struct outputs){0}, &e);
    ck_assert_msg(bundle != NULL, "%s", e.text);
    return bundle;
}

static const char *string_at(const json_t *value, const char *a, const char *b)
{
    value = json_object_get(value, a);
    return json_string_value(b != NULL ? json_object_get(value, b) : value);
}

/* The names of the operator packets, and those added, each of its type. */
static const struct field {
    const char *name;
    json_type type;
} fields[] = {
    {"venue", JSON_STRING},
    {"venue_identity", JSON_OBJECT},
    {"image_digest", JSON_STRING},
    {"seccomp_sha256", JSON_STRING},
    {"runtime", JSON_STRING},
    {"run_date", JSON_STRING},
    {"probes", JSON_ARRAY},
    {"raw", JSON_OBJECT},
    {"schema_version", JSON_INTEGER},
    {"profile", JSON_STRING},
    {"run_id", JSON_STRING},
    {"freshness", JSON_OBJECT},
    {"binding", JSON_OBJECT},
    {"observed", JSON_OBJECT},
    {"limits", JSON_OBJECT},
    {"layers", JSON_OBJECT},
    {"host", JSON_OBJECT},
    {"result", JSON_OBJECT},
    {"scan", JSON_NULL},
    {"controls", JSON_NULL},
    {"integrity", JSON_OBJECT},
    {"deviations", JSON_ARRAY},
};

START_TEST(a_bundle_has_its_fields)
{
    json_t *bundle;

    make_world();
    PARSE(COMMAND_ATTEST, "--in", "in", "--rootfs", "root", "--venue", "CI");
    ck_assert(binding_take(&plan, &binding, &e));
    bundle = make_bundle();
    for (int i = 0; i < N_ROWS(fields); i++) {
        const json_t *value = json_object_get(bundle, fields[i].name);

        ck_assert_msg(value != NULL, "%s", fields[i].name);
        ck_assert_int_eq((int)json_typeof(value), (int)fields[i].type);
    }
    ck_assert_uint_eq(json_object_size(bundle), N_ROWS(fields));
    ck_assert_str_eq(string_at(bundle, "venue", NULL), "CI");
    ck_assert_str_eq(string_at(bundle, "run_date", NULL), "2026-01-01");
    ck_assert_str_eq(string_at(bundle, "profile", NULL), "strict");
    ck_assert_str_eq(string_at(bundle, "freshness", "nonce"), "self");
    ck_assert_str_eq(string_at(bundle, "freshness", "started_at"), "2026-01-01T00:00:00Z");
    ck_assert_str_eq(string_at(bundle, "freshness", "finished_at"), "2026-01-01T00:01:01Z");
    ck_assert_str_eq(string_at(bundle, "result", "ending"), "exited");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(bundle, "result"), "number")), 3);
    ck_assert_uint_eq(strlen(string_at(bundle, "run_id", NULL)), 32);
    ck_assert_int_eq(strncmp(string_at(bundle, "runtime", NULL), "denybox ", 8), 0);
    json_decref(bundle);
}
END_TEST

/* Anybody can recompute it: over everything else, in the canonical form. */
START_TEST(the_integrity_is_recomputed)
{
    json_t *bundle;
    char *stored;
    char digest[DIGEST_TEXT_SIZE];
    char *text;

    ck_assert(plan_derive(&plan, &e));
    bundle = make_bundle();
    stored = duplicate(string_at(bundle, "integrity", "sha256"));
    ck_assert_int_eq(json_object_del(bundle, "integrity"), 0);
    text = json_canonical(bundle);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(sha256_text(digest, text, strlen(text)), stored);
    for (const char *c = text; *c != '\0'; c++)
        ck_assert(*c >= ' ' && *c <= '~'); /* ASCII, so that every reader agrees */
    free(text);
    json_object_set_new(bundle, "venue", json_string("VPS"));
    text = json_canonical(bundle);
    ck_assert_str_ne(sha256_text(digest, text, strlen(text)), stored);
    free(text);
    free(stored);
    json_decref(bundle);
}
END_TEST

START_TEST(the_plan_has_its_digest)
{
    json_t *bundle;
    char digest[DIGEST_TEXT_SIZE];
    char *text;

    ck_assert(plan_derive(&plan, &e));
    bundle = make_bundle();
    text = json_canonical(json_object_get(json_object_get(bundle, "binding"), "plan"));
    ck_assert_str_eq(sha256_text(digest, text, strlen(text)),
                     string_at(bundle, "binding", "plan_sha256"));
    free(text);
    text = canonical(plan_json(&plan));
    ck_assert_str_eq(sha256_text(digest, text, strlen(text)),
                     string_at(bundle, "binding", "plan_sha256"));
    free(text);
    json_decref(bundle);
}
END_TEST

/* What is bound is what is there: the launcher, the payload, the root, the input. */
START_TEST(the_digests_are_those_of_the_files)
{
    struct buf bytes = {0};
    char digest[DIGEST_TEXT_SIZE];
    size_t length;
    char *payload;

    make_world();
    PARSE(COMMAND_RUN, "--in", "in", "--rootfs", "root", "/prog");
    ck_assert_msg(binding_take(&plan, &binding, &e), "%s", e.text);
    payload = support_read("root/prog", &length);
    ck_assert_str_eq(binding.payload, sha256_text(digest, payload, length));
    ck_assert_str_eq(binding.input, sha256_text(digest, BYTES("f\0"
                                                              "644\0"
                                                              "3\0" ABC "\0"
                                                              "file\0")));
    ck_assert(tree_digest(openat(support_fd(), "root", O_RDONLY | O_DIRECTORY), digest, &e));
    ck_assert_str_eq(binding.rootfs, digest);
    io_read_all(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), SIZE_MAX, &bytes);
    ck_assert_str_eq(binding.launcher, sha256_text(digest, bytes.data, bytes.length));
    buf_free(&bytes);
}
END_TEST

START_TEST(an_ending_is_told)
{
    static const struct {
        const char *text;
        enum ending ending;
        bool blocked;
        bool number;
    } endings[] = {
        {"exited", ENDING_EXITED, false, true},
        {"signalled", ENDING_SIGNALLED, false, true},
        {"not started", ENDING_NOT_STARTED, false, false},
        {"blocked", ENDING_NOT_STARTED, true, false},
    };
    struct outputs outputs = {0};
    json_t *bundle;
    const json_t *told;

    make_world();
    PARSE(COMMAND_ATTEST, "--out", "out", "--proc", "--nonce", "12345678", "--run-id", "me",
          "--run-date", "2025-02-03");
    support_link("x", "out/odd");
    result.blocked = endings[_i].blocked;
    result.ending = endings[_i].ending;
    result.number = 9;
    outputs.state = OUTPUTS_LEFT;
    ck_assert(audit_take(plan.derived.out.fd, &outputs.audit, &e));
    bundle = bundle_json(&plan, &binding, &result, &outputs, &e);
    ck_assert_msg(bundle != NULL, "%s", e.text);
    told = json_object_get(bundle, "result");
    ck_assert_str_eq(string_at(told, "ending", NULL), endings[_i].text);
    ck_assert_int_eq(json_is_integer(json_object_get(told, "number")), endings[_i].number);
    ck_assert_int_eq(json_is_object(json_object_get(told, "usage")), endings[_i].number);
    ck_assert_uint_eq(json_array_size(json_object_get(told, "outputs")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(told, "outputs_odd")), 1);
    ck_assert_str_eq(string_at(told, "outputs_state", NULL), "left");
    audit_free(&outputs.audit);
    ck_assert_str_eq(string_at(bundle, "profile", NULL), "declared-deviations");
    ck_assert_str_eq(string_at(bundle, "run_id", NULL), "me");
    ck_assert_str_eq(string_at(bundle, "run_date", NULL), "2025-02-03");
    ck_assert_str_eq(string_at(bundle, "freshness", "nonce"), "12345678");
    json_decref(bundle);
}
END_TEST

/* A plan with --out-size has a tmpfs at /out, and says where that goes. */
START_TEST(a_collected_output_is_planned)
{
    json_t *document;
    const json_t *output;

    make_world();
    PARSE(COMMAND_PLAN, "--out", "out/new/", "--out-size", "64k", "--keep-failed", "--rootfs",
          "root", "/prog");
    document = plan_json(&plan);
    output = json_object_get(document, "output");
    ck_assert_str_eq(string_at(output, "directory", NULL), "out/new/");
    ck_assert(json_is_true(json_object_get(output, "keep_failed")));
    ck_assert(json_is_false(json_object_get(output, "strict")));
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(document, "limits"), "out_bytes")),
        65536);
    ck_assert_str_eq(
        string_at(json_array_get(json_object_get(document, "mounts"), 2), "source", NULL), "tmpfs");
    json_decref(document);
}
END_TEST

START_TEST(the_host_is_told)
{
    struct utsname name;
    json_t *identity = venue_identity_json();
    json_t *host = host_json();
    struct buf boot = {0};
    char digest[DIGEST_TEXT_SIZE];
    json_t *told = host_boot_json();

    ck_assert_int_eq(uname(&name), 0);
    ck_assert_str_eq(string_at(identity, "hostname", NULL), name.nodename);
    ck_assert_str_eq(string_at(identity, "sysname", NULL), "Linux");
    ck_assert_str_eq(string_at(identity, "release", NULL), name.release);
    ck_assert_str_eq(string_at(identity, "version", NULL), name.version);
    ck_assert_str_eq(string_at(identity, "machine", NULL), name.machine);
    ck_assert_str_eq(string_at(host, "kernel", NULL), name.release);
    ck_assert_str_eq(string_at(host, "machine", NULL), name.machine);
    ck_assert(json_is_object(json_object_get(host, "user_namespaces")));
    ck_assert(io_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot));
    ck_assert_uint_eq(boot.length, 37);
    ck_assert_str_eq(json_string_value(told), sha256_text(digest, boot.data, 36));
    json_decref(told);
    buf_free(&boot);
    json_decref(identity);
    json_decref(host);
}
END_TEST

START_TEST(attest_writes_its_files)
{
    json_t *document;
    char *lines;
    int n = 0;

    observe(PR_FS_OUT_OK, "write", 0);
    set_raw(RAW_MOUNTINFO, "abc", 3);
    ck_assert(inside_write(support_dir(), &result.inside));
    ck_assert_str_eq(support_list("."), "attest.jsonl sandbox-attestation-inside.json ");
    lines = support_read("attest.jsonl", NULL);
    for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n"), n++) {
        char *text;

        document = json_parse(line, strlen(line), &e);
        ck_assert_msg(document != NULL, "%s", e.text);
        ck_assert_str_eq(string_at(document, "probe_id", NULL), probe_row((enum probe)n)->id);
        text = canonical(document);
        ck_assert_str_eq(text, line);
        free(text);
    }
    ck_assert_int_eq(n, N_PROBES);
    lines = support_read("sandbox-attestation-inside.json", NULL);
    document = json_parse(lines, strlen(lines), &e);
    ck_assert_msg(document != NULL, "%s", e.text);
    ck_assert_uint_eq(json_array_size(json_object_get(document, "probes")), N_PROBES);
    ck_assert_str_eq(string_at(document, "raw", "mountinfo"), "abc");
    json_decref(document);
}
END_TEST

START_TEST(attest_replaces_nothing)
{
    static const char *const names[] = {"attest.jsonl", "sandbox-attestation-inside.json"};

    support_write("victim", 0644, "old", 3);
    support_link("victim", names[_i]);
    errno = 0;
    ck_assert(!inside_write(support_dir(), &result.inside));
    ck_assert_int_eq(errno, EEXIST);
    ck_assert_str_eq(support_read("victim", NULL), "old");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("documents");
    TCase *c = tcase_create("documents");

    support_directories(c);
    tcase_add_checked_fixture(c, start, finish);
    tcase_add_loop_test(c, a_text_is_ascii, 0, N_ROWS(texts));
    tcase_add_test(c, nothing_is_null);
    tcase_add_test(c, the_plan_of_nothing_is_the_defaults);
    tcase_add_test(c, the_plan_of_everything_is_whole);
    tcase_add_test(c, a_probe_is_written_down);
    tcase_add_test(c, no_probe_is_left_out);
    tcase_add_loop_test(c, a_probe_points_at_its_text, 0, N_ROWS(references));
    tcase_add_test(c, the_texts_are_kept);
    tcase_add_test(c, what_was_not_read_is_null);
    tcase_add_test(c, what_was_not_seen_is_null);
    tcase_add_test(c, what_was_seen_is_written_down);
    tcase_add_test(c, a_bundle_has_its_fields);
    tcase_add_test(c, the_integrity_is_recomputed);
    tcase_add_test(c, the_plan_has_its_digest);
    tcase_add_test(c, the_digests_are_those_of_the_files);
    tcase_add_loop_test(c, an_ending_is_told, 0, 4);
    tcase_add_test(c, a_collected_output_is_planned);
    tcase_add_test(c, the_host_is_told);
    tcase_add_test(c, attest_writes_its_files);
    tcase_add_loop_test(c, attest_replaces_nothing, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
