/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stand-alone attester: its options, a probe in a child, and the bundle it makes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attester/attestation.h"
#include "attester/isolate.h"
#include "attester/option.h"
#include "attester/probes.h"
#include "base/sha256.h"
#include "evidence/place.h"
#include "support.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct wishes w;
static struct findings f;
static struct error e;
static char reason[REASON_SIZE];

static void finish(void)
{
    findings_free(&f);
}

static bool parse(const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    memset(&e, 0, sizeof e);
    return wishes_parse(&w, n, (char **)(uintptr_t)words, &e);
}

START_TEST(the_defaults_are_those_of_a_container)
{
    static const char *const none[] = {NULL};

    ck_assert(parse(none));
    ck_assert_str_eq(w.in, "/in");
    ck_assert_str_eq(w.out, "/out");
    ck_assert_str_eq(w.tmp, "/tmp");
    ck_assert_str_eq(w.target, "1.1.1.1");
    ck_assert_str_eq(w.runtime, "unknown");
    ck_assert_str_eq(w.venue, "unspecified");
    ck_assert_str_eq(w.nonce, "self");
    ck_assert_ptr_null(w.image_digest);
    ck_assert_ptr_null(w.seccomp_sha256);
    ck_assert_ptr_null(w.seccomp);
    ck_assert_ptr_null(w.evidence);
    ck_assert_ptr_null(w.run_date);
    ck_assert_ptr_null(w.run_id);
    ck_assert(!w.quiet && !w.help && !w.version);
}
END_TEST

START_TEST(every_option_sets_its_field)
{
    static const char *const words[] = {"--in",
                                        "i",
                                        "--out=o",
                                        "--tmp",
                                        "t",
                                        "--runtime",
                                        "docker 28.2.2",
                                        "--image-digest",
                                        ABC,
                                        "--seccomp-sha256=" ABC,
                                        "--target",
                                        "127.0.0.1",
                                        "--evidence",
                                        "e",
                                        "--venue",
                                        "CI",
                                        "--run-date",
                                        "2026-02-28",
                                        "--nonce",
                                        "12345678",
                                        "--run-id",
                                        "r",
                                        "--quiet",
                                        NULL};

    ck_assert_msg(parse(words), "%s", e.text);
    ck_assert_str_eq(w.in, "i");
    ck_assert_str_eq(w.out, "o");
    ck_assert_str_eq(w.tmp, "t");
    ck_assert_str_eq(w.runtime, "docker 28.2.2");
    ck_assert_str_eq(w.image_digest, ABC);
    ck_assert_str_eq(w.seccomp_sha256, ABC);
    ck_assert_str_eq(w.target, "127.0.0.1");
    ck_assert_str_eq(w.evidence, "e");
    ck_assert_str_eq(w.venue, "CI");
    ck_assert_str_eq(w.run_date, "2026-02-28");
    ck_assert_str_eq(w.nonce, "12345678");
    ck_assert_str_eq(w.run_id, "r");
    ck_assert(w.quiet);
}
END_TEST

static const struct {
    const char *words[5];
    const char *text; /* what the message has in it */
} refused[] = {
    {{"--nothing"}, "there is no such option"},
    {{"--"}, "it starts no program"},
    {{"ls"}, "it starts no program"},
    {{"-q"}, "options have two dashes"},
    {{""}, "it starts no program"},
    {{"--in"}, "want --in DIR"},
    {{"--in", ""}, "want a path"},
    {{"--in", "a", "--in", "b"}, "twice"},
    {{"--quiet", "--quiet"}, "twice"},
    {{"--quiet=yes"}, "takes no value"},
    {{"--runtime", ""}, "1 to 128 characters"},
    {{"--runtime", "a\nb"}, "printable ASCII"},
    {{"--venue", "a b"}, "want letters"},
    {{"--nonce", "1234567"}, "8 to 88 characters"},
    {{"--run-date", "2026-02-29"}, "no such day"},
    {{"--run-date", "26-02-01"}, "YYYY-MM-DD"},
    {{"--image-digest", "ba7816bf"}, "want sha256:"},
    {{"--image-digest", "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"},
     "want sha256:"},
    {{"--image-digest", ABC "0"}, "want sha256:"},
    {{"--target", "localhost"}, "want an address"},
    {{"--target", "1.1.1"}, "want an address"},
    {{"--target", "::1"}, "want an address"},
    {{"--seccomp", "f", "--seccomp-sha256", ABC}, "with --seccomp-sha256"},
};

