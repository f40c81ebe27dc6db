/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "support.h"

START_TEST(the_exit_codes_are_those_of_the_manual)
{
    ck_assert_int_eq(EXIT_OK, 0);
    ck_assert_int_eq(EXIT_BLOCKED, 3);
    ck_assert_int_eq(EXIT_DENYBOX, 125);
    ck_assert_int_eq(EXIT_NOT_EXECUTABLE, 126);
    ck_assert_int_eq(EXIT_NOT_FOUND, 127);
}
END_TEST

START_TEST(an_error_is_a_value)
{
    struct error e;

    memset(&e, 'x', sizeof e);
    ck_assert(!error_set(&e, EXIT_NOT_FOUND, "cannot %s: %d", "count", 3));
    ck_assert_int_eq(e.exit, EXIT_NOT_FOUND);
    ck_assert_str_eq(e.text, "cannot count: 3");
    ck_assert_str_eq(e.hint, "");
    ck_assert(!error_hint(&e, "try %d", 4));
    ck_assert_str_eq(e.text, "cannot count: 3");
    ck_assert_str_eq(e.hint, "try 4");
    ck_assert(!error_errno(&e, EXIT_DENYBOX, EACCES, "cannot read '%s'", "it"));
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
    ck_assert_str_eq(e.text, "cannot read 'it': Permission denied");
    ck_assert_str_eq(e.hint, "");
}
END_TEST

START_TEST(a_text_before_an_error)
{
    struct error e;

    error_set(&e, EXIT_DENYBOX, "cannot count: %d", 3);
    error_hint(&e, "try 4");
    ck_assert(!error_before(&e, "cannot use '%s'", "it"));
    ck_assert_str_eq(e.text, "cannot use 'it': cannot count: 3");
    ck_assert_str_eq(e.hint, "try 4");
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
}
END_TEST

/* What is too long is cut, and what lies behind is not touched. */
START_TEST(long_ones_are_cut)
{
    struct {
        struct error e;
        char guard;
    } room = {.guard = 'G'};
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(&room.e, EXIT_DENYBOX, "%s", text);
    ck_assert_uint_eq(strlen(room.e.text), sizeof room.e.text - 1);
    error_hint(&room.e, "%s", text);
    ck_assert_uint_eq(strlen(room.e.hint), sizeof room.e.hint - 1);
    error_errno(&room.e, EXIT_DENYBOX, ENOENT, "%s", text);
    ck_assert_uint_eq(strlen(room.e.text), sizeof room.e.text - 1);
    error_errno(&room.e, EXIT_DENYBOX, ENOENT, "%.760s", text);
    ck_assert_uint_eq(strlen(room.e.text), sizeof room.e.text - 1);
    ck_assert_str_eq(room.e.text + 760, ": No su");
    error_before(&room.e, "%.760s", text);
    ck_assert_str_eq(room.e.text + 760, ": xxxxx");
    error_before(&room.e, "%s", text);
    ck_assert_uint_eq(strlen(room.e.text), sizeof room.e.text - 1);
    ck_assert_int_eq(room.guard, 'G');
}
END_TEST

START_TEST(it_is_printed_in_one_line_or_two)
{
    struct error e;
    char *text;

    error_set(&e, EXIT_DENYBOX, "cannot do it: reason");
    support_capture(2);
    error_print(&e);
    text = support_captured();
    ck_assert_str_eq(text, "denybox: cannot do it: reason\n");
    error_hint(&e, "do that");
    support_capture(2);
    error_print(&e);
    text = support_captured();
    ck_assert_str_eq(text, "denybox: cannot do it: reason\ndenybox: hint: do that\n");
}
END_TEST

static const struct name {
    int number;
    const char *name;
} names[] = {
    {1, "EPERM"},   {2, "ENOENT"},  {13, "EACCES"},       {20, "ENOTDIR"},      {25, "ENOTTY"},
    {30, "EROFS"},  {38, "ENOSYS"}, {97, "EAFNOSUPPORT"}, {101, "ENETUNREACH"}, {9, "EBADF"},
    {28, "ENOSPC"}, {40, "ELOOP"},  {6, "ENXIO"},         {18, "EXDEV"},        {133, "EHWPOISON"},
};

START_TEST(numbers_have_names)
{
    ck_assert_str_eq(error_name(names[_i].number), names[_i].name);
    ck_assert_int_eq(error_number(names[_i].name), names[_i].number);
}
END_TEST

/* glibc's own are the oracle, where there is glibc. */
START_TEST(no_number_is_left_out)
{
#ifdef __GLIBC__
    for (int number = 0; number < 4096; number++) {
        const char *name = strerrorname_np(number);

        ck_assert_str_eq(error_name(number), name != NULL ? name : "E?");
    }
#endif
}
END_TEST

START_TEST(others_have_none)
{
    static const char *const none[] = {"", "E?", "eperm", "EPERM ", "1", "ENOSUCH", "EPERMX"};

    for (int i = 0; i < N_ROWS(none); i++)
        ck_assert_int_eq(error_number(none[i]), -1);
    ck_assert_str_eq(error_name(-1), "E?");
    ck_assert_str_eq(error_name(4095), "E?");
    ck_assert_str_eq(error_name(1000000), "E?");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("error");
    TCase *c = tcase_create("error");

    tcase_add_test(c, the_exit_codes_are_those_of_the_manual);
    tcase_add_test(c, an_error_is_a_value);
    tcase_add_test(c, a_text_before_an_error);
    tcase_add_test(c, long_ones_are_cut);
    tcase_add_test(c, it_is_printed_in_one_line_or_two);
    tcase_add_loop_test(c, numbers_have_names, 0, N_ROWS(names));
    tcase_add_test(c, no_number_is_left_out);
    tcase_add_test(c, others_have_none);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
