/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The golden table of the controls, what is made of what a control found, and who is let in. */
#include "rules/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "evidence/controls_json.h"
#include "launch/control.h"
#include "support.h"
#include "verify/controls.h"

static struct findings f;
static struct control c;
static struct buf text;
static const struct control_host plain_host;

static void finish(void)
{
    findings_free(&f);
    buf_free(&text);
}

static void set_raw(enum raw_kind kind, const char *bytes, size_t length)
{
    free(f.raw[kind].bytes);
    f.raw[kind].bytes = malloc(length + 1);
    ck_assert_ptr_nonnull(f.raw[kind].bytes);
    memcpy(f.raw[kind].bytes, bytes, length);
    f.raw[kind].bytes[length] = '\0';
    f.raw[kind].length = length;
}

static void observe(enum probe probe, int value)
{
    f.fact[probe].n = 1;
    f.fact[probe].observed[0].value = value;
}

/* Is the probe to be found without its wall? */
static bool broken[N_PROBES];

#define Z "0000000000000000"
#define HEADING                                                                                    \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"
#define ZEROS ": 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

static void fill_texts(void)
{
    char status[512];

    snprintf(status, sizeof status,
             "Uid:\t%d\t7\t7\t7\nGid:\t7\t7\t7\t7\nSigBlk:\t%016d\nSigIgn:\t" Z "\nCapInh:\t" Z
             "\nCapPrm:\t" Z "\nCapEff:\t" Z "\nCapBnd:\t" Z "\nCapAmb:\t" Z
             "\nNoNewPrivs:\t1\nSeccomp:\t2\n"
             "Seccomp_filters:\t%d\n",
             broken[DX_IDS] ? 0 : 7, broken[DX_SIGNALS] ? 1 : 0, broken[DX_SECCOMP] ? 1 : 2);
    set_raw(RAW_STATUS, status, strlen(status));
    if (broken[PR_ENV_1])
        set_raw(RAW_ENV_KEYS, BYTES("A_TOKEN\0PATH\0"));
    else
        set_raw(RAW_ENV_KEYS, BYTES("PATH\0"));
    if (broken[PR_NET_2])
        set_raw(RAW_NET_DEV, BYTES(HEADING "    lo" ZEROS "  eth0" ZEROS));
    else
        set_raw(RAW_NET_DEV, BYTES(HEADING "    lo" ZEROS));
    snprintf(status, sizeof status,
             "1 1 0:1 / / %s,nosuid,nodev - tmpfs n rw\n"
             "2 1 0:2 / /in ro,nosuid,nodev,noexec - tmpfs n rw\n"
             "3 1 0:3 / /out rw,nosuid,nodev,noexec - tmpfs n rw\n"
             "4 1 0:4 / /tmp rw,nosuid,nodev,noexec - tmpfs n rw\n",
             broken[PR_MOUNT_1] ? "rw" : "ro");
    set_raw(RAW_MOUNTINFO, status, strlen(status));
}

/* Every probe passes but those that are broken. */
static void fill(void)
{
    for (int p = 0; p < N_PROBES; p++) {
        const struct probe_row *row = probe_row((enum probe)p);

        if (row->judge == JUDGE_ERRNO)
            observe((enum probe)p, broken[p] ? EFAULT : row->accept[0]);
        else if (row->judge == JUDGE_SUCCESS)
            observe((enum probe)p, broken[p] ? EROFS : 0);
        else if (row->judge == JUDGE_COUNT_ZERO)
            observe((enum probe)p, broken[p] ? 1 : 0);
        else if (row->judge == JUDGE_SIGSYS)
            observe((enum probe)p, broken[p] ? 0 : SIGSYS);
        else if (row->judge == JUDGE_CAPS)
            observe((enum probe)p, broken[p] ? 0 : 0xef);
    }
    fill_texts();
}

static void break_golden(enum removal removal)
{
    for (int p = 0; p < N_PROBES; p++)
        broken[p] = removal_flips(removal, (enum probe)p);
}

