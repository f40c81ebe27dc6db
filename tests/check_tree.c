/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "tree/tree.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct error e;

static char *digest(void)
{
    static char text[DIGEST_TEXT_SIZE];

    ck_assert_msg(tree_digest(support_fd(), text, &e), "%s", e.text);
    return text;
}

static void expect(const char *bytes, size_t length)
{
    char want[DIGEST_TEXT_SIZE];

    ck_assert_str_eq(digest(), sha256_text(want, bytes, length));
}

START_TEST(nothing_has_the_digest_of_nothing)
{
    ck_assert_str_eq(digest(), EMPTY);
}
END_TEST

/* The documented form, written out by hand: type, mode, size, content and path, a NUL after each,
 * in the order of the bytes of each directory's names. */
START_TEST(the_digest_is_the_documented_one)
{
    support_mkdir("a");
    support_write("a/z", 0600, "", 0);
    support_mkdir("a/B");
    support_write("a.txt", 0644, "abc", 3);
    support_write("exec", 04755, "abc", 3);
    support_link("../nowhere", "link");
    support_fifo("pipe");
    support_write("\xc3\xa4\n", 0444, "abc", 3);
    ck_assert_int_eq(fchmodat(support_fd(), "a/B", 01700, 0), 0);
    expect(BYTES("d\0"
                 "755\0"
                 "0\0"
                 "-\0"
                 "a\0"
                 "d\0"
                 "1700\0"
                 "0\0"
                 "-\0"
                 "a/B\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "a/z\0"
                 "f\0"
                 "644\0"
                 "3\0" ABC "\0"
                 "a.txt\0"
                 "f\0"
                 "4755\0"
                 "3\0" ABC "\0"
                 "exec\0"
                 "l\0"
                 "777\0"
                 "10\0"
                 "../nowhere\0"
                 "link\0"
                 "10000\0"
                 "644\0"
                 "0\0"
                 "-\0"
                 "pipe\0"
                 "f\0"
                 "444\0"
                 "3\0" ABC "\0"
                 "\xc3\xa4\n\0"));
}
END_TEST

START_TEST(the_order_is_that_of_the_bytes)
{
    support_write("b", 0600, "", 0);
    support_write("B", 0600, "", 0);
    support_write("_", 0600, "", 0);
    support_write("10", 0600, "", 0);
    support_write("9", 0600, "", 0);
    support_write("\xff", 0600, "", 0);
    expect(BYTES("f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "10\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "9\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "B\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "_\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "b\0"
                 "f\0"
                 "600\0"
                 "0\0" EMPTY "\0"
                 "\xff\0"));
}
END_TEST

static void touch(void)
{
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};

    ck_assert_int_eq(utimensat(support_fd(), "f", times, 0), 0);
    ck_assert_int_eq(utimensat(support_fd(), "d", times, 0), 0);
}

static void rewrite(void)
{
    ck_assert_int_eq(unlinkat(support_fd(), "f", 0), 0);
    support_write("f", 0644, "abc", 3);
}

static void relink(void)
{
    ck_assert_int_eq(linkat(support_fd(), "f", support_fd(), "x", 0), 0);
    ck_assert_int_eq(unlinkat(support_fd(), "x", 0), 0);
}

static void change_byte(void)
{
    ck_assert_int_eq(unlinkat(support_fd(), "f", 0), 0);
    support_write("f", 0644, "abd", 3);
}

static void change_mode(void)
{
    ck_assert_int_eq(fchmodat(support_fd(), "f", 0744, 0), 0);
}

static void change_directory(void)
{
    ck_assert_int_eq(fchmodat(support_fd(), "d", 0700, 0), 0);
}

static void change_target(void)
{
    ck_assert_int_eq(unlinkat(support_fd(), "l", 0), 0);
    support_link("g", "l");
}

static void link_to_file(void)
{
    ck_assert_int_eq(unlinkat(support_fd(), "l", 0), 0);
    support_write("l", 0777, "f", 1);
}

static void rename_file(void)
{
    ck_assert_int_eq(renameat(support_fd(), "f", support_fd(), "F"), 0);
}

static void move_file(void)
{
    ck_assert_int_eq(renameat(support_fd(), "f", support_fd(), "d/f"), 0);
}

static void add_file(void)
{
    support_write("d/new", 0644, "", 0);
}

static const struct change {
    void (*make)(void);
    bool seen;
} changes[] = {
    {touch, false},           {rewrite, false},      {relink, false},      {change_byte, true},
    {change_mode, true},      {change_target, true}, {link_to_file, true}, {rename_file, true},
    {change_directory, true}, {move_file, true},     {add_file, true},
};

START_TEST(what_counts_changes_it)
{
    char before[DIGEST_TEXT_SIZE];

    support_write("f", 0644, "abc", 3);
    support_mkdir("d");
    support_link("f", "l");
    strcpy(before, digest());
    changes[_i].make();
    ck_assert_int_eq(strcmp(digest(), before) != 0, changes[_i].seen);
}
END_TEST

struct seen {
    char names[1024];
    const char *stop;
    int hashed;
};

