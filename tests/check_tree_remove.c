/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "tree/remove.h"

static bool there(const char *name)
{
    struct stat st;

    return fstatat(support_fd(), name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(all_kinds_go)
{
    support_mkdir("t");
    support_mkdir("t/d");
    support_mkdir("t/d/e");
    support_write("t/d/f", 0, "abc", 3);
    support_write("t/\xff\n", 0644, "", 0);
    support_fifo("t/p");
    support_link("/nowhere", "t/l");
    ck_assert(tree_remove(support_fd(), "t"));
    ck_assert_str_eq(support_list("."), "");
}
END_TEST

START_TEST(a_file_and_a_link_and_nothing)
{
    support_write("f", 0444, "", 0);
    support_link("f", "l");
    ck_assert(tree_remove(support_fd(), "l"));
    ck_assert(there("f"));
    ck_assert(tree_remove(support_fd(), "f"));
    ck_assert(!there("f"));
    ck_assert(tree_remove(support_fd(), "f"));
}
END_TEST

/* What a link leads to is not touched, wherever the link is. */
START_TEST(links_are_not_followed)
{
    support_mkdir("kept");
    support_write("kept/f", 0644, "abc", 3);
    support_mkdir("t");
    support_link("../kept", "t/up");
    support_link(support_path("kept"), "t/absolute");
    support_link("t", "link");
    ck_assert(tree_remove(support_fd(), "link"));
    ck_assert(there("t/up"));
    ck_assert(tree_remove(support_fd(), "t"));
    ck_assert_str_eq(support_list("."), "kept ");
    ck_assert_str_eq(support_list("kept"), "f ");
}
END_TEST

/* As an ordinary user, to whom modes mean something. */
START_TEST(closed_directories_are_opened)
{
    static const mode_t modes[] = {0, 0100, 0400, 0500, 0600};

    support_mkdir("t");
    support_mkdir("t/d");
    support_mkdir("t/d/e");
    support_write("t/d/e/f", 0644, "", 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(fchownat(support_fd(), ".", 65534, 65534, 0), 0);
        ck_assert_int_eq(fchownat(support_fd(), "t", 65534, 65534, 0), 0);
        ck_assert_int_eq(fchownat(support_fd(), "t/d", 65534, 65534, 0), 0);
        ck_assert_int_eq(fchownat(support_fd(), "t/d/e", 65534, 65534, 0), 0);
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
    }
    ck_assert_int_eq(fchmodat(support_fd(), "t/d/e", modes[_i], 0), 0);
    ck_assert_int_eq(fchmodat(support_fd(), "t/d", modes[_i], 0), 0);
    ck_assert_int_eq(fchmodat(support_fd(), "t", modes[_i], 0), 0);
    ck_assert_msg(tree_remove(support_fd(), "t"), "%s", strerror(errno));
    ck_assert(!there("t"));
}
END_TEST

/* Deeper than there are descriptors, and than the stack would go; nothing is left beside it. */
START_TEST(no_tree_is_too_deep)
{
    int fd = dup(support_fd());

    support_mkdir("t");
    for (int i = 0; i < 3000; i++) {
        int next;

        ck_assert(i == 0 || mkdirat(fd, "t", 0700) == 0);
        next = openat(fd, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        close(fd);
        fd = next;
    }
    close(fd);
    support_mkdir("kept");
    ck_assert_msg(tree_remove(support_fd(), "t"), "%s", strerror(errno));
    ck_assert_str_eq(support_list("."), "kept ");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tree_remove");
    TCase *c = tcase_create("tree_remove");

    support_directories(c);
    tcase_add_test(c, all_kinds_go);
    tcase_add_test(c, a_file_and_a_link_and_nothing);
    tcase_add_test(c, links_are_not_followed);
    tcase_add_loop_test(c, closed_directories_are_opened, 0, 5);
    tcase_add_test(c, no_tree_is_too_deep);
    suite_add_tcase(s, c);
    return support_run(s);
}
