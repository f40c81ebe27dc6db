/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "support.h"
#include "tree/stage.h"

#define ENTRY "cache/denybox/area/entry"

static struct error e;

static mode_t mode_of(const char *name)
{
    struct stat st;

    ck_assert_int_eq(fstatat(support_fd(), name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return st.st_mode & 07777;
}

static void set_home(void)
{
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", support_path("cache"), 1), 0);
}

static int area_fd(void)
{
    int fd = store_open("area", &e);

    ck_assert_msg(fd >= 0, "%s", e.text);
    return fd;
}

/* An entry with one file, "in". */
static void make(int area, const char *name, bool expect_existed)
{
    struct stage s;
    bool existed;
    int fd;

    ck_assert_msg(staging_begin(area, &s, &e), "%s", e.text);
    ck_assert(store_is_staging(s.name));
    fd = openat(s.fd, "in", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_msg(staging_publish(&s, name, &existed, &e), "%s", e.text);
    ck_assert_int_eq(existed, expect_existed);
    ck_assert_int_eq(s.fd, -1);
}

START_TEST(it_is_the_callers_alone)
{
    mode_t before = umask(0);

    set_home();
    ck_assert_int_ge(area_fd(), 0);
    umask(before);
    ck_assert_uint_eq(mode_of("cache"), 0700);
    ck_assert_uint_eq(mode_of("cache/denybox"), 0700);
    ck_assert_uint_eq(mode_of("cache/denybox/area"), 0700);
}
END_TEST

START_TEST(looking_makes_nothing)
{
    set_home();
    ck_assert_int_eq(store_look("area", &e), -1);
    ck_assert_str_eq(e.text, "");
    ck_assert_str_eq(support_list("."), "");
    area_fd();
    ck_assert_int_eq(store_look("other", &e), -1);
    ck_assert_str_eq(e.text, "");
    ck_assert_int_ge(store_look("area", &e), 0);
    ck_assert_str_eq(support_list("cache/denybox"), "area ");
}
END_TEST

/* The XDG base directory specification: unset or relative is as good as none. */
START_TEST(where_it_is)
{
    char path[PATH_MAX];

    setenv("HOME", "/h", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    ck_assert(store_path("a", "n/root", path, &e));
    ck_assert_str_eq(path, "/x/denybox/a/n/root");
    setenv("XDG_CACHE_HOME", "x", 1);
    ck_assert(store_path("a", "n", path, &e));
    ck_assert_str_eq(path, "/h/.cache/denybox/a/n");
    unsetenv("XDG_CACHE_HOME");
    ck_assert(store_path("a", "n", path, &e));
    ck_assert_str_eq(path, "/h/.cache/denybox/a/n");
    setenv("HOME", "h", 1);
    ck_assert(!store_path("a", "n", path, &e));
    ck_assert_str_eq(e.text, "cannot find a cache directory: HOME is 'h', which is no absolute "
                             "path");
    unsetenv("HOME");
    ck_assert_int_eq(store_open("a", &e), -1);
    ck_assert_str_eq(e.text, "cannot find a cache directory: neither XDG_CACHE_HOME nor HOME names "
                             "one");
    ck_assert(e.hint[0] != '\0');
}
END_TEST

static const struct {
    const char *name;
    mode_t mode;
    bool good;
} modes[] = {
    {"cache", 0777, true}, /* of the user's, for all caches: only what is ours is looked at */
    {"cache/denybox", 0755, true},
    {"cache/denybox", 0720, false},
    {"cache/denybox", 0702, false},
    {"cache/denybox/area", 0755, true},
    {"cache/denybox/area", 0770, false},
    {"cache/denybox/area", 0707, false},
};

START_TEST(nobody_else_writes_there)
{
    int fd;

    set_home();
    area_fd();
    ck_assert_int_eq(fchmodat(support_fd(), modes[_i].name, modes[_i].mode, 0), 0);
    fd = store_open("area", &e);
    ck_assert_int_eq(fd >= 0, modes[_i].good);
    ck_assert_int_eq(store_look("area", &e) >= 0, modes[_i].good);
    if (!modes[_i].good) {
        ck_assert_msg(strstr(e.text, "others may write to it") != NULL, "%s", e.text);
        ck_assert_msg(strstr(e.hint, "chmod go-w") != NULL, "%s", e.hint);
    }
}
END_TEST

START_TEST(a_link_is_not_the_cache)
{
    set_home();
    support_mkdir("cache");
    support_mkdir("elsewhere");
    support_link("../elsewhere", "cache/denybox");
    ck_assert_int_eq(store_open("area", &e), -1);
    ck_assert_msg(strstr(e.text, "cannot open the cache") != NULL, "%s", e.text);
    ck_assert_str_eq(support_list("elsewhere"), "");
}
END_TEST

START_TEST(an_entry_is_there_when_it_is_published)
{
    int area;
    struct stage s;
    bool existed;

    set_home();
    area = area_fd();
    ck_assert_int_eq(store_use(area, "entry"), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(staging_begin(area, &s, &e));
    ck_assert_int_eq(store_use(area, "entry"), -1);
    ck_assert(staging_publish(&s, "entry", &existed, &e));
    ck_assert(!existed);
    ck_assert_int_ge(store_use(area, "entry"), 0);
    ck_assert_str_eq(support_list("cache/denybox/area"), "entry ");
    ck_assert(!store_is_staging("entry"));
}
END_TEST

START_TEST(the_first_of_two_wins)
{
    int area;
    struct stat first;
    struct stat second;

    set_home();
    area = area_fd();
    make(area, "entry", false);
    ck_assert_int_eq(fstatat(support_fd(), ENTRY, &first, 0), 0);
    make(area, "entry", true);
    ck_assert_int_eq(fstatat(support_fd(), ENTRY, &second, 0), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
    ck_assert_str_eq(support_list("cache/denybox/area"), "entry ");
}
END_TEST

START_TEST(what_is_dropped_is_gone)
{
    int area;
    struct stage s;

    set_home();
    area = area_fd();
    ck_assert(staging_begin(area, &s, &e));
    ck_assert_int_eq(mkdirat(s.fd, "d", 0700), 0);
    stage_drop(&s);
    ck_assert_int_eq(s.fd, -1);
    stage_drop(&s);
    ck_assert_str_eq(support_list("cache/denybox/area"), "");
}
END_TEST

/* The lock of one process is seen by another; it ends with the descriptor. */
static enum prune_result prune_in_child(int area, const char *name)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        /* The locks belong to open files, which a fork shares: here they are asked for anew. */
        _exit((int)store_prune(area, name));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return (enum prune_result)WEXITSTATUS(status);
}

START_TEST(what_is_used_is_not_pruned)
{
    struct stage s;
    int area;
    int one;
    int two;

    set_home();
    area = area_fd();
    make(area, "entry", false);
    one = store_use(area, "entry");
    two = store_use(area, "entry");
    ck_assert_int_eq(prune_in_child(area, "entry"), PRUNE_IN_USE);
    close(one);
    ck_assert_int_eq(prune_in_child(area, "entry"), PRUNE_IN_USE);
    close(two);
    ck_assert_int_eq(prune_in_child(area, "entry"), PRUNE_GONE);
    ck_assert(staging_begin(area, &s, &e));
    ck_assert_int_eq(prune_in_child(area, s.name), PRUNE_IN_USE);
    close(s.fd);
    ck_assert_int_eq(prune_in_child(area, s.name), PRUNE_GONE);
    ck_assert_str_eq(support_list("cache/denybox/area"), "");
    ck_assert_int_eq(store_prune(area, "entry"), PRUNE_GONE);
}
END_TEST

/* What others have left is theirs, for root too: its owner could change it while it is removed. */
static _Noreturn void prune_all_the_time(void)
{
    int area = area_fd();

    for (;;)
        store_prune(area, "entry");
}

/* Whoever has made one goes on to use it, whatever others do meanwhile. */
START_TEST(what_was_made_is_not_pruned_before_it_is_used)
{
    pid_t pid;
    int area;

    set_home();
    area = area_fd();
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        prune_all_the_time();
    for (int i = 0; i < 300; i++) {
        struct stage s;
        int entry;

        ck_assert_msg(staging_begin(area, &s, &e), "%s", e.text);
        entry = staging_enter(&s, "entry", &e);
        ck_assert_msg(entry >= 0, "%d: %s", i, e.text);
        ck_assert(stage_is_named(area, "entry", entry));
        close(entry);
        while (store_prune(area, "entry") != PRUNE_GONE)
            ;
    }
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    close(area);
}
END_TEST

START_TEST(a_strangers_directory_is_not_swept)
{
    char ours[] = STAGE_BESIDE "0123456789abcdef0123456789abcdef";
    char theirs[] = STAGE_BESIDE "fedcba9876543210fedcba9876543210";

    support_mkdir(ours);
    support_mkdir(theirs);
    if (geteuid() == 0)
        ck_assert_int_eq(fchownat(support_fd(), theirs, 65534, 65534, 0), 0);
    stage_sweep(support_fd(), STAGE_BESIDE);
    ck_assert_int_eq(faccessat(support_fd(), ours, F_OK, 0), -1);
    ck_assert_int_eq(faccessat(support_fd(), theirs, F_OK, 0), geteuid() == 0 ? 0 : -1);
}
END_TEST

START_TEST(an_entry_that_is_a_link_is_none)
{
    int area;

    set_home();
    area = area_fd();
    support_mkdir("elsewhere");
    support_link(support_path("elsewhere"), ENTRY);
    ck_assert_int_eq(store_use(area, "entry"), -1);
    ck_assert_int_eq(store_prune(area, "entry"), PRUNE_FAILED);
    ck_assert_str_eq(support_list("."), "cache elsewhere ");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *c = tcase_create("store");

    support_directories(c);
    tcase_add_test(c, it_is_the_callers_alone);
    tcase_add_test(c, looking_makes_nothing);
    tcase_add_test(c, where_it_is);
    tcase_add_loop_test(c, nobody_else_writes_there, 0, N_ROWS(modes));
    tcase_add_test(c, a_link_is_not_the_cache);
    tcase_add_test(c, an_entry_is_there_when_it_is_published);
    tcase_add_test(c, the_first_of_two_wins);
    tcase_add_test(c, what_is_dropped_is_gone);
    tcase_add_test(c, what_is_used_is_not_pruned);
    tcase_add_test(c, what_was_made_is_not_pruned_before_it_is_used);
    tcase_add_test(c, a_strangers_directory_is_not_swept);
    tcase_add_test(c, an_entry_that_is_a_link_is_none);
    suite_add_tcase(s, c);
    return support_run(s);
}
