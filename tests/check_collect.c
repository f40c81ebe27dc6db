/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/collect.h"
#include "support.h"

/* The payload's tmpfs is the directory "from", the outputs go to "out" beside it. */

static struct audit audit;
static struct error e;
static struct collect_place place;
static int from = -1;

static void make_from(void)
{
    support_mkdir("from");
    from = openat(support_fd(), "from", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place = (struct collect_place){.parent = support_fd(), .name = "out", .mode = 0750};
}

static struct stat status(const char *name)
{
    struct stat st;

    ck_assert_msg(fstatat(support_fd(), name, &st, AT_SYMLINK_NOFOLLOW) == 0, "%s", name);
    return st;
}

static void publish(uint64_t size)
{
    int fd = collect_publish(from, size, &place, &e);

    ck_assert_msg(fd >= 0, "%s", e.text);
    ck_assert_uint_eq(status("out").st_mode & 07777, 0750);
    close(fd);
}

static void publish_fails(uint64_t size, const char *why)
{
    ck_assert_int_eq(collect_publish(from, size, &place, &e), -1);
    ck_assert_str_eq(e.text, why);
}

START_TEST(files_and_directories_are_published)
{
    static const struct {
        const char *name;
        mode_t mode;
        mode_t published;
    } files[] = {
        {"a", 0600, 0644},   {"b", 0777, 0755},    {"c", 0000, 0644},   {"d/e", 0100, 0755},
        {"d/f", 0444, 0644}, {"d/g", 06755, 0755}, {"h\n", 0666, 0644},
    };
    char name[32];

    make_from();
    support_mkdir("from/d");
    support_mkdir("from/empty");
    for (int i = 0; i < N_ROWS(files); i++) {
        snprintf(name, sizeof name, "from/%s", files[i].name);
        support_write(name, files[i].mode, "abc", 3);
    }
    ck_assert_int_eq(fchmodat(support_fd(), "from/d", 01777, 0), 0);
    ck_assert_int_eq(fchmodat(support_fd(), "from/empty", 0, 0), 0);
    umask(077);
    publish(1000);
    for (int i = 0; i < N_ROWS(files); i++) {
        snprintf(name, sizeof name, "out/%s", files[i].name);
        ck_assert_str_eq(support_read(name, NULL), "abc");
        ck_assert_uint_eq(status(name).st_mode, S_IFREG | files[i].published);
        ck_assert_uint_eq(status(name).st_nlink, 1);
        ck_assert_uint_eq(status(name).st_uid, geteuid());
    }
    ck_assert_uint_eq(status("out/d").st_mode, S_IFDIR | 0755);
    ck_assert_uint_eq(status("out/empty").st_mode, S_IFDIR | 0755);
    ck_assert_str_eq(support_list("."), "from out ");
}
END_TEST

START_TEST(nothing_else_is)
{
    make_from();
    support_write("secret", 0644, "secret", 6);
    support_link("../secret", "from/link");
    support_link("..", "from/up");
    support_fifo("from/fifo");
    support_mkdir("from/d");
    support_link("/", "from/d/root");
    support_write("from/f", 0644, "abc", 3);
    ck_assert(collect_look(from, 1000, &audit, &e));
    ck_assert_uint_eq(audit.entries, 6);
    ck_assert_uint_eq(audit.refused, 4);
    ck_assert_uint_eq(audit.odd, 4);
    publish(1000);
    ck_assert_str_eq(support_list("out"), "d f ");
    ck_assert_str_eq(support_list("out/d"), "");
}
END_TEST

/* Each name becomes a file of its own, as long as there is room. */
START_TEST(a_second_name_is_a_second_file)
{
    make_from();
    support_write("from/a", 0644, "abc", 3);
    ck_assert_int_eq(linkat(from, "a", from, "b", 0), 0);
    ck_assert_int_eq(linkat(from, "a", from, "c", 0), 0);
    ck_assert(collect_look(from, 8, &audit, &e));
    ck_assert_uint_eq(audit.rows[1].odd, ODD_BIT(ODD_NAMES));
    ck_assert_uint_eq(audit.rows[2].odd, ODD_BIT(ODD_NAMES) | ODD_BIT(ODD_LARGE));
    publish(8);
    ck_assert_str_eq(support_list("out"), "a b ");
    ck_assert_uint_ne(status("out/a").st_ino, status("out/b").st_ino);
}
END_TEST

/* A giant of holes costs nothing where it was made, and is refused by what it says it is. */
START_TEST(what_is_too_large_is_refused_and_the_rest_is_not)
{
    int fd;

    make_from();
    support_write("from/a", 0644, "abc", 3);
    support_write("from/giant", 0644, "abc", 3);
    support_write("from/z", 0644, "abc", 3);
    fd = openat(from, "giant", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, 1LL << 40), 0);
    close(fd);
    ck_assert(collect_look(from, 6, &audit, &e));
    ck_assert_uint_eq(audit.rows[1].odd, ODD_BIT(ODD_LARGE));
    ck_assert_uint_eq(audit.refused, 1);
    publish(6);
    ck_assert_str_eq(support_list("out"), "a z ");
}
END_TEST