START_TEST(what_is_wrong_is_refused)
{
    ck_assert(!parse(refused[_i].words));
    ck_assert_msg(strstr(e.text, refused[_i].text) != NULL, "%s", e.text);
    ck_assert_int_eq(strncmp(e.text, "cannot ", 7), 0);
}
END_TEST

/* ---------------------------------------------------------------- a child */

static void observe(const void *argument, struct findings *g)
{
    const int *value = argument;

    g->fact[PR_SOCK_1].n = 1;
    snprintf(g->fact[PR_SOCK_1].observed[0].label, 32, "seen");
    g->fact[PR_SOCK_1].observed[0].value = *value;
    g->raw[RAW_STATUS].bytes = strdup("two\nlines\n");
    g->raw[RAW_STATUS].length = 10;
    g->raw[RAW_NET_DEV].bytes = strdup("");
}

START_TEST(what_a_child_finds_comes_back)
{
    static const int value = EPERM;

    f.foreign = true;
    ck_assert_int_eq(isolate(observe, &value, &f, 60000, reason), ISOLATION_DONE);
    ck_assert_int_eq(f.fact[PR_SOCK_1].n, 1);
    ck_assert_int_eq(f.fact[PR_SOCK_1].observed[0].value, EPERM);
    ck_assert_str_eq(f.fact[PR_SOCK_1].observed[0].label, "seen");
    ck_assert_str_eq(f.raw[RAW_STATUS].bytes, "two\nlines\n");
    ck_assert_uint_eq(f.raw[RAW_STATUS].length, 10);
    ck_assert_str_eq(f.raw[RAW_NET_DEV].bytes, ""); /* read, and empty */
    ck_assert_ptr_null(f.raw[RAW_MOUNTINFO].bytes); /* not read */
    ck_assert(f.foreign);
}
END_TEST

START_TEST(a_long_text_comes_back)
{
    static const int value = 0;
    size_t length = 200000;

    f.raw[RAW_MOUNTINFO].bytes = malloc(length + 1);
    memset(f.raw[RAW_MOUNTINFO].bytes, 'm', length);
    f.raw[RAW_MOUNTINFO].bytes[length] = '\0';
    f.raw[RAW_MOUNTINFO].length = length;
    ck_assert_int_eq(isolate(observe, &value, &f, 60000, reason), ISOLATION_DONE);
    ck_assert_uint_eq(f.raw[RAW_MOUNTINFO].length, length);
    ck_assert_uint_eq(strlen(f.raw[RAW_MOUNTINFO].bytes), length);
}
END_TEST

static void die(const void *argument, struct findings *g)
{
    const int *number = argument;

    observe(number, g);
    signal(*number, SIG_DFL);
    raise(*number);
}

static void hang(const void *argument, struct findings *g)
{
    observe(argument, g);
    for (;;)
        pause();
}

static void leave(const void *argument, struct findings *g)
{
    observe(argument, g);
    _exit(0);
}

/* Nothing of what a child did that broke is believed. */
static void expect_lost(isolated *work, int value, int timeout_ms, const char *why)
{
    f.fact[PR_SOCK_1].n = 0;
    ck_assert_int_eq(isolate(work, &value, &f, timeout_ms, reason), ISOLATION_LOST);
    ck_assert_str_eq(reason, why);
    ck_assert_int_eq(f.fact[PR_SOCK_1].n, 0);
    ck_assert_ptr_null(f.raw[RAW_STATUS].bytes);
}

START_TEST(a_child_that_breaks_is_lost)
{
    expect_lost(die, SIGSYS, 60000, "killed by SIGSYS");
    expect_lost(die, SIGSEGV, 60000, "killed by SIGSEGV");
    expect_lost(die, SIGKILL, 60000, "killed by SIGKILL");
    expect_lost(leave, 0, 60000, "ended without an answer");
}
END_TEST

