/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and documents that are no bundle, and what is said of them. */
#include "verify/verification.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"
#include "verify/file.h"

static struct policy policy;
static struct verification v;
static struct error e;

static void start(void)
{
    ck_assert(policy_load(&policy, &e));
}

static void finish(void)
{
    verification_free(&v);
    policy_free(&policy);
}

static bool said(enum reason reason)
{
    for (size_t i = 0; i < v.n_notes; i++) {
        if (v.notes[i].reason == reason)
            return true;
    }
    return false;
}

static void verify_text(const char *text)
{
    verification_free(&v);
    unlink(support_path("b.json"));
    support_write("b.json", 0644, text, strlen(text));
    verify_file(&policy, support_path("b.json"), &v);
}

START_TEST(links_and_fifos)
{
    support_write("file", 0644, BYTES("{}"));
    support_link("file", "link");
    support_fifo("fifo");
    verify_file(&policy, support_path("link"), &v);
    ck_assert(said(REASON_FILE_LINK));
    verify_file(&policy, support_path("fifo"), &v);
    ck_assert(said(REASON_FILE_KIND));
    verify_file(&policy, support_path("none"), &v);
    ck_assert(said(REASON_FILE_UNREADABLE));
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_BLOCKED);
    verify_file(&policy, support_path(""), &v);
    ck_assert(said(REASON_FILE_KIND));
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
}
END_TEST

START_TEST(sizes)
{
    support_write("b.json", 0644, "", 0);
    verify_file(&policy, support_path("b.json"), &v);
    ck_assert(said(REASON_FILE_SIZE));
    ck_assert_int_eq(truncate(support_path("b.json"), FILE_MAX_SIZE + 1), 0);
    verify_file(&policy, support_path("b.json"), &v);
    ck_assert(said(REASON_FILE_SIZE));
    ck_assert_int_eq(truncate(support_path("b.json"), FILE_MAX_SIZE), 0);
    verify_file(&policy, support_path("b.json"), &v);
    ck_assert(!said(REASON_FILE_SIZE));
    ck_assert(said(REASON_FILE_JSON));
}
END_TEST

/* 64 levels are the most, the outermost counted. */
START_TEST(depth_is_seen_in_the_bytes)
{
    static const struct {
        const char *text;
        bool shallow;
    } rows[] = {
        {"", true},          {"[]", true},   {"\"[[[[\"", true},
        {"\"\\\"[\"", true}, {"\"\\", true}, {"]]]]", true},
    };
    char deep[200];

    for (int i = 0; i < N_ROWS(rows); i++)
        ck_assert_msg(file_shallow(rows[i].text, strlen(rows[i].text)) == rows[i].shallow, "%s",
                      rows[i].text);
    memset(deep, '[', 65);
    ck_assert(file_shallow(deep, 64));
    ck_assert(!file_shallow(deep, 65));
    memset(deep, '{', 65);
    ck_assert(!file_shallow(deep, 65));
    for (int i = 0; i < 200; i += 2)
        memcpy(deep + i, "[]", 2);
    ck_assert(file_shallow(deep, 200));
    memset(deep, '[', 200);
    memcpy(deep, "\"\\\\\"", 4); /* the string ends: its backslash is escaped */
    ck_assert(!file_shallow(deep, 200));
    memcpy(deep, "[\"\\\"", 4); /* it does not: its quote is */
    ck_assert(file_shallow(deep, 200));
}
END_TEST

START_TEST(width_and_length_are_seen_in_the_bytes)
{
    size_t size = 2 * FILE_MAX_STRING;
    char *bytes = malloc(size);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, ',', size);
    ck_assert(file_shallow(bytes, FILE_MAX_VALUES - 1));
    ck_assert(!file_shallow(bytes, FILE_MAX_VALUES));
    memset(bytes, 'x', size);
    bytes[0] = '"';
    bytes[FILE_MAX_STRING] = '"';
    ck_assert(file_shallow(bytes, size));
    bytes[FILE_MAX_STRING] = 'x';
    bytes[FILE_MAX_STRING + 1] = '"';
    ck_assert(!file_shallow(bytes, size));
    free(bytes);
}
END_TEST

START_TEST(what_is_not_strict_json)
{
    static const char *const texts[] = {
        "[1, 2",       "{\"a\": 1, \"a\": 1}", "{} {}",        "{}x",
        "\xff",        "{\"a\": \"\\u0000\"}", "[]",           "1",
        "null",        "{\"a\": 01}",          "{\"a\": NaN}", "{'a': 1}",
        "{\"a\": 1,}", "\xef\xbb\xbf{}"};

    for (int i = 0; i < N_ROWS(texts); i++) {
        verify_text(texts[i]);
        ck_assert_msg(said(REASON_FILE_JSON), "%s", texts[i]);
        ck_assert(!v.made[CHECK_SCHEMA]);
        ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
    }
}
END_TEST

