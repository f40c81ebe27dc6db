/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "tree/audit.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NOTHING "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct audit audit;
static struct error e;

static const struct audit_row *take(const char *path)
{
    audit_free(&audit);
    ck_assert_msg(audit_take(support_fd(), &audit, &e), "%s", e.text);
    for (size_t i = 0; i < audit.n_rows; i++) {
        if (strcmp(audit.rows[i].path, path) == 0)
            return &audit.rows[i];
    }
    return NULL;
}

/* A chain of directories d/d/d..., the last of which is that deep. */
static void make_chain(int depth)
{
    int fd = dup(support_fd());

    for (int i = 0; i < depth; i++) {
        int next;

        ck_assert_int_eq(mkdirat(fd, "d", 0755), 0);
        next = openat(fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    close(fd);
}

/* 128 directories are entered; the one below is said to be too deep, and what is in it is not
 * looked at. */
START_TEST(what_is_too_deep_is_said)
{
    make_chain(140);
    take("");
    ck_assert_uint_eq(audit.entries, TREE_DEPTH_MAX + 1);
    ck_assert_uint_eq(audit.odd, 1);
    ck_assert_uint_eq(audit.refused, 1);
    ck_assert_uint_eq(audit.rows[TREE_DEPTH_MAX].odd, ODD_BIT(ODD_DEEP));
    ck_assert_uint_eq(audit.rows[TREE_DEPTH_MAX - 1].odd, 0);
    ck_assert(!audit.endless);
}
END_TEST

START_TEST(a_directory_before_what_is_in_it)
{
    static const char *const order[] = {"a", "a/b", "a-", "b"};

    support_mkdir("a");
    support_write("a/b", 0644, "", 0);
    support_write("b", 0644, "", 0);
    support_write("a-", 0644, "", 0);
    take("");
    ck_assert_uint_eq(audit.n_rows, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(audit.rows[i].path, order[i]);
}
END_TEST

/* Only who is not root can be kept from reading. */
START_TEST(what_is_shut_is_said)
{
    support_mkdir("d");
    support_write("d/below", 0644, "", 0);
    support_mkdir("n"); /* its names can be read, and nothing of what they are */
    support_write("n/below", 0644, "", 0);
    support_write("f", 0000, "abc", 3);
    support_write("z", 0644, "abc", 3);
    ck_assert_int_eq(fchmodat(support_fd(), "d", 0, 0), 0);
    ck_assert_int_eq(fchmodat(support_fd(), "n", 0400, 0), 0);
    ck_assert_uint_eq(take("d")->odd, ODD_BIT(ODD_UNREADABLE));
    ck_assert_uint_eq(take("n")->odd, ODD_BIT(ODD_UNREADABLE));
    ck_assert_uint_eq(take("f")->odd, ODD_BIT(ODD_UNREADABLE));
    ck_assert_uint_eq(take("z")->odd, 0);
    ck_assert_uint_eq(audit.entries, 4);
    ck_assert_uint_eq(audit.odd, 3);
    ck_assert_str_eq(audit.first, "d");
    audit_digest(&audit, support_fd(), 100);
    ck_assert_str_eq(audit.rows[3].sha256, ABC);
    ck_assert_str_eq(audit.rows[1].sha256, "");
    ck_assert_uint_eq(audit.odd, 3);
    ck_assert_int_eq(fchmodat(support_fd(), "d", 0700, 0), 0);
    ck_assert_int_eq(fchmodat(support_fd(), "n", 0700, 0), 0);
}
END_TEST

static bool count(struct audit_entry *entry, void *context, struct error *error)
{
    (void)error;
    ck_assert_uint_eq(entry->odd, 0);
    ++*(int *)context;
    return true;
}

/* In a tmpfs of our own what was shut is opened up. */
START_TEST(what_is_shut_is_opened_where_it_is_ours)
{
    int n = 0;
    struct audit_visitor visitor = {
        .own = true, .visit = count, .context = &n, .most = TREE_ENTRIES_MAX};
    struct stat st;
    bool whole;

    support_mkdir("d");
    support_write("d/below", 0, "", 0);
    support_write("f", 0, "abc", 3);
    ck_assert_int_eq(fchmodat(support_fd(), "d", 0, 0), 0);
    ck_assert_int_eq(fchmod(support_fd(), 0), 0);
    ck_assert(audit_walk(support_fd(), &visitor, &whole, &e));
    ck_assert(whole);
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(fstatat(support_fd(), "d/below", &st, 0), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

static bool refuse_second(struct audit_entry *entry, void *context, struct error *error)
{
    (void)context;
    return strcmp(entry->path, "b") != 0 || error_set(error, EXIT_DENYBOX, "cannot go on");
}

START_TEST(a_visitor_can_end_it)
{
    struct audit_visitor visitor = {.visit = refuse_second, .most = TREE_ENTRIES_MAX};
    bool whole;

    support_write("a", 0644, "", 0);
    ck_assert(audit_walk(support_fd(), &visitor, &whole, &e));
    support_write("b", 0644, "", 0);
    ck_assert(!audit_walk(support_fd(), &visitor, &whole, &e));
    ck_assert_str_eq(e.text, "cannot go on");
}
END_TEST

static bool count_top(struct audit_entry *entry, void *context, struct error *error)
{
    (void)error;
    ((int *)context)[strchr(entry->path, '/') != NULL]++;
    return true;
}

/* What a payload makes is held in memory as far as its names were read. Those of all directories on
 * the way wait at once, so the bound is one of all together: of the second directory only what the
 * first has left is read, and never a bound's worth a directory. */
START_TEST(the_names_of_all_directories_have_one_bound)
{
    int n[2] = {0, 0};
    struct audit_visitor visitor = {.visit = count_top, .context = n, .most = 10};
    bool whole;
    char name[8];

    support_mkdir("a");
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "a/%d", i);
        support_write(name, 0644, "", 0);
        snprintf(name, sizeof name, "b%d", i);
        support_write(name, 0644, "", 0);
    }
    ck_assert(audit_walk(support_fd(), &visitor, &whole, &e));
    ck_assert(!whole);
    ck_assert_int_eq(n[0], 9);
    ck_assert_int_eq(n[1], 1);
    visitor.most = 17;
    ck_assert(audit_walk(support_fd(), &visitor, &whole, &e));
    ck_assert(whole);
}
END_TEST

/* The smallest first: one giant does not spend what all the others need. */
START_TEST(the_small_are_digested_before_the_giant)
{
    int fd;

    support_write("giant", 0644, "", 0);
    support_write("small", 0644, "abc", 3);
    support_write("zero", 0644, "", 0);
    fd = openat(support_fd(), "giant", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(ftruncate(fd, 1LL << 40), 0);
    close(fd);
    take("");
    ck_assert_uint_eq(audit.odd, 0);
    audit_digest(&audit, support_fd(), 1000);
    ck_assert_uint_eq(audit.rows[0].odd, ODD_BIT(ODD_UNDIGESTED));
    ck_assert_str_eq(audit.rows[0].sha256, "");
    ck_assert_str_eq(audit.rows[1].sha256, ABC);
    ck_assert_str_eq(audit.rows[2].sha256, NOTHING);
    ck_assert_uint_eq(audit.odd, 1);
}
END_TEST

/* What is another file, a link or a FIFO by then has no digest. */
START_TEST(what_was_replaced_is_not_digested)
{
    support_mkdir("d");
    support_write("d/f", 0644, "abc", 3);
    support_write("g", 0644, "abc", 3);
    support_write("h", 0644, "abc", 3);
    take("");
    ck_assert_int_eq(renameat(support_fd(), "d", support_fd(), "e"), 0);
    support_link("e", "d");
    ck_assert_int_eq(unlinkat(support_fd(), "g", 0), 0);
    support_fifo("g");
    support_write("other", 0644, "abc", 3);
    ck_assert_int_eq(renameat(support_fd(), "other", support_fd(), "h"), 0);
    audit_digest(&audit, support_fd(), 1000);
    for (size_t i = 1; i < 4; i++) {
        ck_assert_uint_eq(audit.rows[i].odd, ODD_BIT(ODD_UNREADABLE));
        ck_assert_str_eq(audit.rows[i].sha256, "");
    }
    ck_assert_uint_eq(audit.odd, 3);
}
END_TEST

START_TEST(a_path_longer_than_a_call_takes_is_digested)
{
    char name[252];
    int fd = dup(support_fd());

    memset(name, 'n', 251);
    name[251] = '\0';
    for (int i = 0; i < 20; i++) { /* 5 KiB */
        int next;

        ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
        next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    close(openat(fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    close(fd);
    take("");
    audit_digest(&audit, support_fd(), 1000);
    ck_assert_uint_eq(audit.n_rows, 21);
    ck_assert_str_eq(audit.rows[20].sha256, NOTHING);
}
END_TEST

START_TEST(what_is_no_directory_is_an_error)
{
    int file = support_memfd("", 0);

    ck_assert(!audit_take(file, &audit, &e));
    ck_assert_str_eq(e.text, "cannot look at the outputs: Not a directory");
    close(file);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("audit");
    TCase *c = tcase_create("audit");

    support_directories(c);
    tcase_add_test(c, what_is_too_deep_is_said);
    tcase_add_test(c, a_directory_before_what_is_in_it);
    if (geteuid() != 0)
        tcase_add_test(c, what_is_shut_is_said);
    else
        puts("SKIP: an output that cannot be read: root reads everything");
    tcase_add_test(c, what_is_shut_is_opened_where_it_is_ours);
    tcase_add_test(c, a_visitor_can_end_it);
    tcase_add_test(c, the_names_of_all_directories_have_one_bound);
    tcase_add_test(c, the_small_are_digested_before_the_giant);
    tcase_add_test(c, what_was_replaced_is_not_digested);
    tcase_add_test(c, a_path_longer_than_a_call_takes_is_digested);
    tcase_add_test(c, what_is_no_directory_is_an_error);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
