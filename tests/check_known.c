/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/known.h"

#include <stdio.h>

#include "counted.h"
#include "support.h"

#define NAMES 4000

/* One after the other, each would be compared with all before it: eight million times. */
START_TEST(many_names_are_found_as_fast)
{
    static char names[NAMES][8];
    struct known known = {0};
    struct object one = {.dynamic = true};

    compared = 0;
    for (int i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "%05d", i);
        ck_assert_ptr_null(known_find(&known, names[i]));
        ck_assert(known_add(&known, names[i], &one));
        ck_assert_ptr_eq(known_find(&known, names[i]), &one);
    }
    ck_assert_uint_gt(compared, NAMES);
    ck_assert_uint_lt(compared, NAMES * 4 * 2 * 13);
    known_free(&known);
}
END_TEST

START_TEST(who_had_a_name_first_keeps_it)
{
    struct known known = {0};
    struct object one = {.dynamic = true};
    struct object other = {.dynamic = true};

    ck_assert_ptr_null(known_find(&known, "libx.so"));
    ck_assert(known_add(&known, "libx.so", &one) && known_add(&known, "libx.so", &other) &&
              known_add(&known, "liby.so", &other));
    ck_assert_ptr_eq(known_find(&known, "libx.so"), &one);
    ck_assert_ptr_eq(known_find(&known, "liby.so"), &other);
    ck_assert_ptr_null(known_find(&known, "libx.so.1"));
    known_free(&known);
    ck_assert_ptr_null(known_find(&known, "libx.so"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("known");
    TCase *c = tcase_create("known");

    tcase_add_test(c, many_names_are_found_as_fast);
    tcase_add_test(c, who_had_a_name_first_keeps_it);
    suite_add_tcase(s, c);
    return support_run(s);
}
