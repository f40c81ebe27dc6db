/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/overlap.h"
#include "support.h"

static struct host_object object(const char *name)
{
    struct host_object o = {.path = support_path(name)};
    struct stat st;

    o.fd = open(o.path, O_PATH | O_CLOEXEC);
    ck_assert_msg(o.fd >= 0, "cannot open %s", o.path);
    ck_assert_int_eq(fstat(o.fd, &st), 0);
    o.dev = st.st_dev;
    o.ino = st.st_ino;
    o.directory = S_ISDIR(st.st_mode);
    return o;
}

static void make_world(void)
{
    support_mkdir("a");
    support_mkdir("a/b");
    support_mkdir("a/b/c");
    support_mkdir("ab");
    support_mkdir("d");
    support_write("a/file", 0644, "", 0);
    support_write("other", 0644, "", 0);
    ck_assert_int_eq(linkat(support_fd(), "a/file", support_fd(), "hard", 0), 0);
    support_link("a", "link");
    support_link("a/b", "deep");
    support_link("link/b/../../a/b/c", "long");
}

/* Is the first inside the second, and the other way round? */
static const struct pair {
    const char *first;
    const char *second;
    bool inside;
    bool around;
} pairs[] = {
    {"a", "d", false, false},          {"a", "ab", false, false},
    {"ab", "a", false, false},         {"a", "a", true, true},
    {"a/b", "a", true, false},         {"a/b/c", "a", true, false},
    {"a", "a/b/c", false, true},       {"a/b", "ab", false, false},
    {"link", "a", true, true},         {"deep", "a", true, false},
    {"a", "deep", false, true},        {"long", "deep", true, false},
    {"a/../a", "link", true, true},    {"a/b/..", "a/b", false, true},
    {"a/file", "a/file", true, true},  {"hard", "a/file", true, true},
    {"a/file", "other", false, false}, {".", "a", false, true},
};

#define HINT "give directories that do not contain each other"

static void expect(const struct error *e, const struct host_object *inner, const char *inner_name,
                   const struct host_object *outer, const char *outer_name)
{
    char text[768];

    snprintf(text, sizeof text, "cannot use %s '%s': it is inside %s '%s'", inner_name, inner->path,
             outer_name, outer->path);
    ck_assert_str_eq(e->text, text);
    ck_assert_str_eq(e->hint, HINT);
    ck_assert_int_eq(e->exit, EXIT_DENYBOX);
}

START_TEST(pairs_are_told_apart)
{
    const struct pair *p = &pairs[_i];
    struct host_object a;
    struct host_object b;
    struct error e = {0};

    make_world();
    a = object(p->first);
    b = object(p->second);
    ck_assert_int_eq(overlap_refuse_inside(&a, "--in", &b, "--out", &e), !p->inside);
    if (p->inside)
        expect(&e, &a, "--in", &b, "--out");
    ck_assert_int_eq(overlap_refuse_inside(&b, "--out", &a, "--in", &e), !p->around);
    if (p->around)
        expect(&e, &b, "--out", &a, "--in");
    ck_assert_int_eq(overlap_refuse(&a, "--in", &b, "--out", &e), !p->inside && !p->around);
    ck_assert_int_eq(overlap_refuse(&b, "--out", &a, "--in", &e), !p->inside && !p->around);
}
END_TEST

START_TEST(nothing_overlaps_nothing)
{
    struct host_object none = {.fd = -1};
    struct host_object a;
    struct error e;

    make_world();
    a = object("a");
    ck_assert(overlap_refuse(&none, "--in", &a, "--out", &e));
    ck_assert(overlap_refuse(&a, "--in", &none, "--out", &e));
    ck_assert(overlap_refuse(&none, "--in", &none, "--out", &e));
}
END_TEST

START_TEST(everything_is_inside_the_root)
{
    struct host_object a;
    struct host_object root = {.path = "/", .fd = open("/", O_PATH | O_CLOEXEC)};
    struct stat st;
    struct error e;

    make_world();
    a = object("a/b");
    ck_assert_int_eq(fstat(root.fd, &st), 0);
    root.dev = st.st_dev;
    root.ino = st.st_ino;
    root.directory = true;
    ck_assert(!overlap_refuse_inside(&a, "--in", &root, "--out", &e));
    ck_assert(overlap_refuse_inside(&root, "--out", &a, "--in", &e));
}
END_TEST

/* Deeper than one look up reaches, by one level and by several looks. */
START_TEST(a_deep_tree)
{
    char path[256] = "a";
    struct host_object top;
    struct host_object other;
    struct error e;

    make_world();
    support_mkdir("d/x");
    for (int level = 0; level < 100; level++) {
        struct host_object low;

        strcat(path, "/y");
        support_mkdir(path);
        low = object(path);
        top = object("a");
        other = object("d/x");
        ck_assert_msg(!overlap_refuse_inside(&low, "--in", &top, "--out", &e), "level %d", level);
        ck_assert_msg(overlap_refuse(&low, "--in", &other, "--out", &e), "level %d", level);
        close(low.fd);
        close(top.fd);
        close(other.fd);
    }
}
END_TEST

static bool can_mount(void)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0)
        _exit(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
                      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
                  ? 0
                  : 1);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* The same directory under two names that no comparison of paths could match. */
START_TEST(a_bind_mount_is_seen_through)
{
    struct host_object a;
    struct host_object b;
    struct host_object c;
    struct error e;

    make_world();
    ck_assert_int_eq(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount(support_path("a/b"), support_path("d"), NULL, MS_BIND, NULL), 0);
    a = object("a/b");
    b = object("d");
    c = object("d/c");
    ck_assert(!overlap_refuse(&a, "--in", &b, "--out", &e));
    expect(&e, &a, "--in", &b, "--out");
    ck_assert(!overlap_refuse(&c, "--in", &a, "--out", &e));
    expect(&e, &c, "--in", &a, "--out");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("overlap");
    TCase *c = tcase_create("overlap");

    support_directories(c);
    tcase_add_loop_test(c, pairs_are_told_apart, 0, N_ROWS(pairs));
    tcase_add_test(c, nothing_overlaps_nothing);
    tcase_add_test(c, everything_is_inside_the_root);
    tcase_add_test(c, a_deep_tree);
    if (can_mount())
        tcase_add_test(c, a_bind_mount_is_seen_through);
    else
        puts("SKIP: a_bind_mount_is_seen_through: this user can make no mount namespace");
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
