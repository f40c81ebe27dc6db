/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "support.h"

START_TEST(empty_is_an_empty_text)
{
    struct buf b = {0};

    ck_assert_str_eq(buf_text(&b), "");
    ck_assert_uint_eq(b.length, 0);
    ck_assert(!b.failed);
    buf_add(&b, "", 0);
    ck_assert_str_eq(buf_text(&b), "");
    buf_free(&b);
    ck_assert_str_eq(buf_text(&b), "");
}
END_TEST

START_TEST(bytes_are_kept_as_they_are)
{
    struct buf b = {0};

    buf_add(&b, "a\0b", 3);
    buf_puts(&b, "c");
    buf_printf(&b, "%s-%d", "d", -7);
    ck_assert_uint_eq(b.length, 8);
    ck_assert_mem_eq(b.data, "a\0bcd--7", 8);
    ck_assert_int_eq(b.data[b.length], '\0');
    buf_free(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.length, 0);
}
END_TEST

/* Piece lengths around every size the buffer grows at: each byte, and the NUL behind the last. */
START_TEST(it_grows_by_any_piece)
{
    struct buf added = {0};
    struct buf printed = {0};
    char piece[600];

    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < sizeof piece; i++) {
        size_t length = added.length;

        buf_add(&added, piece, i);
        buf_printf(&printed, "%.*s", (int)i, piece);
        ck_assert_uint_eq(added.length, length + i);
        ck_assert_int_eq(added.data[added.length], '\0');
        ck_assert_uint_lt(added.length, added.capacity);
    }
    ck_assert_uint_eq(added.length, 599 * 600 / 2);
    ck_assert_uint_eq(strspn(added.data, "x"), added.length);
    ck_assert_str_eq(printed.data, added.data);
    ck_assert(!added.failed && !printed.failed);
    buf_free(&added);
    buf_free(&printed);
}
END_TEST

START_TEST(what_cannot_be_held_fails_and_stays_failed)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2, SIZE_MAX / 4};
    struct buf b = {0};

    buf_puts(&b, "kept");
    buf_add(&b, "never read", sizes[_i]);
    ck_assert(b.failed);
    ck_assert_str_eq(buf_text(&b), "kept");
    buf_puts(&b, "dropped");
    buf_printf(&b, "%d", 1);
    ck_assert(b.failed);
    ck_assert_str_eq(buf_text(&b), "kept");
    buf_free(&b);
    ck_assert(!b.failed);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("buf");
    TCase *c = tcase_create("buf");

    tcase_add_test(c, empty_is_an_empty_text);
    tcase_add_test(c, bytes_are_kept_as_they_are);
    tcase_add_test(c, it_grows_by_any_piece);
    tcase_add_loop_test(c, what_cannot_be_held_fails_and_stays_failed, 0, 4);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
