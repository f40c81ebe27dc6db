/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A forger, who has a good bundle and computes every digest anew: what verify then calls acceptable
 * is judged a second time, by judged.c. The input is a bundle, a NUL, and edits of four bytes each;
 * the fuzzer changes the edits alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "base/text.h"
#include "fuzz.h"
#include "judged.h"
#include "verify/verification.h"

#define EDITS_MAX 8
#define EDIT_SIZE 4
#define LEAVES_MAX 8192

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* What an edit can be of: a value in an object or an array. The kind is the same for all elements
 * of an array: there are thirty probes, and one plan. */
struct leaf {
    json_t *parent;
    char key[64];
    size_t index;
    uint32_t kind;
};

static struct leaf leaves[LEAVES_MAX];
static size_t n_leaves;

/* FNV-1a. */
static uint32_t kind_of(uint32_t kind, const char *key)
{
    do
        kind = (kind ^ (unsigned char)*key) * 16777619U;
    while (*key++ != '\0');
    return kind;
}

static void collect(json_t *value, uint32_t kind)
{
    const char *key;
    json_t *child;
    size_t i;

    json_object_foreach(value, key, child)
    {
        if (n_leaves < LEAVES_MAX) {
            leaves[n_leaves].parent = value;
            leaves[n_leaves].kind = kind_of(kind, key);
            snprintf(leaves[n_leaves++].key, sizeof leaves[0].key, "%s", key);
        }
        collect(child, kind_of(kind, key));
    }
    json_array_foreach(value, i, child)
    {
        if (n_leaves < LEAVES_MAX)
            leaves[n_leaves++] =
                (struct leaf){.parent = value, .index = i, .kind = kind_of(kind, "[]")};
        collect(child, kind_of(kind, "[]"));
    }
}