static void judge_now(enum removal removal, bool noticed)
{
    fill();
    c.removal = removal;
    control_judge(&c, &f, noticed, &plain_host);
}

static bool must_notice(enum removal removal)
{
    return removal_row(removal)->launcher == SEEN;
}

/* evidence.md, Controls, and boundary.md: what each probe's wall is. */
static const struct golden {
    enum removal removal;
    const char *line;
} golden[] = {
    {REMOVE_NOTHING, "nothing:"},
    {REMOVE_LANDLOCK, "landlock:"},
    {REMOVE_NETWORK, "network: PR-NET-2 launcher"},
    {REMOVE_SEAL, "seal: DX-SEAL DX-SECCOMP launcher"},
    {REMOVE_CAPABILITIES, "capabilities: DX-CAPS"},
    {REMOVE_IN, "in-ro: PR-FS-RO-IN PR-MOUNT-1"},
    {REMOVE_ROOT, "root-ro: PR-FS-ESC-1 PR-FS-ESC-2 PR-MOUNT-1"},
    {REMOVE_OUT, "out-rw: PR-FS-OUT-OK PR-MOUNT-1"},
    {REMOVE_TMP, "tmp-noexec: PR-MOUNT-1"},
    {REMOVE_MOUNTS, "four-mounts: PR-MOUNT-1"},
    {REMOVE_OLD_ROOT, "old-root: PR-MOUNT-1 DX-HOSTPATH launcher?"},
    {REMOVE_SOCKET, "docker-sock: PR-SOCK-DOCKER"},
    {REMOVE_ENVIRONMENT, "environment: PR-ENV-1"},
    {REMOVE_DESCRIPTORS, "descriptors: DX-FDS"},
    {REMOVE_TERMINAL, "relay: DX-TTY"},
    {REMOVE_SESSION, "session: DX-SESSION"},
    {REMOVE_SIGNALS, "signals: DX-SIGNALS"},
    {REMOVE_IDS, "ids: DX-IDS launcher"},
};

START_TEST(the_rows_are_those_of_the_specification)
{
    const char *at = NULL;
    char line[128];

    control_golden(&text);
    snprintf(line, sizeof line, "%s\n", golden[_i].line);
    at = strstr(buf_text(&text), line);
    ck_assert_msg(at != NULL, "%s", golden[_i].line);
    ck_assert(at == buf_text(&text) || at[-1] == '\n');
    ck_assert_int_eq(strncmp(removal_row(golden[_i].removal)->name, line,
                             strlen(removal_row(golden[_i].removal)->name)),
                     0);
}
END_TEST

/* "Without the filter the network, exec and ptrace probes flip", and what else is the filter's. */
START_TEST(the_filter_has_the_probes_of_calls)
{
    static const enum probe not [] = {
        PR_NET_1,    PR_NET_2,       PR_ENV_1,     PR_FS_RO_IN,  PR_FS_ESC_1, PR_FS_ESC_2,
        PR_MOUNT_1,  PR_SOCK_DOCKER, PR_FS_OUT_OK, PR_DYNIMPORT, DX_SEAL,     DX_TTY,
        DX_HOSTPATH, DX_FDS,         DX_CAPS,      DX_SIGNALS,   DX_IDS,      DX_SESSION};
    int n = 0;

    for (int p = 0; p < N_PROBES; p++)
        n += removal_flips(REMOVE_FILTER, (enum probe)p);
    ck_assert_int_eq(n, N_PROBES - N_ROWS(not ));
    for (int i = 0; i < N_ROWS(not ); i++)
        ck_assert(!removal_flips(REMOVE_FILTER, not [i]));
}
END_TEST