START_TEST(a_child_that_hangs_is_lost)
{
    expect_lost(hang, 0, 50, "no answer in 50 ms");
    /* And it is gone: there is no child left to wait for. */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(no_child_is_said)
{
    static const int value = 0;
    struct rlimit none = {0, 0};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(isolate(observe, &value, &f, 60000, reason), ISOLATION_REFUSED);
    ck_assert_int_eq(errno, EMFILE);
    ck_assert_int_eq(f.fact[PR_SOCK_1].n, 0);
}
END_TEST

/* ---------------------------------------------------------------- /proc, places */

START_TEST(only_a_procfs_is_one)
{
    char why[32];
    int fd = proc_open("/proc", why);

    ck_assert_int_ge(fd, 0);
    close(fd);
    support_mkdir("proc");
    ck_assert_int_eq(proc_open(support_path("proc"), why), -1);
    ck_assert_str_eq(why, "/proc is not mounted");
    ck_assert_int_eq(proc_open(support_path("none"), why), -1);
    ck_assert_str_eq(why, "/proc is not mounted");
    support_write("file", 0644, BYTES(""));
    ck_assert_int_eq(proc_open(support_path("file"), why), -1);
    ck_assert_str_eq(why, "/proc cannot be opened: ENOTDIR");
}
END_TEST

START_TEST(evidence_goes_to_a_new_file)
{
    char path[PATH_MAX + 3];
    struct place p;

    ck_assert(place_find(&p, "evidence", support_path("bundle"), &e));
    ck_assert(place_write(&p, "text", &e));
    close(p.directory);
    ck_assert_str_eq(support_read("bundle", NULL), "text\n");
    ck_assert(!place_find(&p, "evidence", support_path("bundle"), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "it exists"));
    support_link("nowhere", "link");
    ck_assert(!place_find(&p, "evidence", support_path("link"), &e));
    ck_assert(!place_find(&p, "evidence", support_path("none/bundle"), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "No such file"));
    /* Of a path that is too long no part may be taken for another. */
    memset(path, '/', sizeof path - 2);
    memcpy(path + sizeof path - 2, "x", 2);
    ck_assert(!place_find(&p, "evidence", path, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "File name too long"));
    ck_assert(!place_find(&p, "evidence", support_path(""), &e));
    ck_assert_ptr_nonnull(strstr(e.text, "names no file"));
    ck_assert(!place_find(&p, "evidence", "..", &e));
    ck_assert(place_find(&p, "evidence", NULL, &e));
    ck_assert_int_eq(p.directory, -1);
    ck_assert_str_eq(support_list("."), "bundle link ");
}
END_TEST

START_TEST(files_that_are_there_are_seen)
{
    ck_assert_ptr_null(place_taken(support_dir()));
    support_link("nowhere", "report.md");
    ck_assert_str_eq(place_taken(support_dir()), "report.md");
    ck_assert_ptr_null(place_taken(support_path("none")));
}
END_TEST

/* ---------------------------------------------------------------- what is concluded */

static void observed(enum probe probe, int value)
{
    f.fact[probe].n = 1;
    snprintf(f.fact[probe].observed[0].label, 32, "it");
    f.fact[probe].observed[0].value = value;
}

static void read_text(enum raw_kind kind, const char *text, size_t length)
{
    f.raw[kind].bytes = malloc(length + 1);
    memcpy(f.raw[kind].bytes, text, length + 1);
    f.raw[kind].length = length;
}

/* What a sandbox of the boundary's answers; DX- rows are all open. */
static void let_the_twelve_hold(void)
{
    static const char net[] =
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
        "drop fifo colls carrier compressed\n"
        "    lo:       0       0    0    0    0     0          0         0        0       0    0   "
        " "
        "0    0     0       0          0\n";
    static const char mounts[] = "1 0 0:1 / / ro,nosuid,nodev - tmpfs none rw\n"
                                 "2 1 0:2 / /in ro,nosuid,nodev,noexec - ext4 x rw\n"
                                 "3 1 0:3 / /out rw,nosuid,nodev,noexec - ext4 x rw\n"
                                 "4 1 0:4 / /tmp rw,nosuid,nodev,noexec - tmpfs none rw\n";

    observed(PR_NET_1, ENETUNREACH);
    observed(PR_SOCK_1, EPERM);
    observed(PR_FS_RO_IN, EROFS);
    observed(PR_FS_ESC_1, EROFS);
    observed(PR_FS_ESC_2, EACCES);
    observed(PR_FS_OUT_OK, 0);
    observed(PR_EXEC_1, EPERM);
    observed(PR_SOCK_DOCKER, ENOENT);
    observed(PR_PTRACE_1, EPERM);
    read_text(RAW_NET_DEV, BYTES(net));
    read_text(RAW_MOUNTINFO, BYTES(mounts));
    read_text(RAW_ENV_KEYS, BYTES("PATH\0"));
}

START_TEST(the_twelve_decide_and_nothing_else)
{
    static const enum probe twelve[] = {PR_NET_1,    PR_SOCK_1,      PR_FS_RO_IN,
                                        PR_FS_ESC_1, PR_FS_ESC_2,    PR_FS_OUT_OK,
                                        PR_EXEC_1,   PR_SOCK_DOCKER, PR_PTRACE_1};

    let_the_twelve_hold();
    ck_assert(probes_hold(&f));
    for (int i = 0; i < N_ROWS(twelve); i++) {
        struct fact kept = f.fact[twelve[i]];

        f.fact[twelve[i]].n = 0; /* NOT_RUN is not enough */
        ck_assert(!probes_hold(&f));
        f.fact[twelve[i]] = kept;
    }
    observed(PR_EXEC_1, ENOENT);
    ck_assert(!probes_hold(&f));
    f.foreign = true;
    ck_assert(probes_hold(&f));
    f.raw[RAW_NET_DEV].length--; /* malformed */
    ck_assert(!probes_hold(&f));
}
END_TEST

/* The base form of the bundle: the packet's fields, and what can be known inside. */
START_TEST(the_bundle_has_what_can_be_known_inside)
{
    static const char *const fields[] = {
        "schema_version", "venue",    "venue_identity", "image_digest", "runtime",
        "seccomp_sha256", "run_date", "run_id",         "profile",      "deviations",
        "freshness",      "host",     "probes",         "raw",          "integrity"};
    static const char *const words[] = {"--venue",        "CI",        "--nonce",
                                        "12345678",       "--runtime", "docker 28.2.2",
                                        "--image-digest", ABC,         NULL};
    static struct attestation a = {.started_at = 0, .finished_at = 86399};
    json_t *b;
    json_t *integrity;
    char digest[72];
    char *text;

    ck_assert(parse(words));
    b = attestation_json(&w, &a);
    ck_assert_uint_eq(json_object_size(b), N_ROWS(fields));
    for (int i = 0; i < N_ROWS(fields); i++)
        ck_assert_msg(json_object_get(b, fields[i]) != NULL, "%s", fields[i]);
    ck_assert_str_eq(json_string_value(json_object_get(b, "profile")), "foreign");
    ck_assert_str_eq(json_string_value(json_object_get(b, "runtime")), "docker 28.2.2");
    ck_assert_str_eq(json_string_value(json_object_get(b, "image_digest")), ABC);
    ck_assert(json_is_null(json_object_get(b, "seccomp_sha256")));
    ck_assert_str_eq(json_string_value(json_object_get(b, "run_date")), "1970-01-01");
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(b, "run_id"))), 32);
    ck_assert_uint_eq(json_array_size(json_object_get(b, "probes")), N_PROBES);
    text = json_canonical(json_object_get(b, "freshness"));
    ck_assert_ptr_nonnull(strstr(text, "\"finished_at\":\"1970-01-01T23:59:59Z\",\"nonce\":"
                                       "\"12345678\",\"started_at\":\"1970-01-01T00:00:00Z\""));
    free(text);
    integrity = json_incref(json_object_get(b, "integrity"));
    json_object_del(b, "integrity");
    text = json_canonical(b);
    ck_assert_str_eq(json_string_value(json_object_get(integrity, "sha256")),
                     sha256_text(digest, text, strlen(text)));
    free(text);
    json_decref(integrity);
    json_decref(b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("attester");
    TCase *options = tcase_create("options");
    TCase *children = tcase_create("children");
    TCase *places = tcase_create("places");

    tcase_add_test(options, the_defaults_are_those_of_a_container);
    tcase_add_test(options, every_option_sets_its_field);
    tcase_add_loop_test(options, what_is_wrong_is_refused, 0, N_ROWS(refused));
    suite_add_tcase(s, options);
    tcase_add_checked_fixture(children, NULL, finish);
    tcase_add_test(children, what_a_child_finds_comes_back);
    tcase_add_test(children, a_long_text_comes_back);
    tcase_add_test(children, a_child_that_breaks_is_lost);
    tcase_add_test(children, a_child_that_hangs_is_lost);
    tcase_add_test(children, no_child_is_said);
    tcase_add_test(children, the_twelve_decide_and_nothing_else);
    tcase_add_test(children, the_bundle_has_what_can_be_known_inside);
    suite_add_tcase(s, children);
    support_directories(places);
    tcase_add_test(places, only_a_procfs_is_one);
    tcase_add_test(places, evidence_goes_to_a_new_file);
    tcase_add_test(places, files_that_are_there_are_seen);
    suite_add_tcase(s, places);
    return s;
}

int main(void)
{
    return support_run(suite());
}