static int by_kind(const void *a, const void *b)
{
    const struct leaf *x = a;
    const struct leaf *y = b;

    return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* The first byte says the kind, with a bit of the second; the rest of that, which one of them. */
static size_t choose(unsigned at)
{
    size_t kinds = 0;
    size_t wanted;
    size_t first = 0;
    size_t n = 0;

    qsort(leaves, n_leaves, sizeof leaves[0], by_kind);
    for (size_t i = 0; i < n_leaves; i++)
        kinds += i == 0 || leaves[i].kind != leaves[i - 1].kind;
    wanted = (at & 511) % kinds;
    for (size_t i = 1; i < n_leaves && wanted != 0; i++) {
        if (leaves[i].kind != leaves[i - 1].kind && --wanted == 0)
            first = i;
    }
    while (first + n < n_leaves && leaves[first + n].kind == leaves[first].kind)
        n++;
    return first + (at >> 9) % n;
}

static json_t *get(const struct leaf *leaf)
{
    return json_is_object(leaf->parent) ? json_object_get(leaf->parent, leaf->key)
                                        : json_array_get(leaf->parent, leaf->index);
}

static void set(const struct leaf *leaf, json_t *value)
{
    FUZZ_REQUIRE(value != NULL);
    if (json_is_object(leaf->parent))
        FUZZ_REQUIRE(json_object_set(leaf->parent, leaf->key, value) == 0);
    else if (leaf->index < json_array_size(leaf->parent))
        FUZZ_REQUIRE(json_array_set(leaf->parent, leaf->index, value) == 0);
    json_decref(value);
}

/* ---------------------------------------------------------------- edits */

/* Words that stand in bundles, and numbers at the ends of ranges. */
static const char *const words[] = {
    "",
    "PASS",
    "FAIL",
    "NOT_RUN",
    "ABSENT",
    "succeeded",
    "not run",
    "EPERM",
    "success",
    "cgroup",
    "rlimit",
    "affinity",
    "timer",
    "tmpfs",
    "the sandbox",
    "each process",
    "auto",
    "off",
    "strict",
    "targeted",
    "declared-deviations",
    "exited",
    "signalled",
    "terminated",
    "killed",
    "memory",
    "fsize",
    "discarded",
    "left",
    "published",
    "withheld",
    "denybox:host",
    "denybox:image",
    "image",
    "root",
    "payload",
    "none",
    "proc",
    "ro,nosuid,nodev,noexec",
    "rw,nosuid,nodev,noexec",
    "VPS",
    "0 0 1",
    "1000 1000 1",
    "65532 65532 2",
    "x86_64",
    "aarch64",
    "launcher_sha256",
    "payload_sha256",
    "root_sha256",
    "0000000000000000",
    "0000003fffffffff",
    "0",
    "1",
    "2",
    "2000-01-01T00:00:00Z",
    "2099-01-01T00:00:00Z",
    "2000-01-01",
    "link",
    "directory",
    "fifo",
    "sha256:5555555555555555555555555555555555555555555555555555555555555555",
};

static const json_int_t numbers[] = {
    0,       1,         -1,         2,          9,          13,         30,        64,
    100,     125,       255,        1000,       4096,       65536,      1048576,   99999999,
    1 << 30, 1LL << 33, 4026531836, 4026531840, 4026532000, 4294967295, 1LL << 53,
};

static json_t *other_value(const json_t *value, uint8_t how)
{
    if (json_is_integer(value))
        return json_integer(numbers[how % (sizeof numbers / sizeof numbers[0])]);
    return json_string(words[how % (sizeof words / sizeof words[0])]);
}

/* The same value, a little different: of a text its first, middle or last character is the next. */
static json_t *near_value(const json_t *value, uint8_t how)
{
    static const json_int_t steps[] = {1, -1, 1000};
    char *text;
    size_t length;
    size_t at;

    if (json_is_integer(value))
        return json_integer(json_integer_value(value) + steps[how % 3]);
    if (json_is_boolean(value))
        return json_boolean(!json_boolean_value(value));
    length = json_string_length(value);
    if (length == 0)
        return json_string("x");
    text = fuzz_copy((const uint8_t *)json_string_value(value), length);
    at = how % 3 == 0 ? 0 : how % 3 == 1 ? length / 2 : length - 1;
    text[at] = text[at] == '9' ? '0' : text[at] == 'f' ? 'a' : text[at] == 'z' ? '_' : text[at] + 1;
    value = json_string(text);
    free(text);
    return (json_t *)(uintptr_t)value;
}

static void drop(const struct leaf *leaf)
{
    if (json_is_object(leaf->parent))
        json_object_del(leaf->parent, leaf->key);
    else
        json_array_remove(leaf->parent, leaf->index);
}

/* A line or a byte of what the kernel said, as if it had said something else. */
static void edit_raw(json_t *bundle, uint8_t which, unsigned at, uint8_t how)
{
    static const char *const names[] = {"mountinfo_b64", "proc_net_dev_b64", "status_b64"};
    const char *name = names[which % 3];
    json_t *raw = json_object_get(bundle, "raw");
    const char *encoded = json_string_value(json_object_get(raw, name));
    struct buf out = {0};
    size_t length;
    size_t start;
    size_t end;
    char *bytes = encoded != NULL ? (char *)text_base64_decode(encoded, &length) : NULL;

    /* An edit before this one may have left no base64. */
    if (bytes == NULL)
        return;
    start = length == 0 ? 0 : at % length;
    while (start > 0 && bytes[start - 1] != '\n')
        start--;
    end = start + strcspn(bytes + start, "\n") + (start < length);
    end = end > length ? length : end;
    buf_add(&out, bytes, start);
    if (how % 3 == 1) {
        buf_add(&out, bytes + start, end - start);
        buf_add(&out, bytes + start, end - start);
    } else if (how % 3 == 2) {
        bytes[length == 0 ? 0 : at % length] = "01 f/\t2r"[how / 3 % 8];
        buf_add(&out, bytes + start, end - start);
    }
    buf_add(&out, bytes + end, length - end);
    free(bytes);
    bytes = text_base64(buf_text(&out), out.length);
    FUZZ_REQUIRE(bytes != NULL && json_object_set_new(raw, name, json_string(bytes)) == 0);
    free(bytes);
    buf_free(&out);
}

enum way { NEAR, OTHER, NOTHING, DROP, TWICE, COPY, RAW };

/* A value of a field is for the most part another one: without it, or with one of another type, a
 * bundle has no form, and nothing behind that is looked at. */
static enum way way_of(const struct leaf *leaf, const json_t *value, uint8_t drawn)
{
    static const enum way of_value[] = {NEAR, NEAR, NEAR, OTHER, OTHER, NOTHING, COPY, RAW};
    static const enum way of_rest[] = {OTHER, NEAR, NOTHING, DROP, TWICE, COPY, RAW, RAW};
    bool plain = !json_is_object(value) && !json_is_array(value) && !json_is_null(value);

    return (plain && json_is_object(leaf->parent) ? of_value : of_rest)[drawn % 8];
}

static void edit(json_t *bundle, const uint8_t bytes[EDIT_SIZE])
{
    unsigned at = bytes[0] | (unsigned)bytes[1] << 8;
    const struct leaf *leaf;
    json_t *value;
    size_t chosen;
    enum way way;

    n_leaves = 0;
    collect(bundle, 2166136261U);
    chosen = choose(at);
    leaf = &leaves[chosen];
    value = get(leaf);
    if (value == NULL)
        return;
    way = way_of(leaf, value, bytes[2]);
    switch (way) {
    case NEAR:
    case OTHER:
        if (!json_is_object(value) && !json_is_array(value) && !json_is_null(value))
            set(leaf, way == NEAR ? near_value(value, bytes[3]) : other_value(value, bytes[3]));
        break;
    case NOTHING:
        set(leaf, bytes[3] % 2 == 0 ? json_null() : other_value(NULL, bytes[3]));
        break;
    case DROP:
        drop(leaf);
        break;
    case TWICE:
        if (json_is_array(leaf->parent))
            FUZZ_REQUIRE(json_array_insert_new(leaf->parent, bytes[3] % 2 == 0 ? 0 : leaf->index,
                                               json_deep_copy(value)) == 0);
        break;
    case COPY:
        value = get(&leaves[(chosen + bytes[3]) % n_leaves]);
        if (value != NULL)
            set(leaf, json_deep_copy(value));
        break;
    case RAW:
    default:
        edit_raw(bundle, bytes[2] / 8, at, bytes[3]);
        break;
    }
}

/* ---------------------------------------------------------------- digests anew */

static void put(json_t *object, const char *key, const char *text)
{
    if (json_is_object(object))
        FUZZ_REQUIRE(json_object_set_new(object, key, json_string(text)) == 0);
}

static void seal_raw(json_t *bundle, const char *name, const char *seen)
{
    json_t *raw = json_object_get(bundle, "raw");
    char key[64];
    char digest[DIGEST_TEXT_SIZE];
    unsigned char *bytes;
    size_t length = 0;
    char *text;

    snprintf(key, sizeof key, "%s_b64", name);
    bytes = json_is_string(json_object_get(raw, key))
                ? text_base64_decode(json_string_value(json_object_get(raw, key)), &length)
                : NULL;
    if (bytes == NULL)
        return;
    text = text_lines(bytes, length);
    FUZZ_REQUIRE(text != NULL);
    put(raw, name, text);
    snprintf(key, sizeof key, "%s_sha256", name);
    put(raw, key, sha256_text(digest, bytes, length));
    if (seen != NULL)
        put(judged_at(bundle, "observed.before_exec"), seen, digest);
    free(text);
    free(bytes);
}

static void seal_value(const json_t *value, json_t *object, const char *key)
{
    char digest[DIGEST_TEXT_SIZE];
    /* Of ASCII and integers it is the canonical form; what has more is refused anyway. */
    char *canonical = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    if (canonical != NULL)
        put(object, key, sha256_text(digest, canonical, strlen(canonical)));
    free(canonical);
}

static void seal(json_t *bundle)
{
    json_t *observed = json_object_get(bundle, "observed");
    json_t *rest;

    seal_raw(bundle, "mountinfo", "mountinfo_sha256");
    seal_raw(bundle, "proc_net_dev", "net_dev_sha256");
    seal_raw(bundle, "status", NULL);
    if (json_is_object(json_object_get(observed, "after_exec")) &&
        json_object_get(observed, "before_exec") != NULL)
        FUZZ_REQUIRE(
            json_object_set_new(observed, "after_exec",
                                json_deep_copy(json_object_get(observed, "before_exec"))) == 0);
    seal_value(judged_at(bundle, "binding.plan"), json_object_get(bundle, "binding"),
               "plan_sha256");
    rest = json_copy(bundle);
    json_object_del(rest, "integrity");
    seal_value(rest, json_object_get(bundle, "integrity"), "sha256");
    json_decref(rest);
}

/* ---------------------------------------------------------------- the verdict */

static bool is_acceptable(const json_t *bundle)
{
    static struct policy policy;
    static struct verification v;
    static bool loaded;
    struct error e;
    char *text = json_dumps(bundle, JSON_COMPACT);
    bool acceptable;

    if (!loaded)
        FUZZ_REQUIRE(policy_load(&policy, &e));
    loaded = true;
    FUZZ_REQUIRE(text != NULL);
    verify_file(&policy, fuzz_named_file("forged", (const uint8_t *)text, strlen(text)), &v);
    acceptable = verification_outcome(&v) == OUTCOME_ACCEPTABLE;
    verification_free(&v);
    free(text);
    return acceptable;
}

/* The good bundles that inputs have begun with. */
static struct {
    char digest[DIGEST_TEXT_SIZE];
    json_t *bundle; /* NULL: it is not good */
} known[16];

/* The bundle of the input. Borrowed; NULL: it is not good. */
static const json_t *good_bundle(const uint8_t *data, size_t size)
{
    static size_t next;
    char digest[DIGEST_TEXT_SIZE];
    struct error e;
    json_t *good;
    size_t i = 0;

    sha256_text(digest, data, size);
    while (i < sizeof known / sizeof known[0] && strcmp(known[i].digest, digest) != 0)
        i++;
    if (i < sizeof known / sizeof known[0])
        return known[i].bundle;
    good = json_parse((const char *)data, size, &e);
    if (good != NULL && (!json_is_object(good) || !is_acceptable(good))) {
        json_decref(good);
        good = NULL;
    }
    if (good != NULL)
        judged_again(good);
    i = next++ % (sizeof known / sizeof known[0]);
    json_decref(known[i].bundle);
    memcpy(known[i].digest, digest, sizeof digest);
    known[i].bundle = good;
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size != 0 ? memchr(data, '\0', size) : NULL;
    const json_t *good = end != NULL ? good_bundle(data, (size_t)(end - data)) : NULL;
    const uint8_t *next;
    json_t *forged;

    /* Of a corpus that is older than this program; replay.c wants none of these among the seeds. */
    if (good == NULL)
        return size == 0 ? 0 : -1;
    forged = json_deep_copy(good);
    FUZZ_REQUIRE(forged != NULL);
    next = end + 1;
    for (int i = 0; i < EDITS_MAX && data + size - next >= EDIT_SIZE; i++, next += EDIT_SIZE)
        edit(forged, next);
    seal(forged);
    if (is_acceptable(forged))
        judged_again(forged);
    json_decref(forged);
    return 0;
}

/* An edit that is drawn, behind those that are there: for the most part behind none, for of two
 * that do not agree the one hides the other. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint8_t *end = size != 0 ? memchr(data, '\0', size) : NULL;
    size_t head = end != NULL ? (size_t)(end + 1 - data) : size;
    size_t edits = (size - head) / EDIT_SIZE;
    uint64_t drawn = (uint64_t)seed * 6364136223846793005U + 1442695040888963407U;

    if (end == NULL || head + EDIT_SIZE > max)
        return size;
    if (seed % 8 != 0 || edits == EDITS_MAX || head + (edits + 1) * EDIT_SIZE > max)
        edits = 0;
    for (int i = 0; i < EDIT_SIZE; i++)
        data[head + edits * EDIT_SIZE + (size_t)i] = (uint8_t)(drawn >> (24 + 8 * i));
    return head + (edits + 1) * EDIT_SIZE;
}
