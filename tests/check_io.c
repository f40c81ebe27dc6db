/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "support.h"

static const struct limit {
    size_t length;
    size_t max;
    bool good;
} limits[] = {
    {0, 0, true},          {1, 0, false},           {1, 1, true},
    {2, 1, false},         {16384, 16384, true},    {16385, 16384, false},
    {16385, 16385, true},  {50000, 49999, false},   {50000, 50000, true},
    {50000, 100000, true}, {50000, SIZE_MAX, true},
};

START_TEST(reading_is_bounded)
{
    const struct limit *row = &limits[_i];
    char *bytes = calloc(1, row->length + 1);
    struct buf b = {0};
    int fd;

    memset(bytes, 'x', row->length);
    fd = support_memfd(bytes, row->length);
    buf_puts(&b, "before");
    errno = 0;
    ck_assert_int_eq(io_read_all(fd, row->max, &b), row->good);
    if (row->good) {
        ck_assert_uint_eq(b.length, row->length + 6);
        ck_assert_mem_eq(b.data, "before", 6);
        ck_assert_str_eq(b.data + 6, bytes);
    } else {
        ck_assert_int_eq(errno, EFBIG);
    }
    buf_free(&b);
    free(bytes);
    close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_says_so)
{
    struct buf b = {0};
    int directory = open("/", O_RDONLY | O_DIRECTORY);

    ck_assert(!io_read_all(-1, 10, &b));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(!io_read_all(directory, 10, &b));
    ck_assert_int_eq(errno, EISDIR);
    close(directory);
    buf_free(&b);
}
END_TEST

static volatile sig_atomic_t signals;

static void count(int number)
{
    (void)number;
    signals++;
}

static char state_of(pid_t pid)
{
    char path[64];
    char text[256] = "";
    FILE *f;
    const char *end;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return '?';
    if (fgets(text, sizeof text, f) == NULL)
        text[0] = '\0';
    fclose(f);
    end = strrchr(text, ')');
    return end != NULL ? end[2] : '?';
}

#define PIECES 20

/* Interrupts the reader each time it sleeps in read(2), then writes one byte. */
static void write_and_interrupt(int fd, pid_t reader)
{
    for (int i = 0; i < PIECES; i++) {
        while (state_of(reader) != 'S')
            sched_yield();
        kill(reader, SIGUSR1);
        if (write(fd, "x", 1) != 1)
            _exit(1);
    }
    _exit(0);
}

START_TEST(a_signal_ends_no_read)
{
    struct sigaction action = {.sa_handler = count}; /* and no SA_RESTART */
    struct buf b = {0};
    pid_t reader = getpid();
    int ends[2];
    pid_t writer;

    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    writer = fork();
    if (writer == 0)
        write_and_interrupt(ends[1], reader);
    close(ends[1]);
    ck_assert(io_read_all(ends[0], PIECES, &b));
    ck_assert_uint_eq(b.length, PIECES);
    ck_assert_int_gt(signals, 0);
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
    close(ends[0]);
    buf_free(&b);
}
END_TEST

#define LONG (1U << 20)

/* More than a pipe holds, taken in small pieces by the other side. */
START_TEST(everything_is_written)
{
    char *bytes = malloc(LONG);
    int ends[2];
    pid_t reader;
    int status;

    for (size_t i = 0; i < LONG; i++)
        bytes[i] = (char)(i * 31 % 251);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    reader = fork();
    if (reader == 0) {
        size_t at = 0;
        char piece[1000];
        ssize_t n;

        close(ends[1]);
        while ((n = read(ends[0], piece, sizeof piece)) > 0 && at + (size_t)n <= LONG &&
               memcmp(piece, bytes + at, (size_t)n) == 0)
            at += (size_t)n;
        _exit(n == 0 && at == LONG ? 0 : 1);
    }
    close(ends[0]);
    ck_assert(io_write_all(ends[1], bytes, LONG));
    close(ends[1]);
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
    free(bytes);
}
END_TEST

START_TEST(what_cannot_be_written_says_so)
{
    int ends[2];
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    ck_assert(!io_write_all(ends[1], "x", 1));
    ck_assert_int_eq(errno, EPIPE);
    close(ends[1]);
    ck_assert(!io_write_all(full, "x", 1));
    ck_assert_int_eq(errno, ENOSPC);
    close(full);
    ck_assert(!io_write_all(-1, "x", 1));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(io_write_all(-1, "", 0));
}
END_TEST

static const struct file {
    const char *name;
    bool good;
    int number;
} files[] = {
    {"file", true, 0},       {"dir/file", true, 0},   {"dirlink/file", true, 0},
    {"link", false, ELOOP},  {"none", false, ENOENT}, {"dangling", false, ELOOP},
    {"large", false, EFBIG}, {"dir", false, EISDIR},  {"fifo", false, EINVAL},
};

START_TEST(a_file_is_read_and_no_link)
{
    struct buf b = {0};

    support_mkdir("dir");
    support_write("file", 0600, "text", 4);
    support_write("dir/file", 0600, "text", 4);
    support_write("large", 0600, "texts", 5);
    support_link("file", "link");
    support_link("none", "dangling");
    support_link("dir", "dirlink");
    support_fifo("fifo");
    ck_assert_int_eq(io_read_file(support_fd(), files[_i].name, 4, &b), files[_i].good);
    if (files[_i].good)
        ck_assert_str_eq(buf_text(&b), "text");
    else
        ck_assert_int_eq(errno, files[_i].number);
    buf_free(&b);
}
END_TEST

