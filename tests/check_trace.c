/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "root/pyc.h"
#include "root/trace.h"
#include "support.h"

static struct trace trace;
static struct buf bytes;

/* Everything that is looked at is older than the look. */
static void age(void)
{
    trace_begin(&trace);
    trace.began = INT64_MAX;
}

static void look(void)
{
    struct stat st;

    support_write("file", 0644, "abc", 3);
    support_link("file", "link");
    support_mkdir("directory");
    age();
    ck_assert(trace_stat(&trace, support_path("file"), &st));
    ck_assert(trace_stat(&trace, support_path("directory"), &st));
    ck_assert(!trace_stat(&trace, support_path("absent"), &st));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(lstat(support_path("link"), &st), 0);
    trace_add(&trace, TRACE_LINK, support_path("link"), &st);
    trace_write(&trace, &bytes);
    ck_assert(!bytes.failed);
}

START_TEST(what_is_unchanged_holds)
{
    look();
    ck_assert(trace_holds(bytes.data, bytes.length));
}
END_TEST

static const char *const changes[] = {
    "rm file",
    "cp file new && mv new file",
    "printf abd > file",
    "printf abcd > file",
    "chmod 600 file",
    "touch -d @1 file",
    "touch absent",
    "ln -s nowhere absent && ln -sf file absent",
    "ln -sfn directory link",
    "touch directory/new",
    "rmdir directory",
};

START_TEST(a_change_does_not)
{
    look();
    ck_assert_int_eq(chdir(support_dir()), 0);
    ck_assert_int_eq(system(changes[_i]), 0); // NOLINT(cert-env33-c)
    ck_assert_msg(!trace_holds(bytes.data, bytes.length), "%s", changes[_i]);
}
END_TEST

/* Written in the tick in which it was looked at: it may be written once more, unseen. */
START_TEST(what_is_too_young_never_holds)
{
    struct stat st;

    support_write("file", 0644, "abc", 3);
    trace_begin(&trace);
    ck_assert(trace_stat(&trace, support_path("file"), &st));
    trace.began = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
    trace_write(&trace, &bytes);
    ck_assert(!trace_holds(bytes.data, bytes.length));
    trace.began++;
    buf_free(&bytes);
    trace_write(&trace, &bytes);
    ck_assert(trace_holds(bytes.data, bytes.length));
}
END_TEST

START_TEST(other_bytes_do_not)
{
    look();
    for (size_t length = 0; length < bytes.length; length++)
        ck_assert(!trace_holds(bytes.data, length));
    for (size_t at = 0; at < bytes.length; at++) {
        bytes.data[at] ^= 0x41;
        trace_holds(bytes.data, bytes.length); /* no fault; the time in the head may differ */
        bytes.data[at] ^= 0x41;
    }
    buf_add(&bytes, "x", 1);
    ck_assert(!trace_holds(bytes.data, bytes.length));
}
END_TEST

static const struct name {
    const char *path;
    const char *source; /* NULL: of none */
} names[] = {
    {"/l/__pycache__/x.cpython-311.pyc", "/l/x.py"},
    {"/l/__pycache__/x.cpython-311.opt-1.pyc", "/l/x.py"},
    {"/l/x.pyc", NULL},
    {"x.pyc", NULL},
    {"/__pycache__/x.c.pyc", "/x.py"},
};

START_TEST(a_compiled_file_names_its_source)
{
    char source[PATH_MAX];

    ck_assert_int_eq(pyc_source(names[_i].path, source), names[_i].source != NULL);
    if (names[_i].source != NULL)
        ck_assert_str_eq(source, names[_i].source);
}
END_TEST

/* PEP 552: magic, flags, then time and size, or a hash. */
START_TEST(a_compiled_file_is_of_one_state)
{
    struct stat st = {.st_mtim = {.tv_sec = 0x01020304}, .st_size = 5};

#define PYC(text) pyc_check(support_memfd(BYTES(text)), &st)
    ck_assert_int_eq(PYC("mgc!\0\0\0\0\4\3\2\1\5\0\0\0code"), PYC_BY_TIME);
    ck_assert_int_eq(PYC("mgc!\0\0\0\0\5\3\2\1\5\0\0\0code"), PYC_STALE);
    ck_assert_int_eq(PYC("mgc!\0\0\0\0\4\3\2\1\6\0\0\0code"), PYC_STALE);
    ck_assert_int_eq(PYC("mgc!\1\0\0\0hashhashcode"), PYC_BY_HASH);
    ck_assert_int_eq(PYC("mgc!\3\0\0\0hashhashcode"), PYC_BY_HASH);
    ck_assert_int_eq(PYC("mgc!\0\0\0\0\4\3\2\1\5"), PYC_STALE);
    ck_assert_int_eq(PYC(""), PYC_STALE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("trace");
    TCase *c = tcase_create("trace");

    support_directories(c);
    tcase_add_test(c, what_is_unchanged_holds);
    tcase_add_loop_test(c, a_change_does_not, 0, N_ROWS(changes));
    tcase_add_test(c, what_is_too_young_never_holds);
    tcase_add_test(c, other_bytes_do_not);
    tcase_add_loop_test(c, a_compiled_file_names_its_source, 0, N_ROWS(names));
    tcase_add_test(c, a_compiled_file_is_of_one_state);
    suite_add_tcase(s, c);
    return support_run(s);
}