/* A probe that cannot fail proves nothing: each is in a row, or the table says why not. */
START_TEST(every_probe_flips_or_says_why_not)
{
    for (int p = 0; p < N_PROBES; p++) {
        bool flips = false;

        for (int r = 0; r < N_REMOVALS; r++)
            flips = flips || removal_flips((enum removal)r, (enum probe)p);
        ck_assert_msg(flips == (probe_never((enum probe)p) == NULL), "%s",
                      probe_row((enum probe)p)->id);
    }
    ck_assert_ptr_nonnull(probe_never(PR_DYNIMPORT));
}
END_TEST

START_TEST(names_are_words_and_differ)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    const char *name = removal_row((enum removal)_i)->name;

    ck_assert_uint_ge(strlen(name), 3);
    ck_assert_uint_le(strlen(name), 12);
    ck_assert_uint_eq(strspn(name, letters), strlen(name));
    ck_assert_uint_ge(strlen(removal_row((enum removal)_i)->what), 3);
    for (int r = 0; r < _i; r++)
        ck_assert_str_ne(name, removal_row((enum removal)r)->name);
}
END_TEST

START_TEST(one_wall_at_a_time)
{
    uint64_t nothing = 1U << REMOVE_NOTHING;
    uint64_t layer = 1U << REMOVE_LANDLOCK;
    uint64_t own = 1U << _i;
    uint64_t all = (1ULL << N_REMOVALS) - 1;

    ck_assert_int_lt(N_REMOVALS, 64);
    if (_i == REMOVE_NOTHING)
        ck_assert_uint_eq(removal_walls(REMOVE_NOTHING), nothing);
    else if (_i == REMOVE_EVERYTHING)
        ck_assert_uint_eq(removal_walls(REMOVE_EVERYTHING), all & ~(1ULL << REMOVE_OUT));
    else
        ck_assert_uint_eq(removal_walls((enum removal)_i), nothing | layer | own);
}
END_TEST

