/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/unit.h"
#include "support.h"

static const struct {
    const char *text;
    bool delegates;
} texts[] = {
    /* As systemd-run(1) of version 252 makes them. */
    {"# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n"
     "[Unit]\nDescription=/usr/bin/true\n\n[Scope]\nDelegate=yes\n",
     true},
    {"[Unit]\nDescription=x\n\n[Service]\nDelegate=memory pids\nEnvironment=\"TERM=linux\"\n"
     "ExecStart=\nExecStart=\"/usr/bin/sh\" \"-c\" \"x\"\n",
     true},
    {"[Unit]\nDescription=/usr/bin/sh\n", false},
    {"", false},
    {"[Scope]\nDelegate=1\n", true},
    {"[Scope]\nDelegate=yes", true},
    {"[Scope]\nDelegate=no\n", false},
    {"[Scope]\nDelegate=false\n", false},
    {"[Scope]\nDelegate=0\n", false},
    {"[Scope]\nDelegate=off\n", false},
    {"[Scope]\nDelegate=\n", false},
    {"[Scope]\nDelegate", false},
    {"[Scope]\nDelegate=n", false},
    /* The last one counts, of a section that has cgroups. */
    {"[Scope]\nDelegate=yes\nDelegate=no\n", false},
    {"[Scope]\nDelegate=no\nDelegate=yes\n", true},
    {"Delegate=yes\n", false},
    {"[Unit]\nDelegate=yes\n", false},
    {"[Scope]\n[Unit]\nDelegate=yes\n", false},
    {"[Scope] \nDelegate=yes\n", false},
    {"[Slice]\nDelegate=yes\n", false},
    {"[Scope]\n#Delegate=yes\n", false},
    {"[Scope]\nXDelegate=yes\n", false},
    {"[Scope]\nDelegateSubgroup=x\n", false},
    /* A line that goes on is no new one. */
    {"[Scope]\nDescription=a\\\nDelegate=yes\n", false},
    {"[Unit]\nDescription=a\\\n[Scope]\nDelegate=yes\n", false},
    {"[Scope]\nDescription=a\\\n\nDelegate=yes\n", true},
};

START_TEST(a_text_is_read)
{
    ck_assert_int_eq(unit_text_delegates(texts[_i].text), texts[_i].delegates);
}
END_TEST

#define GOOD "[Scope]\nDelegate=yes\n"

static const char *in_transient(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%u/systemd/transient%s%s", (unsigned)geteuid(),
             name[0] == '\0' ? "" : "/", name);
    return path;
}

static void make_transient(void)
{
    char path[64];

    snprintf(path, sizeof path, "%u", (unsigned)geteuid());
    support_mkdir(path);
    snprintf(path, sizeof path, "%u/systemd", (unsigned)geteuid());
    support_mkdir(path);
    support_mkdir(in_transient(""));
    support_write(in_transient("run-1.scope"), 0644, GOOD, strlen(GOOD));
}

static bool delegates(const char *cgroup)
{
    return unit_delegates(support_path("."), cgroup);
}

START_TEST(a_file_is_found)
{
    ck_assert(!delegates("/user.slice/run-1.scope"));
    make_transient();
    ck_assert(delegates("/user.slice/run-1.scope"));
    ck_assert(delegates("/run-1.scope"));
    ck_assert(!delegates("/user.slice/run-2.scope"));
    ck_assert(!delegates("/run-1.scope/below"));
    ck_assert(!delegates("/"));
    ck_assert(!delegates(""));
    ck_assert(!unit_delegates("/nowhere", "/run-1.scope"));
}
END_TEST

START_TEST(a_file_that_is_not_believed)
{
    make_transient();
    support_write(in_transient("nul.scope"), 0644, GOOD "\0", strlen(GOOD) + 1);
    ck_assert(!delegates("/nul.scope"));
    support_link("run-1.scope", in_transient("link.scope"));
    ck_assert(!delegates("/link.scope"));
    ck_assert_int_eq(fchmodat(support_fd(), in_transient(""), 0777, 0), 0);
    ck_assert(!delegates("/run-1.scope"));
    ck_assert_int_eq(fchmodat(support_fd(), in_transient(""), 0755, 0), 0);
    ck_assert(delegates("/run-1.scope"));
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(fchownat(support_fd(), in_transient(""), 1, 1, 0), 0);
    ck_assert(!delegates("/run-1.scope"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("unit");
    TCase *c = tcase_create("unit");

    support_directories(c);
    tcase_add_loop_test(c, a_text_is_read, 0, N_ROWS(texts));
    tcase_add_test(c, a_file_is_found);
    tcase_add_test(c, a_file_that_is_not_believed);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