static bool note(const struct tree_entry *entry, void *context)
{
    struct seen *s = context;

    strcat(strcat(s->names, entry->path), entry->target != NULL ? "@ " : " ");
    s->hashed += entry->sha256[0] != '\0';
    return s->stop == NULL || strcmp(entry->path, s->stop) != 0;
}

/* A link to a directory is an entry, never a way. */
START_TEST(links_are_not_followed)
{
    struct seen s = {.names = ""};

    support_mkdir("d");
    support_write("d/f", 0600, "x", 1);
    support_link(".", "d/loop");
    support_link("/", "root");
    support_link("d/f", "to");
    ck_assert(tree_walk(support_fd(), true, note, &s, &e));
    ck_assert_str_eq(s.names, "d d/f d/loop@ root@ to@ ");
    ck_assert_int_eq(s.hashed, 1);
}
END_TEST

START_TEST(hashing_is_asked_for)
{
    struct seen s = {.names = ""};

    support_write("f", 0600, "x", 1);
    ck_assert(tree_walk(support_fd(), false, note, &s, &e));
    ck_assert_str_eq(s.names, "f ");
    ck_assert_int_eq(s.hashed, 0);
}
END_TEST

/* Nothing special is opened: a FIFO without a writer would never open. */
START_TEST(nothing_blocks)
{
    struct seen s = {.names = ""};

    support_fifo("a");
    support_mkdir("b");
    support_fifo("b/c");
    support_link("a", "d");
    ck_assert(tree_walk(support_fd(), true, note, &s, &e));
    ck_assert_str_eq(s.names, "a b b/c d@ ");
    ck_assert_int_eq(s.hashed, 0);
}
END_TEST

START_TEST(the_visitor_may_stop)
{
    struct seen s = {.names = "", .stop = "b"};

    support_mkdir("a");
    support_mkdir("b");
    support_write("b/f", 0600, "", 0);
    support_mkdir("c");
    error_set(&e, EXIT_BLOCKED, "untouched");
    ck_assert(!tree_walk(support_fd(), true, note, &s, &e));
    ck_assert_str_eq(s.names, "a b ");
    ck_assert_str_eq(e.text, "untouched");
}
END_TEST

static void nest(int depth)
{
    int fd = dup(support_fd());

    for (int i = 0; i < depth; i++) {
        int next;

        ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
        next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(fd);
        fd = next;
    }
    close(fd);
}

START_TEST(a_tree_has_a_greatest_depth)
{
    char text[DIGEST_TEXT_SIZE];

    ck_assert_int_eq(TREE_DEPTH_MAX, 128);
    nest(128 + _i);
    ck_assert_int_eq(tree_digest(support_fd(), text, &e), _i == 0);
    if (_i != 0)
        ck_assert_str_eq(e.text, "cannot digest a tree deeper than 128 directories");
}
END_TEST

/* Names as long as names can be, in a path longer than one. */
START_TEST(a_path_may_be_long)
{
    char name[256];
    char text[DIGEST_TEXT_SIZE];
    int fd = dup(support_fd());

    memset(name, 'n', 255);
    name[255] = '\0';
    for (int i = 0; i < 30; i++) {
        int next;

        ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
        next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    close(fd);
    ck_assert_msg(tree_digest(support_fd(), text, &e), "%s", e.text);
    /* Removed here by descriptors: no path reaches it. */
    ck_assert_int_eq(fchdir(support_fd()), 0);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(chdir(name), 0);
    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(chdir(".."), 0);
        ck_assert_int_eq(rmdir(name), 0);
    }
}
END_TEST

START_TEST(what_cannot_be_read_says_so)
{
    char text[DIGEST_TEXT_SIZE];
    int file = support_memfd("", 0);

    ck_assert(!tree_digest(file, text, &e));
    ck_assert_str_eq(e.text, "cannot read '' for the digest: Not a directory");
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
    ck_assert(!tree_digest(-1, text, &e));
    close(file);
}
END_TEST

START_TEST(what_may_not_be_read_says_so)
{
    char text[DIGEST_TEXT_SIZE];

    support_write("a\nb", 0000, "", 0);
    ck_assert(!tree_digest(support_fd(), text, &e));
    ck_assert_str_eq(e.text, "cannot read 'a\\x0ab' for the digest: Permission denied");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("tree");
    TCase *c = tcase_create("tree");

    support_directories(c);
    tcase_add_test(c, nothing_has_the_digest_of_nothing);
    tcase_add_test(c, the_digest_is_the_documented_one);
    tcase_add_test(c, the_order_is_that_of_the_bytes);
    tcase_add_loop_test(c, what_counts_changes_it, 0, N_ROWS(changes));
    tcase_add_test(c, links_are_not_followed);
    tcase_add_test(c, hashing_is_asked_for);
    tcase_add_test(c, nothing_blocks);
    tcase_add_test(c, the_visitor_may_stop);
    tcase_add_loop_test(c, a_tree_has_a_greatest_depth, 0, 2);
    tcase_add_test(c, a_path_may_be_long);
    tcase_add_test(c, what_cannot_be_read_says_so);
    if (geteuid() != 0)
        tcase_add_test(c, what_may_not_be_read_says_so);
    else
        puts("SKIP: what_may_not_be_read_says_so: root may read everything");
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