START_TEST(the_golden_set_is_no_fault)
{
    int flips = 0;

    break_golden((enum removal)_i);
    judge_now((enum removal)_i, must_notice((enum removal)_i));
    control_faults(&c, &text);
    ck_assert_msg(c.faults == 0, "%s", buf_text(&text));
    ck_assert(c.ran);
    for (int p = 0; p < N_PROBES; p++)
        flips += broken[p];
    ck_assert_int_eq(c.flips, flips);
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

static void expect_fault(enum removal removal, const char *who, const char *what)
{
    char line[128];

    control_faults(&c, &text);
    snprintf(line, sizeof line, "without %s: %s %s", removal_row(removal)->name, who, what);
    ck_assert_msg(c.faults == 1, "%d: %s", c.faults, buf_text(&text));
    ck_assert_msg(strncmp(buf_text(&text), line, strlen(line)) == 0, "%s", buf_text(&text));
    ck_assert_ptr_eq(strchr(buf_text(&text), '\n'), buf_text(&text) + text.length - 1);
    buf_free(&text);
}

/* One more, and one less, of each row. */
START_TEST(a_flip_more_or_less_is_a_fault)
{
    enum removal removal = (enum removal)_i;

    for (int p = 0; p < N_PROBES; p++) {
        if (probe_row((enum probe)p)->judge == JUDGE_SCAN)
            continue;
        break_golden(removal);
        broken[p] = !broken[p];
        judge_now(removal, must_notice(removal));
        ck_assert_int_eq(c.flip[p], broken[p] ? FLIP_UNEXPECTED : FLIP_MISSING);
        expect_fault(removal, probe_row((enum probe)p)->id,
                     broken[p] ? "must not flip and did: FAIL" : "must flip and did not: PASS");
    }
}
END_TEST

START_TEST(what_the_launcher_sees_is_part_of_the_row)
{
    enum removal removal = (enum removal)_i;
    enum launcher launcher = removal_row(removal)->launcher;

    break_golden(removal);
    snprintf(c.found, sizeof c.found, "one\ntwo\n");
    judge_now(removal, launcher == UNSEEN);
    if (launcher == SEEN)
        expect_fault(removal, "the launcher", "must notice and did not");
    else if (launcher == UNSEEN)
        expect_fault(removal, "the launcher", "must find nothing and did: one\n");
    else
        ck_assert_int_eq(c.faults, 0);
    judge_now(removal, launcher != UNSEEN);
    ck_assert_int_eq(c.faults, 0);
}
END_TEST

/* "A control that could not run is NOT_RUN, not a detection." */
START_TEST(what_could_not_run_is_no_detection)
{
    break_golden(REMOVE_FILTER);
    judge_now(REMOVE_FILTER, true);
    control_not_run(&c, "no more namespaces");
    ck_assert(!c.ran);
    ck_assert_str_eq(c.why_not, "no more namespaces");
    ck_assert_int_eq(c.flips, 0);
    ck_assert_int_eq(c.faults, 0);
    ck_assert_int_eq(c.launcher, FLIP_NOT_RUN);
    for (int p = 0; p < N_PROBES; p++)
        ck_assert_int_eq(c.flip[p], FLIP_NOT_RUN);
    control_faults(&c, &text);
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

/* What ended without its findings has shown nothing, and that it ended is not in the table. */
START_TEST(what_ended_early_is_a_fault)
{
    break_golden(REMOVE_FILTER);
    judge_now(REMOVE_FILTER, true);
    control_died(&c, "it ended");
    ck_assert(!c.ran);
    ck_assert_int_eq(c.flips, 0);
    ck_assert_int_eq(c.faults, 1);
    for (int p = 0; p < N_PROBES; p++)
        ck_assert_int_eq(c.flip[p], FLIP_NOT_RUN);
    control_faults(&c, &text);
    ck_assert_str_eq(buf_text(&text), "without filter: nothing was found: it ended\n");
}
END_TEST

/* A probe that was not run, or asked about nothing, has detected nothing. */
START_TEST(neither_not_run_nor_absent_is_a_flip)
{
    break_golden(REMOVE_FILTER);
    fill();
    c.removal = REMOVE_FILTER;
    observe(PR_EXEC_1, ENOENT);
    control_judge(&c, &f, true, &plain_host);
    expect_fault(REMOVE_FILTER, "PR-EXEC-1", "must flip and did not: ABSENT");
    observe(PR_EXEC_1, NOT_OBSERVED);
    control_judge(&c, &f, true, &plain_host);
    expect_fault(REMOVE_FILTER, "PR-EXEC-1", "must flip and did not: NOT_RUN");
    observe(PR_EXEC_1, EFAULT);
    f.fact[PR_FS_RO_IN].n = 0;
    control_judge(&c, &f, true, &plain_host);
    expect_fault(REMOVE_FILTER, "PR-FS-RO-IN", "must not flip and did: NOT_RUN");
}
END_TEST

/* What the host makes invisible is not run, where it is missing; what flips all the same counts. */
static const struct host_row {
    struct control_host host;
    enum removal removal;
    enum probe probe;
    bool explained;
} hosts[] = {
    {{.only_loopback = true}, REMOVE_NETWORK, PR_NET_2, true},
    {{.filtered = true, .many_mounts = true}, REMOVE_NETWORK, PR_NET_2, false},
    {{.only_loopback = true}, REMOVE_EVERYTHING, PR_NET_1, true},
    {{.filtered = true}, REMOVE_EVERYTHING, PR_NET_1, true},
    {{.many_mounts = true}, REMOVE_EVERYTHING, PR_NET_1, false},
    {{.filtered = true}, REMOVE_FILTER, PR_PTRACE_1, true},
    {{.filtered = true}, REMOVE_SEAL, DX_SECCOMP, true},
    {{.only_loopback = true, .many_mounts = true}, REMOVE_FILTER, PR_PTRACE_1, false},
    {{.filtered = true}, REMOVE_IN, PR_FS_RO_IN, false},
    {{.many_mounts = true}, REMOVE_OLD_ROOT, PR_MOUNT_1, true},
    {{.many_mounts = true}, REMOVE_TMP, PR_MOUNT_1, false},
    {{.many_mounts = true}, REMOVE_OLD_ROOT, DX_HOSTPATH, false},
};

START_TEST(a_host_explains_only_what_it_hides)
{
    const struct host_row *row = &hosts[_i];

    break_golden(row->removal);
    fill();
    c.removal = row->removal;
    control_judge(&c, &f, must_notice(row->removal), &row->host);
    ck_assert_int_eq(c.flip[row->probe], FLIP_EXPECTED);
    ck_assert_int_eq(c.faults, 0);
    broken[row->probe] = false;
    fill();
    control_judge(&c, &f, must_notice(row->removal), &row->host);
    ck_assert_int_eq(c.flip[row->probe], row->explained ? FLIP_NOT_RUN : FLIP_MISSING);
    ck_assert_int_eq(c.faults, row->explained ? 0 : 1);
    /* One too many is never explained. */
    broken[row->probe] = true;
    broken[PR_FS_OUT_OK] = true;
    fill();
    control_judge(&c, &f, must_notice(row->removal), &row->host);
    ck_assert_int_eq(c.faults, 1);
}
END_TEST

/* The five members that a bundle has, and null without controls. */
START_TEST(the_record_of_a_bundle)
{
    struct control_record record = {
        .matrix_sha256 = "sha256:m",
        .golden_sha256 = "sha256:g",
        .run_at = 1767225600,
        .removals = 22,
        .faults = 1,
    };
    json_t *value = controls_json(&record);
    char *written;

    ck_assert(json_is_null(value));
    record.run = true;
    value = controls_json(&record);
    written = json_canonical(value);
    ck_assert_str_eq(written, "{\"faults\":1,\"golden_sha256\":\"sha256:g\","
                              "\"matrix_sha256\":\"sha256:m\",\"removals\":22,"
                              "\"run_at\":\"2026-01-01T00:00:00Z\"}");
    free(written);
    json_decref(value);
}
END_TEST

static void expect_member(const json_t *object, const char *name, const char *want)
{
    json_t *list = json_pack("[O]", json_object_get(object, name));
    char *written = json_canonical(list);
    char wrapped[512];

    snprintf(wrapped, sizeof wrapped, "[%s]", want);
    ck_assert_str_eq(written, wrapped);
    free(written);
    json_decref(list);
}

/* A matrix of a control that found one too few, and of one that could not run. */
START_TEST(the_matrix_is_written_down)
{
    static const struct control_record record = {.golden_sha256 = "sha256:g", .faults = 1};
    static struct control two[2];
    json_t *document;
    json_t *rows;

    break_golden(REMOVE_IN);
    broken[PR_MOUNT_1] = false;
    judge_now(REMOVE_IN, false);
    two[0] = c;
    two[1].removal = REMOVE_IDS;
    control_not_run(&two[1], "no \"more\"");
    document = controls_matrix_json(two, 2, &record, "strict");
    ck_assert_ptr_nonnull(document);
    expect_member(document, "profile", "\"weakened\"");
    expect_member(document, "faults", "1");
    ck_assert_uint_eq(json_array_size(json_object_get(document, "golden")), N_REMOVALS);
    rows = json_object_get(document, "matrix");
    ck_assert_uint_eq(json_array_size(rows), 2);
    expect_member(json_array_get(rows, 0), "removal", "\"in-ro\"");
    expect_member(json_array_get(rows, 0), "ran", "true");
    expect_member(json_array_get(rows, 0), "reason", "null");
    expect_member(json_array_get(rows, 0), "expected", "[\"PR-FS-RO-IN\",\"PR-MOUNT-1\"]");
    expect_member(json_array_get(rows, 0), "flipped", "[\"PR-FS-RO-IN\"]");
    expect_member(json_array_get(rows, 0), "faults",
                  "[\"without in-ro: PR-MOUNT-1 must flip and did not: PASS, "
                  "/ ro, /in ro, /out rw, /tmp tmpfs noexec\"]");
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(rows, 0), "probes")),
                      N_PROBES);
    expect_member(json_array_get(rows, 1), "ran", "false");
    expect_member(json_array_get(rows, 1), "reason", "\"no \\\"more\\\"\"");
    expect_member(json_array_get(rows, 1), "flipped", "[]");
    expect_member(json_array_get(rows, 1), "launcher", "{\"expected\":true,\"found\":[]}");
    expect_member(json_array_get(rows, 1), "probes", "[]");
    json_decref(document);
}
END_TEST

