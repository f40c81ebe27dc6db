/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/own.h"

#include <stdint.h>
#include <stdio.h>

#include "counted.h"
#include "support.h"

#define NAMES 4000
#define PLACES 8192

/* FNV-1a, the place of a name in a table: anybody can know it. */
static uint64_t fnv(uint64_t directory, const char *name)
{
    uint64_t h = (0xcbf29ce484222325U ^ directory) * 0x9e3779b97f4a7c15U;

    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3U;
    return h ^ h >> 32;
}

/* Were it a table, each would be compared with all before it: eight million times. */
START_TEST(names_of_one_hash_are_found_as_fast)
{
    struct own set = {0};
    char name[32];
    unsigned found = 0;

    compared = 0;
    for (unsigned i = 0; found < NAMES; i++) {
        snprintf(name, sizeof name, "%u", i);
        if (fnv(7, name) % PLACES >= PLACES / 64)
            continue;
        found++;
        ck_assert(!own_has(&set, 7, name));
        ck_assert(own_add(&set, 7, name));
        ck_assert(own_has(&set, 7, name));
    }
    ck_assert_uint_gt(compared, NAMES);
    ck_assert_uint_lt(compared, NAMES * 3 * 2 * 13);
    own_free(&set);
}
END_TEST

START_TEST(a_name_is_of_its_directory)
{
    struct own set = {0};

    ck_assert(!own_has(&set, 1, ""));
    ck_assert(own_add(&set, 1, "a") && own_add(&set, 1, "a") && own_add(&set, 2, ""));
    ck_assert(own_has(&set, 1, "a"));
    ck_assert(own_has(&set, 2, ""));
    ck_assert(!own_has(&set, 2, "a") && !own_has(&set, 1, "") && !own_has(&set, 1, "aa"));
    own_free(&set);
    ck_assert(!own_has(&set, 1, "a"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("own");
    TCase *c = tcase_create("own");

    tcase_add_test(c, names_of_one_hash_are_found_as_fast);
    tcase_add_test(c, a_name_is_of_its_directory);
    suite_add_tcase(s, c);
    return support_run(s);
}