static const struct kind {
    const char *name;
    uint64_t resolve;
    int file; /* errno, 0: it is opened */
    int tree;
    mode_t told; /* what *st says of what is not opened */
} kinds[] = {
    {"file", 0, 0, 0, 0},
    {"link", 0, 0, 0, 0},
    {"link", RESOLVE_NO_SYMLINKS, ELOOP, ELOOP, 0},
    {"dir", 0, EISDIR, 0, S_IFDIR},
    {"fifo", 0, EINVAL, EINVAL, S_IFIFO},
    {"fifolink", 0, EINVAL, EINVAL, S_IFIFO},
    {"/dev/null", 0, EINVAL, EINVAL, S_IFCHR},
    {"nowhere", 0, ENOENT, ENOENT, 0},
    {"file/x", 0, ENOTDIR, ENOTDIR, 0},
    {"../file", RESOLVE_BENEATH, EXDEV, EXDEV, 0},
};

static void check_kind(const struct kind *row, int fd, int number, const struct stat *st)
{
    struct stat own;

    if (number != 0) {
        ck_assert_int_eq(fd, -1);
        ck_assert_int_eq(errno, number);
        ck_assert_uint_eq(st->st_mode & S_IFMT, row->told);
        return;
    }
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &own), 0);
    ck_assert_uint_eq(own.st_ino, st->st_ino);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_ACCMODE | O_PATH | O_NONBLOCK), O_RDONLY);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

/* Watches for an open(2), of which O_PATH is none (inotify(7)). */
static int watch(const char *name)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(inotify_add_watch(fd, support_path(name), IN_OPEN), 0);
    return fd;
}

static bool was_opened(int fd)
{
    char events[4096];

    return read(fd, events, sizeof events) > 0;
}

START_TEST(what_a_file_is_is_known_before_it_is_opened)
{
    const struct kind *row = &kinds[_i];
    struct stat st;
    int watching;
    int fd;

    support_mkdir("dir");
    support_write("file", 0600, "text", 4);
    support_fifo("fifo");
    support_link("file", "link");
    support_link("fifo", "fifolink");
    watching = watch("fifo");
    fd = io_open_file(support_fd(), row->name, row->resolve, &st);
    check_kind(row, fd, row->file, &st);
    fd = io_open_tree(support_fd(), row->name, row->resolve, &st);
    check_kind(row, fd, row->tree, &st);
    ck_assert(!was_opened(watching));
    ck_assert_int_ge(openat(support_fd(), "fifo", O_RDONLY | O_NONBLOCK), 0);
    ck_assert(was_opened(watching));
}
END_TEST

static const struct {
    const char *name;
    int number; /* 0: it is read */
} named[] = {
    {"file", 0},          {"link", 0},      {"dirlink/file", 0}, {"none", ENOENT},
    {"dangling", ENOENT}, {"large", EFBIG}, {"dir", EISDIR},     {"pipe", EINVAL},
};

/* A pipe that nobody writes to must not be waited for. */
START_TEST(a_named_file_may_be_behind_a_link)
{
    struct buf b = {0};

    support_mkdir("dir");
    support_write("file", 0600, "text", 4);
    support_write("large", 0600, "texts", 5);
    support_link("file", "link");
    support_link("none", "dangling");
    support_link(".", "dirlink");
    support_fifo("pipe");
    ck_assert_int_eq(io_read_named(support_path(named[_i].name), 4, &b), named[_i].number == 0);
    if (named[_i].number == 0)
        ck_assert_str_eq(buf_text(&b), "text");
    else
        ck_assert_int_eq(errno, named[_i].number);
    buf_free(&b);
}
END_TEST

START_TEST(what_is_mounted_is_known_or_the_reason_why_not)
{
    bool is = false;

    ck_assert(io_is_mount_point(AT_FDCWD, "/proc", &is) && is);
    ck_assert(io_is_mount_point(AT_FDCWD, "/proc/self", &is) && !is);
    ck_assert(!io_is_mount_point(AT_FDCWD, "nowhere", &is));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!io_is_mount_point(-1, "", &is));
    ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(closing_keeps_errno)
{
    int fd = support_memfd("", 0);
    int number = fd;

    errno = ENOTTY;
    io_close(&fd);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(errno, ENOTTY);
    ck_assert_int_eq(fcntl(number, F_GETFD), -1);
    errno = ENOTTY;
    io_close(&fd);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(random_names_differ)
{
    char a[33];
    char b[33];

    ck_assert(io_random_hex(a) && io_random_hex(b));
    ck_assert_uint_eq(strlen(a), 32);
    ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 32);
    ck_assert_uint_eq(strspn(b, "0123456789abcdef"), 32);
    ck_assert_str_ne(a, b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("io");
    TCase *c = tcase_create("io");

    support_directories(c);
    tcase_add_loop_test(c, reading_is_bounded, 0, N_ROWS(limits));
    tcase_add_test(c, what_cannot_be_read_says_so);
    tcase_add_test(c, a_signal_ends_no_read);
    tcase_add_test(c, everything_is_written);
    tcase_add_test(c, what_cannot_be_written_says_so);
    tcase_add_loop_test(c, a_file_is_read_and_no_link, 0, N_ROWS(files));
    tcase_add_loop_test(c, what_a_file_is_is_known_before_it_is_opened, 0, N_ROWS(kinds));
    tcase_add_loop_test(c, a_named_file_may_be_behind_a_link, 0, N_ROWS(named));
    tcase_add_test(c, what_is_mounted_is_known_or_the_reason_why_not);
    tcase_add_test(c, closing_keeps_errno);
    tcase_add_test(c, random_names_differ);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