/* ---------------------------------------------------------------- read again */

static struct control all[N_REMOVALS];

/* Every wall is missed, and the launcher says so where it must. */
static void judge_all(void)
{
    for (int r = 0; r < N_REMOVALS; r++) {
        break_golden((enum removal)r);
        judge_now((enum removal)r, must_notice((enum removal)r));
        all[r] = c;
        snprintf(all[r].found, sizeof all[r].found, "%s",
                 must_notice((enum removal)r) ? "one\ntwo" : "");
    }
}

/* What is written of `all`, in canonical form. To be freed. */
static char *write_all(void)
{
    struct control_record record = {.run_at = 1767225600};
    json_t *document;
    char *written;

    control_golden_digest(record.golden_sha256);
    for (int r = 0; r < N_REMOVALS; r++) {
        record.removals += all[r].ran && r != REMOVE_NOTHING;
        record.faults += all[r].faults;
    }
    document = controls_matrix_json(all, N_REMOVALS, &record, "strict");
    written = json_canonical(document);
    ck_assert_ptr_nonnull(written);
    json_decref(document);
    return written;
}

/* What was written says the same to whoever reads it. */
static void read_all(int removals, int faults)
{
    struct controls read;
    struct error e = {0};
    char *written = write_all();

    ck_assert_msg(controls_read(&read, written, strlen(written), &e), "%s", e.text);
    ck_assert_int_eq(read.removals, removals);
    ck_assert_int_eq(read.faults, faults);
    for (int r = 0; r < N_REMOVALS; r++) {
        ck_assert_int_eq(read.row[r].ran, all[r].ran);
        ck_assert_int_eq(read.row[r].faults, all[r].faults);
        ck_assert_int_eq((int)read.row[r].launcher, (int)all[r].launcher);
        for (int p = 0; p < N_PROBES; p++)
            ck_assert_int_eq((int)read.row[r].flip[p], (int)all[r].flip[p]);
    }
    controls_free(&read);
    free(written);
}

