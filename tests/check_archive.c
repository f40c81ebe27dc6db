/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "support.h"

#define BLOCK 512

static struct error e;

/* A name longer than the hundred bytes that a header of ustar has for it, in one piece. */
static const char *long_name(void)
{
    static char name[200];

    memset(name, 'n', sizeof name - 1);
    return name;
}

static int new_file(const char *name)
{
    int fd = openat(support_fd(), name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static struct tar_writer *writer(int fd)
{
    struct tar_writer *w = tar_create(fd, &e);

    ck_assert_msg(w != NULL, "%s", e.text);
    return w;
}

/* Everything a writer can put, in this order. */
static void put_everything(int fd)
{
    struct tar_writer *w = writer(fd);
    int abc = support_memfd("abcdef", 6);

    ck_assert(tar_put_directory(w, "d", 0755, &e));
    ck_assert(tar_put_file(w, "d/f", 0644, 6, abc, &e));
    ck_assert(tar_put_file(w, "d/x", 0755, 3, abc, &e));
    ck_assert(tar_put_link(w, "l", "../d\xff/f", &e));
    ck_assert(tar_put_file(w, "\xc3\xa4", 0644, 0, abc, &e));
    ck_assert(tar_put_file(w, "\xff\n", 0644, 0, abc, &e));
    ck_assert(tar_put_link(w, long_name(), "d", &e));
    ck_assert_msg(tar_finish(w, &e), "%s", e.text);
    close(abc);
}

static struct tar_reader *reader(int *fd, bool packed)
{
    struct tar_reader *r;

    ck_assert_int_eq(lseek(*fd, 0, SEEK_SET), 0);
    r = tar_open(archive_of_fd(fd), packed, &e);
    ck_assert_msg(r != NULL, "%s", e.text);
    return r;
}

static void expect(struct tar_reader *r, enum tar_type type, const char *path, mode_t mode,
                   const char *target, uint64_t size)
{
    struct tar_entry entry;

    ck_assert_msg(tar_next(r, &entry, &e) == TAR_ENTRY, "%s: %s", path, e.text);
    ck_assert_int_eq(entry.type, type);
    ck_assert_str_eq(entry.path, path);
    ck_assert_uint_eq(entry.mode, mode);
    ck_assert_uint_eq(entry.size, size);
    ck_assert_pstr_eq(entry.target, target);
}

START_TEST(what_is_written_is_read_again)
{
    int fd = new_file("t");
    struct tar_reader *r;
    struct tar_entry entry;
    const void *bytes;
    size_t length;
    uint64_t offset;

    put_everything(fd);
    r = reader(&fd, false);
    expect(r, TAR_DIRECTORY, "d/", 0755, NULL, 0);
    expect(r, TAR_FILE, "d/f", 0644, NULL, 6);
    ck_assert_int_eq(tar_data(r, &bytes, &length, &offset, &e), 1);
    ck_assert_uint_eq(length, 6);
    ck_assert_uint_eq(offset, 0);
    ck_assert_mem_eq(bytes, "abcdef", 6);
    expect(r, TAR_FILE, "d/x", 0755, NULL, 3);
    expect(r, TAR_SYMLINK, "l", 0777, "../d\xff/f", 0);
    expect(r, TAR_FILE, "\xc3\xa4", 0644, NULL, 0);
    expect(r, TAR_FILE, "\xff\n", 0644, NULL, 0);
    expect(r, TAR_SYMLINK, long_name(), 0777, "d", 0);
    ck_assert_int_eq(tar_next(r, &entry, &e), TAR_END);
    tar_close(r);
    close(fd);
}
END_TEST

/* The header of POSIX.1-1988: uid, gid and mtime are octal digits, uname and gname are names. */
START_TEST(the_archive_depends_on_what_is_in_it_alone)
{
    int first = new_file("1");
    int second;
    size_t length;
    size_t again;
    const char *one;

    put_everything(first);
    sleep(1);
    second = new_file("2");
    put_everything(second);
    one = support_read("1", &length);
    ck_assert_mem_eq(one, support_read("2", &again), length);
    ck_assert_uint_eq(length, again);
    ck_assert_uint_eq(length % BLOCK, 0);
    ck_assert_mem_eq(one + 257,
                     "ustar\0"
                     "00",
                     8);
    ck_assert_mem_eq(one + 108,
                     "000000 \0"
                     "000000 \0",
                     16);
    ck_assert_mem_eq(one + 136, "00000000000 ", 12);
    ck_assert_int_eq(one[265], 0);
    ck_assert_int_eq(one[297], 0);
    close(first);
    close(second);
}
END_TEST

START_TEST(a_file_that_became_shorter_is_an_error)
{
    struct tar_writer *w = writer(new_file("t"));

    ck_assert(!tar_put_file(w, "f", 0644, 7, support_memfd("abcdef", 6), &e));
    ck_assert_str_eq(e.text, "cannot read 'f': it became shorter meanwhile");
    tar_abandon(w);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct tar_writer *w = writer(fd);
    bool ok = tar_put_directory(w, "d", 0755, &e);

    if (ok) {
        ok = tar_finish(w, &e);
    } else {
        tar_abandon(w);
    }
    ck_assert(!ok);
    ck_assert_msg(strstr(e.text, "No space left on device") != NULL, "%s", e.text);
    close(fd);
}
END_TEST

/* printf 'hello\n' | gzip -9n, and | zstd */
#define GZIP                                                                                       \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00\x20\x30\x3a\x36"     \
    "\x06\x00\x00\x00"
#define GZIP_TWICE                                                                                 \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x93\xef\xe6\x60\x00\x01\x26\xe6\xd3\x1e\x67"         \
    "\x4f\x9e\x7c\xce\xc4\xa0\x60\x60\x65\xc6\x06\x14\x03\x00\xc6\x8f\xbb\x42\x1a\x00\x00\x00"
#define ZSTD_OF_GZIP "\x28\xb5\x2f\xfd\x04\x58\xd1\x00\x00" GZIP "\x04\x2b\xb8\xa2"
/* In two parts, "hel" and "lo\n"; and after a frame that is to be passed over. */
#define GZIP_PARTS                                                                                 \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\x01\x00\x1b\xf1\x0b\xe5\x03\x00"         \
    "\x00\x00\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xc9\xe7\x02\x00\x20\x75\x3c\xbc"         \
    "\x03\x00\x00\x00"
#define ZSTD_PARTS                                                                                 \
    "\x28\xb5\x2f\xfd\x04\x58\x19\x00\x00hel\x26\x41\x55\x55"                                      \
    "\x28\xb5\x2f\xfd\x04\x58\x19\x00\x00lo\n\x50\x5c\x90\x26"
#define ZSTD_AFTER                                                                                 \
    "\x5a\x2a\x4d\x18\x03\x00\x00\x00"                                                             \
    "abc" ZSTD
#define ZSTD "\x28\xb5\x2f\xfd\x04\x58\x31\x00\x00hello\n\x53\x88\xbd\x91"

static const struct {
    const char *packed;
    size_t length;
} packed_rows[] = {{BYTES(GZIP)},       {BYTES(ZSTD)},       {BYTES(GZIP_PARTS)},
                   {BYTES(ZSTD_PARTS)}, {BYTES(ZSTD_AFTER)}, {BYTES("hello\n")}};

START_TEST(what_is_packed_is_unpacked)
{
    int fd = support_memfd(packed_rows[_i].packed, packed_rows[_i].length);
    struct unpacker *u = unpacker_open(archive_of_fd(&fd), &e);
    char bytes[64];

    ck_assert_msg(u != NULL, "%s", e.text);
    ck_assert_int_eq(unpacker_read(u, bytes, sizeof bytes, &e), 6);
    ck_assert_mem_eq(bytes, "hello\n", 6);
    ck_assert_int_eq(unpacker_read(u, bytes, sizeof bytes, &e), 0);
    unpacker_close(u);
    close(fd);
}
END_TEST

/* Else it would be unpacked a million times as long as it is. */
START_TEST(what_is_packed_twice_is_unpacked_once)
{
    static const struct {
        const char *packed;
        size_t length;
    } rows[] = {{BYTES(GZIP_TWICE)}, {BYTES(ZSTD_OF_GZIP)}};
    int fd = support_memfd(rows[_i].packed, rows[_i].length);
    struct unpacker *u = unpacker_open(archive_of_fd(&fd), &e);
    struct tar_reader *r;
    struct tar_entry entry;
    char bytes[64];

    ck_assert_msg(u != NULL, "%s", e.text);
    ck_assert_int_eq(unpacker_read(u, bytes, sizeof bytes, &e), (int)sizeof GZIP - 1);
    ck_assert_mem_eq(bytes, GZIP, sizeof GZIP - 1);
    unpacker_close(u);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    r = tar_open(archive_of_fd(&fd), true, &e);
    ck_assert(r == NULL || tar_next(r, &entry, &e) == TAR_FAILED);
    ck_assert_str_eq(e.text, "cannot read the archive: Unrecognized archive format");
    tar_close(r);
    close(fd);
}
END_TEST

START_TEST(what_is_packed_and_cut_is_an_error)
{
    int fd = support_memfd(packed_rows[_i].packed, packed_rows[_i].length - 5);
    struct unpacker *u = unpacker_open(archive_of_fd(&fd), &e);
    char bytes[64];
    ssize_t n = u != NULL ? 1 : -1;

    while (n > 0)
        n = unpacker_read(u, bytes, sizeof bytes, &e);
    ck_assert_int_eq(n, -1);
    ck_assert_msg(strncmp(e.text, "cannot read the archive: ", 25) == 0, "%s", e.text);
    unpacker_close(u);
    close(fd);
}
END_TEST

static ssize_t broken(void *context, void *buffer, size_t size, struct error *error)
{
    (void)context;
    (void)buffer;
    (void)size;
    error_set(error, EXIT_DENYBOX, "cannot read: the words of the source");
    return -1;
}

START_TEST(the_source_says_itself_why_it_fails)
{
    struct byte_source from = {.read = broken};

    ck_assert_ptr_null(tar_open(from, true, &e));
    ck_assert_str_eq(e.text, "cannot read: the words of the source");
    ck_assert_ptr_null(unpacker_open(from, &e));
    ck_assert_str_eq(e.text, "cannot read: the words of the source");
}
END_TEST

START_TEST(other_formats_are_not_known)
{
    /* cpio, a zip file, a shell archive, ar, mtree */
    static const char *const texts[] = {"070701000000000000", "PK\x03\x04\x14", "#!/bin/sh\n# This",
                                        "!<arch>\n", "#mtree\n"};
    int fd = support_memfd(texts[_i], strlen(texts[_i]));
    struct tar_reader *r = tar_open(archive_of_fd(&fd), true, &e);
    struct tar_entry entry;

    ck_assert(r == NULL || tar_next(r, &entry, &e) == TAR_FAILED);
    ck_assert_msg(strncmp(e.text, "cannot read the archive: ", 25) == 0, "%s", e.text);
    tar_close(r);
    close(fd);
}
END_TEST

/* Data that is passed over has to be there. */
START_TEST(an_archive_cut_in_the_data_is_an_error)
{
    int fd = new_file("t");
    struct tar_writer *w = writer(fd);
    struct tar_reader *r;
    struct tar_entry entry;
    static char bytes[100 * BLOCK];

    ck_assert(tar_put_file(w, "f", 0644, sizeof bytes, support_memfd(bytes, sizeof bytes), &e));
    ck_assert(tar_finish(w, &e));
    ck_assert_int_eq(ftruncate(fd, 50 * BLOCK), 0);
    r = reader(&fd, false);
    ck_assert_int_eq(tar_next(r, &entry, &e), TAR_ENTRY);
    ck_assert_int_eq(tar_next(r, &entry, &e), TAR_FAILED);
    tar_close(r);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("archive");
    TCase *c = tcase_create("archive");

    support_directories(c);
    tcase_add_test(c, what_is_written_is_read_again);
    tcase_add_test(c, the_archive_depends_on_what_is_in_it_alone);
    tcase_add_test(c, a_file_that_became_shorter_is_an_error);
    tcase_add_test(c, a_full_disk_is_an_error);
    tcase_add_loop_test(c, what_is_packed_is_unpacked, 0, N_ROWS(packed_rows));
    tcase_add_loop_test(c, what_is_packed_twice_is_unpacked_once, 0, 2);
    tcase_add_loop_test(c, what_is_packed_and_cut_is_an_error, 0, N_ROWS(packed_rows) - 1);
    tcase_add_test(c, the_source_says_itself_why_it_fails);
    tcase_add_loop_test(c, other_formats_are_not_known, 0, 5);
    tcase_add_test(c, an_archive_cut_in_the_data_is_an_error);
    suite_add_tcase(s, c);
    return support_run(s);
}