START_TEST(holes_stay_holes)
{
    const off_t size = 8 << 20;
    struct stat st;
    char *copy;
    void *zeroes;
    size_t length;
    int fd;

    make_from();
    fd = openat(from, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_eq(pwrite(fd, "in the middle", 13, 4 << 20), 13);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
    publish((uint64_t)size);
    st = status("out/f");
    ck_assert_int_eq(st.st_size, size);
    ck_assert_int_lt(st.st_blocks * 512, 1 << 20);
    copy = support_read("out/f", &length);
    ck_assert_uint_eq(length, (size_t)size);
    ck_assert_mem_eq(copy + (4 << 20), "in the middle", 13);
    memset(copy + (4 << 20), 0, 13);
    zeroes = calloc(1, length);
    ck_assert_mem_eq(copy, zeroes, length);
    free(zeroes);
}
END_TEST

START_TEST(a_deep_tree_is_cut)
{
    int fd = -1;
    char path[2 * 140 + 8] = "out";

    make_from();
    fd = dup(from);
    for (int i = 0; i < 140; i++) {
        int next;

        ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
        next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    close(fd);
    publish(1000);
    for (int i = 0; i < 128; i++)
        strcat(path, "/d");
    ck_assert_str_eq(support_list(path), "");
}
END_TEST

START_TEST(an_empty_directory_is_replaced)
{
    ino_t before;

    make_from();
    support_write("from/f", 0644, "abc", 3);
    support_mkdir("out");
    before = status("out").st_ino;
    place.exists = true;
    place.uid = geteuid();
    place.gid = getegid();
    publish(1000);
    ck_assert_uint_ne(status("out").st_ino, before);
    ck_assert_str_eq(support_list("out"), "f ");
}
END_TEST

static void make_full(void)
{
    support_mkdir("out");
    support_write("out/mine", 0644, "mine", 4);
}

static void make_file(void)
{
    support_write("out", 0644, "mine", 4);
}

static void make_link(void)
{
    support_mkdir("elsewhere");
    support_link("elsewhere", "out");
}

/* What came there meanwhile stays, and nothing of ours does. */
static const struct meanwhile {
    void (*make)(void);
    bool expected; /* a directory was there when it was planned */
    const char *error;
    const char *left;
} meanwhiles[] = {
    {make_full, true, "Directory not empty", "from out "},
    {make_full, false, "File exists", "from out "},
    {make_file, true, "Not a directory", "from out "},
    {make_file, false, "File exists", "from out "},
    {make_link, true, "Not a directory", "elsewhere from out "},
    {make_link, false, "File exists", "elsewhere from out "},
};

START_TEST(what_came_meanwhile_stays)
{
    char why[128];

    make_from();
    support_write("from/f", 0644, "abc", 3);
    meanwhiles[_i].make();
    place.exists = meanwhiles[_i].expected;
    place.uid = geteuid();
    place.gid = getegid();
    snprintf(why, sizeof why, "cannot publish the outputs in 'out': %s", meanwhiles[_i].error);
    publish_fails(1000, why);
    ck_assert_str_eq(support_list("."), meanwhiles[_i].left);
}
END_TEST

/* As a disk that is full half way. */
START_TEST(an_error_half_way_leaves_nothing)
{
    struct rlimit limit = {100, 100};
    static char bytes[200];

    make_from();
    support_mkdir("from/d");
    support_write("from/d/a", 0644, "abc", 3);
    support_write("from/d/b", 0644, bytes, sizeof bytes);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    publish_fails(1000, "cannot publish the output 'd/b': File too large");
    ck_assert_str_eq(support_list("."), "from ");
}
END_TEST

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGINT, "INT"}, {SIGTERM, "TERM"}, {SIGHUP, "HUP"}, {SIGQUIT, "QUIT"}};

/* It is answered as a failure, and not by the death that would leave half of it. */
START_TEST(a_signal_leaves_nothing)
{
    sigset_t set;
    char why[128];

    make_from();
    support_write("from/f", 0644, "abc", 3);
    sigemptyset(&set);
    sigaddset(&set, signals[_i].number);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_eq(raise(signals[_i].number), 0);
    snprintf(why, sizeof why,
             "cannot publish the outputs: interrupted by SIG%s, and nothing was published",
             signals[_i].name);
    publish_fails(1000, why);
    ck_assert_int_eq((int)e.exit, 128 + signals[_i].number);
    ck_assert_str_eq(support_list("."), "from ");
    ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &set, NULL), 0); /* it was taken */
}
END_TEST

START_TEST(what_cannot_be_written_to_is_an_error)
{
    make_from();
    place.parent = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(collect_publish(from, 10, &place, &e), -1);
    ck_assert_msg(strncmp(e.text, "cannot publish the outputs in 'out': ", 37) == 0, "%s", e.text);
    close(place.parent);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("collect");
    TCase *c = tcase_create("collect");

    support_directories(c);
    tcase_add_test(c, files_and_directories_are_published);
    tcase_add_test(c, nothing_else_is);
    tcase_add_test(c, a_second_name_is_a_second_file);
    tcase_add_test(c, what_is_too_large_is_refused_and_the_rest_is_not);
    tcase_add_test(c, holes_stay_holes);
    tcase_add_test(c, a_deep_tree_is_cut);
    tcase_add_test(c, an_empty_directory_is_replaced);
    tcase_add_loop_test(c, what_came_meanwhile_stays, 0, N_ROWS(meanwhiles));
    tcase_add_test(c, an_error_half_way_leaves_nothing);
    tcase_add_loop_test(c, a_signal_leaves_nothing, 0, N_ROWS(signals));
    tcase_add_test(c, what_cannot_be_written_to_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