START_TEST(what_was_written_is_read_again)
{
    static const struct control_host lonely = {.only_loopback = true};

    judge_all();
    read_all(N_REMOVALS - 1, 0);
    /* One that could not run, and one that ended. */
    control_not_run(&all[REMOVE_IDS], "it is \"forbidden\"");
    control_died(&all[REMOVE_SEAL], "it hung");
    read_all(N_REMOVALS - 3, 1);
    /* A host that cannot show it, and one that could have. */
    judge_all();
    break_golden(REMOVE_NETWORK);
    broken[PR_NET_2] = false;
    fill();
    control_judge(&all[REMOVE_NETWORK], &f, true, &lonely);
    read_all(N_REMOVALS - 1, 0);
    control_judge(&all[REMOVE_NETWORK], &f, true, &plain_host);
    read_all(N_REMOVALS - 1, 1);
    /* A flip too many, one too few, and a launcher that is blind. */
    break_golden(REMOVE_IN);
    broken[PR_MOUNT_1] = false;
    broken[PR_ENV_1] = true;
    fill();
    control_judge(&all[REMOVE_IN], &f, false, &plain_host);
    all[REMOVE_IPC].found[0] = '\0';
    control_weigh(&all[REMOVE_IPC], false, &plain_host);
    read_all(N_REMOVALS - 1, 4);
}
END_TEST

