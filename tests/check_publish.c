/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "evidence/publish.h"
#include "support.h"

static struct error e;

START_TEST(a_new_file_is_written)
{
    struct stat st;
    size_t length;

    umask(022);
    ck_assert_msg(publish(support_fd(), "bundle", "{\n}", &e), "%s", e.text);
    ck_assert_str_eq(support_read("bundle", &length), "{\n}\n");
    ck_assert_uint_eq(length, 4);
    ck_assert_int_eq(fstatat(support_fd(), "bundle", &st, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert(S_ISREG(st.st_mode));
    ck_assert_uint_eq(st.st_mode & 07777, 0644);
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert_str_eq(support_list("."), "bundle ");
}
END_TEST

START_TEST(a_large_one_is_whole)
{
    const size_t size = 3000000;
    char *text = malloc(size + 1);
    size_t length;
    char *found;

    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 26);
    text[size] = '\0';
    ck_assert(publish(support_fd(), "bundle", text, &e));
    found = support_read("bundle", &length);
    ck_assert_uint_eq(length, size + 1);
    ck_assert_int_eq(found[size], '\n');
    ck_assert_mem_eq(found, text, size);
    free(text);
}
END_TEST

/* As on a file system without files that have no name, for the rest of this process. */
static void no_links(void)
{
    static const struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number of the call */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(sys_seccomp_filter(code, N_ROWS(code)), 0);
    ck_assert_int_eq(linkat(AT_FDCWD, "a", AT_FDCWD, "b", 0), -1);
    ck_assert_int_eq(errno, EOPNOTSUPP);
}

START_TEST(without_links_it_is_renamed)
{
    no_links();
    ck_assert_msg(publish(support_fd(), "bundle", "{\n}", &e), "%s", e.text);
    ck_assert_str_eq(support_read("bundle", NULL), "{\n}\n");
    ck_assert_str_eq(support_list("."), "bundle ");
}
END_TEST

static void at_file(void)
{
    support_write("bundle", 0600, "old", 3);
}

static void at_empty_file(void)
{
    support_write("bundle", 0600, "", 0);
}

static void at_link(void)
{
    support_write("victim", 0600, "old", 3);
    support_link("victim", "bundle");
}

static void at_dangling(void)
{
    support_link("victim", "bundle");
}

static void at_directory(void)
{
    support_mkdir("bundle");
}

static void at_fifo(void)
{
    support_fifo("bundle");
}

static const struct taken {
    void (*make)(void);
    const char *left;
} places[] = {
    {at_file, "bundle "},     {at_empty_file, "bundle "}, {at_link, "bundle victim "},
    {at_dangling, "bundle "}, {at_directory, "bundle "},  {at_fifo, "bundle "},
};

/* Nothing is replaced, nothing followed, and no temporary file stays; in both ways. */
START_TEST(what_is_there_stays)
{
    const struct taken *place = &places[_i / 2];
    struct stat before;
    struct stat after;

    place->make();
    if (_i % 2 != 0)
        no_links();
    ck_assert_int_eq(fstatat(support_fd(), "bundle", &before, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert(!publish(support_fd(), "bundle", "new", &e));
    ck_assert_str_eq(e.text, "cannot write 'bundle': File exists");
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
    ck_assert_str_eq(support_list("."), place->left);
    ck_assert_int_eq(fstatat(support_fd(), "bundle", &after, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    ck_assert_uint_eq(after.st_mode, before.st_mode);
    if (place->make == at_file)
        ck_assert_str_eq(support_read("bundle", NULL), "old");
    if (place->make == at_link)
        ck_assert_str_eq(support_read("victim", NULL), "old");
}
END_TEST

START_TEST(no_directory_no_file)
{
    int gone;

    support_mkdir("gone");
    gone = openat(support_fd(), "gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(unlinkat(support_fd(), "gone", AT_REMOVEDIR), 0);
    ck_assert(!publish(gone, "a\nb", "new", &e));
    ck_assert_str_eq(e.text, "cannot write 'a\\x0ab': No such file or directory");
    ck_assert(!publish(-1, "bundle", "new", &e));
    ck_assert_str_eq(e.text, "cannot write 'bundle': Bad file descriptor");
    close(gone);
}
END_TEST

/* Half of a file is not published, and not left. */
START_TEST(what_does_not_fit_is_not_there)
{
    struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
    struct rlimit old;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit.rlim_max = old.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!publish(support_fd(), "bundle", "more than ten bytes", &e));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_str_eq(e.text, "cannot write 'bundle': File too large");
    ck_assert_str_eq(support_list("."), "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("publish");
    TCase *c = tcase_create("publish");

    support_directories(c);
    tcase_add_test(c, a_new_file_is_written);
    tcase_add_test(c, a_large_one_is_whole);
    tcase_add_loop_test(c, what_is_there_stays, 0, 2 * N_ROWS(places));
    tcase_add_test(c, without_links_it_is_renamed);
    tcase_add_test(c, no_directory_no_file);
    tcase_add_test(c, what_does_not_fit_is_not_there);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
