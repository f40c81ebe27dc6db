/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "root/ldcache.h"
#include "support.h"

/* The numbers are those of glibc's sysdeps/generic/dl-cache.h and ldconfig.h. */
#if defined(__x86_64__)
#define NATIVE 0x0303U
#define FOREIGN 0x0a03U
#else
#define NATIVE 0x0a03U
#define FOREIGN 0x0303U
#endif
#define NAMED (1ULL << 62)

static struct error e;
static struct ldcache cache;
static const struct hwcaps none;
static const struct hwcaps best = {.name = {"fast", "quick"}, .n = 2};

static const struct entry {
    uint32_t flags;
    const char *name;
    const char *path;
    uint64_t hwcap;
} entries[] = {
    {NATIVE, "libb.so.1", "/lib/libb.so.1", 0},
    {FOREIGN, "liba.so.1", "/foreign/liba.so.1", 0},
    {NATIVE, "liba.so.1", "/old/liba.so.1", 1ULL << 3},
    {NATIVE, "liba.so.1", "/lib/liba.so.1", 0},
    {NATIVE, "liba.so.1", "/second/liba.so.1", 0},
    {NATIVE, "liba.so.1", "/quick/liba.so.1", NAMED | 1},
    {NATIVE, "liba.so.1", "/fast/liba.so.1", NAMED | 0},
};

#define N_ENTRIES (sizeof entries / sizeof entries[0])
#define STRINGS_AT (48 + 24 * N_ENTRIES)

static unsigned char image[4096];
static size_t length;

static void put(size_t at, uint64_t value, size_t size)
{
    memcpy(image + at, &value, size);
}

static uint32_t put_string(const char *text)
{
    size_t at = length;

    memcpy(image + at, text, strlen(text) + 1);
    length += strlen(text) + 1;
    return (uint32_t)at;
}

/* A cache as ldconfig lays it out: head, entries, strings, extension. */
static void make(void)
{
    uint32_t fast;
    uint32_t quick;

    memset(image, 0, sizeof image);
    memcpy(image, "glibc-ld.so.cache1.1", 20);
    put(20, N_ENTRIES, 4);
    image[28] = 2; /* little endian */
    length = STRINGS_AT;
    for (size_t i = 0; i < N_ENTRIES; i++) {
        size_t at = 48 + 24 * i;

        put(at, entries[i].flags, 4);
        put(at + 4, put_string(entries[i].name), 4);
        put(at + 8, put_string(entries[i].path), 4);
        put(at + 16, entries[i].hwcap, 8);
    }
    fast = put_string("fast");
    quick = put_string("quick");
    put(24, length - STRINGS_AT, 4);
    length = (length + 3) & ~(size_t)3;
    put(32, length, 4);
    put(length, 0xeaa42174, 4);
    put(length + 4, 1, 4);
    put(length + 8, 1, 4);
    put(length + 16, length + 24, 4);
    put(length + 20, 8, 4);
    put(length + 24, fast, 4);
    put(length + 28, quick, 4);
    length += 32;
}

static bool parse(void)
{
    struct buf bytes = {0};

    buf_add(&bytes, image, length);
    return ldcache_parse(&cache, &bytes, &e);
}

START_TEST(the_best_for_the_processor_is_found)
{
    static const struct hwcaps quick = {.name = {"quick"}, .n = 1};

    make();
    ck_assert_msg(parse(), "%s", e.text);
    ck_assert_str_eq(ldcache_find(&cache, "libb.so.1", &best), "/lib/libb.so.1");
    ck_assert_str_eq(ldcache_find(&cache, "liba.so.1", &none), "/lib/liba.so.1");
    ck_assert_str_eq(ldcache_find(&cache, "liba.so.1", &quick), "/quick/liba.so.1");
    ck_assert_str_eq(ldcache_find(&cache, "liba.so.1", &best), "/fast/liba.so.1");
    ck_assert_ptr_null(ldcache_find(&cache, "liba.so", &best));
    ck_assert_ptr_null(ldcache_find(&cache, "", &best));
    ldcache_free(&cache);
}
END_TEST

static const struct damage {
    size_t at;
    uint64_t value;
    size_t size;
    const char *why;
} damages[] = {
    {0, 'x', 1, "it is not of the format that glibc writes since 2.32"},
    {28, 3, 1, "it is of a machine with another byte order"},
    {20, 0xffffffff, 4, "it is truncated"},
    {24, 0xffffffff, 4, "it is truncated"},
    {32, 0xfffffff0, 4, "its extensions lie outside the file"},
    {32, 48, 4, "its extensions are damaged"},
    {48 + 4, 4000, 4, "the name of an entry lies outside the file"},
    {48 + 8, 0xffffffff, 4, "the name of an entry lies outside the file"},
    {48 + 16, NAMED | 2, 8, "an entry names no subdirectory of glibc-hwcaps"},
};

START_TEST(damage_is_named)
{
    char want[256];

    make();
    put(damages[_i].at, damages[_i].value, damages[_i].size);
    ck_assert(!parse());
    snprintf(want, sizeof want, "cannot read /etc/ld.so.cache: %s", damages[_i].why);
    ck_assert_str_eq(e.text, want);
    ck_assert_ptr_null(ldcache_find(&cache, "liba.so.1", &best));
    ldcache_free(&cache);
}
END_TEST

START_TEST(a_truncated_cache_is_refused)
{
    size_t whole;

    make();
    for (whole = length; length > 0;) {
        length--;
        ck_assert_msg(!parse(), "%zu of %zu bytes", length, whole);
        ldcache_free(&cache);
    }
}
END_TEST

/* Whatever a byte is, what is found ends within the file. */
START_TEST(mutations_are_no_fault)
{
    static const unsigned char values[] = {0, 1, 2, 0x40, 0x7f, 0x80, 0xff};

    make();
    for (size_t at = 0; at < length; at++) {
        unsigned char good = image[at];

        for (size_t i = 0; i < sizeof values; i++) {
            image[at] = values[i];
            if (parse()) {
                const char *found = ldcache_find(&cache, "liba.so.1", &best);

                ck_assert(found == NULL || strlen(found) < length);
            }
            ldcache_free(&cache);
        }
        image[at] = good;
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ldcache");
    TCase *c = tcase_create("ldcache");

    tcase_add_test(c, the_best_for_the_processor_is_found);
    tcase_add_loop_test(c, damage_is_named, 0, N_ROWS(damages));
    tcase_add_test(c, a_truncated_cache_is_refused);
    tcase_add_test(c, mutations_are_no_fault);
    suite_add_tcase(s, c);
    return support_run(s);
}
