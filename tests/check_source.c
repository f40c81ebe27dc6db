/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/source.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

#define LARGE (1 << 20)

static size_t bytes_read;

/* The C library's, but counted. */
ssize_t read(int fd, void *buffer, size_t size)
{
    long n = syscall(SYS_read, fd, buffer, size);

    bytes_read += n > 0 ? (size_t)n : 0;
    return n;
}

static struct image_source *image(void)
{
    static char large[LARGE];
    struct image_source *s;
    struct error e;

    support_write("large", 0644, large, sizeof large);
    s = source_open(support_dir(), &e);
    ck_assert_ptr_nonnull(s);
    bytes_read = 0;
    return s;
}

START_TEST(without_memory_nothing_more_is_read)
{
    struct image_source *s = image();
    struct buf b = {.failed = true};
    struct error e = {0};

    ck_assert(!source_read(s, "large", LARGE, &b, &e));
    ck_assert_str_eq(e.text, "cannot read the image: out of memory");
    ck_assert_uint_lt(bytes_read, LARGE / 8);
    source_close(s);
}
END_TEST

START_TEST(what_is_too_long_is_not_read_to_its_end)
{
    struct image_source *s = image();
    struct buf b = {0};
    struct error e = {0};

    ck_assert(!source_read(s, "large", 100, &b, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "it has more than 100 bytes"));
    ck_assert_uint_gt(bytes_read, 100);
    ck_assert_uint_lt(bytes_read, LARGE / 8);
    buf_free(&b);
    ck_assert(source_read(s, "large", LARGE, &b, &e));
    ck_assert_uint_eq(b.length, LARGE);
    buf_free(&b);
    source_close(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("source");
    TCase *c = tcase_create("source");

    support_directories(c);
    tcase_add_test(c, without_memory_nothing_more_is_read);
    tcase_add_test(c, what_is_too_long_is_not_read_to_its_end);
    suite_add_tcase(s, c);
    return support_run(s);
}