/* Each contradicts the table, its own verdicts, or its form. */
static const struct edit {
    const char *from;
    const char *to;
} edits[] = {
    {"\"schema_version\":1", "\"schema_version\":2"},
    {"\"schema_version\":1", "\"schema_version\":1,\"more\":1"},
    {"\"schema_version\":1", "\"schema_version\":\"1\""},
    {"\"profile\":\"weakened\"", "\"profile\":\"strict\""},
    {"\"run_at\":\"2026-01-01T", "\"run_at\":\"2026-13-01T"},
    {"\"golden\":[\"nothing:\"", "\"golden\":[\"nothing: PR-NET-1\""},
    {"\"golden\":[\"nothing:\"", "\"golden\":[1"},
    {"\"golden_sha256\":\"sha256:", "\"golden_sha256\":\"sha256:0"},
    {"\"never_flips\":{\"PR-DYNIMPORT\":\"", "\"never_flips\":{\"PR-DYNIMPORT\":\"no"},
    {"\"never_flips\":{", "\"never_flips\":{\"PR-NET-1\":\"why\","},
    {"\"faults\":0,\"golden\"", "\"faults\":1,\"golden\""},
    {"\"removals\":23", "\"removals\":22"},
    {"\"removals\":23", "\"removals\":4294967319"},
    {"\"removal\":\"nothing\"", "\"removal\":\"landlock\""},
    {"\"removes\":\"", "\"removes\":\"<b>"},
    {"\"ran\":true", "\"ran\":false"},
    {"\"ran\":true", "\"ran\":1"},
    {"\"reason\":null", "\"reason\":\"why\""},
    {"\"expected\":[\"PR-NET-2\"]", "\"expected\":[]"},
    {"\"expected\":[\"PR-NET-2\"]", "\"expected\":[\"PR-NET-2\",\"PR-NET-1\"]"},
    {"\"flipped\":[\"PR-NET-2\"]", "\"flipped\":[]"},
    {"\"flipped\":[\"PR-FS-RO-IN\",\"PR-MOUNT-1\"]",
     "\"flipped\":[\"PR-MOUNT-1\",\"PR-FS-RO-IN\"]"},
    {"\"flipped\":[]", "\"flipped\":[null]"},
    {"\"flipped\":[]", "\"flipped\":{}"},
    {"\"faults\":[]", "\"faults\":[\"without nothing: a fault\"]"},
    {"\"faults\":[]", "\"faults\":[7]"},
    {"\"launcher\":{\"expected\":false", "\"launcher\":{\"expected\":true"},
    {"\"launcher\":{\"expected\":null", "\"launcher\":{\"expected\":false"},
    {"\"found\":[]", "\"found\":[\"something\"]"},
    {"\"found\":[\"one\",", "\"found\":[\"\\u001b[31m\","},
    {"\"found\":[\"one\",\"two\"]", "\"found\":[]"},
    {"\"probe_id\":\"PR-NET-1\"", "\"probe_id\":\"PR-NET-2\""},
    {"\"verdict\":\"PASS\"", "\"verdict\":\"FAIL\""},
    {"\"verdict\":\"PASS\"", "\"verdict\":\"NOT_RUN\""},
    {"\"verdict\":\"PASS\"", "\"verdict\":\"pass\""},
    {"\"verdict\":\"FAIL\"", "\"verdict\":\"PASS\""},
    {"{\"actual_stderr_or_value\":\"", "{\"actual_stderr_or_value\":\"\\u202e"},
    {"{\"actual_stderr_or_value\":\"", "{\"actual\":\"\",\"actual_stderr_or_value\":\""},
};