START_TEST(what_has_not_the_schema)
{
    static const struct {
        const char *text;
        enum reason reason;
    } rows[] = {
        {"{}", REASON_SCHEMA_MISSING},
        {"{\"colour\": 1}", REASON_SCHEMA_UNKNOWN},
        {"{\"venue_identity.hostname\": \"x\"}", REASON_SCHEMA_UNKNOWN},
        {"{\"probes[]\": {}}", REASON_SCHEMA_UNKNOWN},
        {"{\"freshness\": {\"nonce_\": \"x\"}}", REASON_SCHEMA_UNKNOWN},
        {"{\"host\": {\"user_namespaces.kernel.unprivileged_userns_clone\": null}}",
         REASON_SCHEMA_UNKNOWN},
        {"{\"venue\": 1}", REASON_SCHEMA_TYPE},
        {"{\"probes\": {}}", REASON_SCHEMA_TYPE},
        {"{\"probes\": [[]]}", REASON_SCHEMA_TYPE},
        {"{\"schema_version\": 1.0}", REASON_SCHEMA_TYPE},
        {"{\"schema_version\": true}", REASON_SCHEMA_TYPE},
        {"{\"schema_version\": 2}", REASON_SCHEMA_VALUE},
        {"{\"venue\": \"\"}", REASON_SCHEMA_VALUE},
        {"{\"integrity\": {\"sha256\": \"sha256:00\"}}", REASON_SCHEMA_VALUE},
        {"{\"integrity\": {\"form\": \"RFC 8785\"}}", REASON_SCHEMA_VALUE},
        {"{\"runtime\": \"docker 24\", \"layers\": {}}", REASON_SCHEMA_UNKNOWN},
        {"{\"runtime\": \"docker 24\"}", REASON_DENYBOX_ONLY},
        {"{\"runtime\": \"denybox 0.1.0\"}", REASON_SCHEMA_MISSING},
    };

    for (int i = 0; i < N_ROWS(rows); i++) {
        verify_text(rows[i].text);
        ck_assert_msg(said(rows[i].reason), "%s", rows[i].text);
        ck_assert(!v.made[CHECK_FRESHNESS]);
        ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
    }
}
END_TEST

START_TEST(more_notes_than_there_is_room_for)
{
    char text[8192] = "{";

    for (int i = 0; i < 3 * NOTES_MAX; i++)
        sprintf(text + strlen(text), "%s\"k%d\": 1", i != 0 ? ", " : "", i);
    strcat(text, "}");
    verify_text(text);
    ck_assert_uint_eq(v.n_notes, NOTES_MAX);
    ck_assert_uint_ge(v.unsaid, NOTES_MAX);
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
}
END_TEST

/* What is missing does not hide what is wrong, in whichever order they are found. */
START_TEST(the_worst_decides)
{
    note(&v, REASON_DENYBOX_ONLY, "one");
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_BLOCKED);
    note(&v, REASON_INTEGRITY, "two");
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
    note(&v, REASON_IMAGE_MISSING, "three");
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_REJECTED);
    ck_assert_int_eq(verification_check(&v, CHECK_DIGESTS), OUTCOME_REJECTED);
    ck_assert_int_eq(verification_check(&v, CHECK_SCHEMA), OUTCOME_BLOCKED);
    ck_assert_int_eq(verification_check(&v, CHECK_VENUE), OUTCOME_ACCEPTABLE);
}
END_TEST

/* Who fills the list with one check's reasons hides no other check behind it. */
START_TEST(a_check_is_not_well_for_want_of_room)
{
    for (int i = 0; i < NOTES_MAX; i++)
        note(&v, REASON_OUTPUT_PATH, "one of many");
    note(&v, REASON_PROBE_NOT_RUN, "the first that is not said");
    ck_assert_int_eq(verification_check(&v, CHECK_PROBES), OUTCOME_BLOCKED);
    note(&v, REASON_PROBE_FAILED, "the second");
    note(&v, REASON_PROBE_NOT_RUN, "the third");
    ck_assert_uint_eq(v.n_notes, NOTES_MAX);
    ck_assert_uint_eq(v.unsaid, 3);
    ck_assert_int_eq(verification_check(&v, CHECK_PROBES), OUTCOME_REJECTED);
    ck_assert_int_eq(verification_check(&v, CHECK_AGREEMENT), OUTCOME_ACCEPTABLE);
}
END_TEST

START_TEST(nothing_checked_is_not_acceptable)
{
    ck_assert_int_eq(verification_outcome(&v), OUTCOME_BLOCKED);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("verify");
    TCase *c = tcase_create("verify");

    support_directories(c);
    tcase_add_checked_fixture(c, start, finish);
    tcase_add_test(c, links_and_fifos);
    tcase_add_test(c, sizes);
    tcase_add_test(c, depth_is_seen_in_the_bytes);
    tcase_add_test(c, width_and_length_are_seen_in_the_bytes);
    tcase_add_test(c, what_is_not_strict_json);
    tcase_add_test(c, what_has_not_the_schema);
    tcase_add_test(c, more_notes_than_there_is_room_for);
    tcase_add_test(c, the_worst_decides);
    tcase_add_test(c, a_check_is_not_well_for_want_of_room);
    tcase_add_test(c, nothing_checked_is_not_acceptable);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
