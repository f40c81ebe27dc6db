/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "support.h"

/* The examples published with FIPS 180, and the empty message. */
static const struct vector {
    const char *message;
    const char *digest;
} vectors[] = {
    {"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
     "lmnopqrsmnopqrstnopqrstu",
     "sha256:cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

#define MILLION "sha256:cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static char *million(void)
{
    char *bytes = malloc(1000000);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'a', 1000000);
    return bytes;
}

START_TEST(the_examples_hold)
{
    char out[DIGEST_TEXT_SIZE];
    size_t length = strlen(vectors[_i].message);
    struct sha256 s;
    int fd = support_memfd(vectors[_i].message, length);

    ck_assert_ptr_eq(sha256_text(out, vectors[_i].message, length), out);
    ck_assert_str_eq(out, vectors[_i].digest);
    sha256_start(&s);
    for (size_t i = 0; i < length; i++)
        sha256_add(&s, vectors[_i].message + i, 1);
    sha256_end_text(&s, out);
    ck_assert_str_eq(out, vectors[_i].digest);
    memset(out, 0, sizeof out);
    ck_assert(sha256_file(out, fd));
    ck_assert_str_eq(out, vectors[_i].digest);
    close(fd);
}
END_TEST

START_TEST(the_long_example_holds)
{
    char *bytes = million();
    int fd = support_memfd(bytes, 1000000);
    char out[DIGEST_TEXT_SIZE];
    struct sha256 s;
    size_t at = 0;

    ck_assert_str_eq(sha256_text(out, bytes, 1000000), MILLION);
    sha256_start(&s);
    for (size_t piece = 0; at < 1000000; at += piece) {
        piece = piece % 131 + 1 < 1000000 - at ? piece % 131 + 1 : 1000000 - at;
        sha256_add(&s, bytes + at, piece);
    }
    ck_assert_str_eq(sha256_end_text(&s, out), MILLION);
    ck_assert(sha256_file(out, fd));
    ck_assert_str_eq(out, MILLION);
    close(fd);
    free(bytes);
}
END_TEST

START_TEST(the_bytes_are_those_of_the_text)
{
    static const unsigned char abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                          0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                          0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                          0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    unsigned char digest[32];
    struct sha256 s;

    sha256_start(&s);
    sha256_add(&s, "abc", 3);
    sha256_end(&s, digest);
    ck_assert_mem_eq(digest, abc, 32);
}
END_TEST

/* A descriptor that was read from before is digested from its beginning, and stays where it is. */
START_TEST(a_file_is_digested_from_its_start)
{
    int fd = support_memfd("abc", 3);
    char out[DIGEST_TEXT_SIZE];

    ck_assert_int_eq(lseek(fd, 2, SEEK_SET), 2);
    ck_assert(sha256_file(out, fd));
    ck_assert_str_eq(out, vectors[1].digest);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 2);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_has_no_digest)
{
    char out[DIGEST_TEXT_SIZE];
    int ends[2];
    int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert(!sha256_file(out, ends[0]));
    ck_assert_int_eq(errno, ESPIPE);
    ck_assert(!sha256_file(out, directory));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(!sha256_file(out, -1));
    ck_assert_int_eq(errno, EBADF);
    close(ends[0]);
    close(ends[1]);
    close(directory);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sha256");
    TCase *c = tcase_create("sha256");

    tcase_add_loop_test(c, the_examples_hold, 0, N_ROWS(vectors));
    tcase_add_test(c, the_long_example_holds);
    tcase_add_test(c, the_bytes_are_those_of_the_text);
    tcase_add_test(c, a_file_is_digested_from_its_start);
    tcase_add_test(c, what_cannot_be_read_has_no_digest);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