START_TEST(a_hostile_one_is_refused)
{
    const struct edit *edit = &edits[_i];
    struct controls read;
    struct error e = {0};
    struct buf hostile = {0};
    char *written;
    char *at;

    judge_all();
    written = write_all();
    at = strstr(written, edit->from);
    ck_assert_msg(at != NULL, "there is no %s", edit->from);
    buf_add(&hostile, written, (size_t)(at - written));
    buf_puts(&hostile, edit->to);
    buf_puts(&hostile, at + strlen(edit->from));
    ck_assert_msg(!controls_read(&read, buf_text(&hostile), hostile.length, &e), "%s", edit->to);
    ck_assert_ptr_null(read.document);
    for (const char *next = e.text; *next != '\0'; next++)
        ck_assert(*next >= 0x20 && *next < 0x7f);
    controls_free(&read);
    buf_free(&hostile);
    free(written);
}
END_TEST

/* ---------------------------------------------------------------- who is let in */

static void must_not_be_called(void)
{
    ck_abort_msg("a weakened sandbox was started");
}

static void no_probe(struct findings *findings)
{
    (void)findings;
    must_not_be_called();
}

/* No payload is ever started in a weakened sandbox, and nothing of the host's is in one. */
static void spoil(struct plan *plan, int how)
{
    static char *command[] = {NULL};

    plan->derived.payload.fd = how == 0 ? 0 : -1;
    plan->declared.n_command = how == 1;
    plan->declared.command = command;
    plan->command = how == 2 ? COMMAND_RUN : how == 3 ? COMMAND_PLAN : COMMAND_ATTEST;
    plan->derived.in.fd = how == 4 ? 0 : -1;
    plan->derived.out.fd = how == 5 ? 0 : -1;
    plan->derived.rootfs.fd = how == 6 ? 0 : -1;
    plan->derived.deviations = how == 7 ? DEVIATION_PROC : 0;
}

START_TEST(a_control_refuses_a_payload_and_the_host)
{
    static const struct launch_hooks hooks = {.probe_forking = no_probe};
    struct launch_result result = {0};
    struct plan plan;
    struct error e;
    bool noticed = false;

    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    spoil(&plan, _i);
    for (int r = 0; r < N_REMOVALS; r++) {
        e = (struct error){0};
        ck_assert(!launch_control(&plan, (enum removal)r, &hooks, &result, &noticed, &e));
        ck_assert_int_eq((int)e.exit, EXIT_DENYBOX);
        ck_assert_str_eq(e.text, _i < 4 ? "cannot weaken a sandbox that has a payload"
                                        : "cannot weaken a sandbox that has something of the host");
    }
    ck_assert_int_eq((int)waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    spoil(&plan, -1);
    plan_free(&plan);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("control");
    TCase *t = tcase_create("control");

    tcase_add_checked_fixture(t, NULL, finish);
    tcase_add_loop_test(t, the_rows_are_those_of_the_specification, 0, N_ROWS(golden));
    tcase_add_test(t, the_filter_has_the_probes_of_calls);
    tcase_add_test(t, every_probe_flips_or_says_why_not);
    tcase_add_loop_test(t, names_are_words_and_differ, 0, N_REMOVALS);
    tcase_add_loop_test(t, one_wall_at_a_time, 0, N_REMOVALS);
    tcase_add_loop_test(t, the_golden_set_is_no_fault, 0, N_REMOVALS);
    tcase_add_loop_test(t, a_flip_more_or_less_is_a_fault, 0, N_REMOVALS);
    tcase_add_loop_test(t, what_the_launcher_sees_is_part_of_the_row, 0, N_REMOVALS);
    tcase_add_test(t, what_could_not_run_is_no_detection);
    tcase_add_test(t, what_ended_early_is_a_fault);
    tcase_add_test(t, neither_not_run_nor_absent_is_a_flip);
    tcase_add_loop_test(t, a_host_explains_only_what_it_hides, 0, N_ROWS(hosts));
    tcase_add_test(t, the_record_of_a_bundle);
    tcase_add_test(t, the_matrix_is_written_down);
    tcase_add_test(t, what_was_written_is_read_again);
    tcase_add_loop_test(t, a_hostile_one_is_refused, 0, N_ROWS(edits));
    tcase_add_loop_test(t, a_control_refuses_a_payload_and_the_host, 0, 8);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return support_run(suite());
}
