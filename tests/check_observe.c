/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is seen from outside, and held against what must be: on texts, and on this very process. */
#include "launch/observe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static struct observed a;
static struct observed b;
static struct buf reasons;
static struct error e;

#define STATUS(cap, nnp, mode, filters)                                                            \
    "CapInh:\t0\nCapPrm:\t0\nCapEff:\t" cap "\nCapBnd:\t0\nCapAmb:\t0\nNoNewPrivs:\t" nnp          \
    "\nSeccomp:\t" mode "\nSeccomp_filters:\t" filters "\nVmRSS:\t1 kB\n"

static struct raw text(const char *bytes)
{
    struct raw raw = {strdup(bytes), strlen(bytes)};

    ck_assert_ptr_nonnull(raw.bytes);
    return raw;
}

static void fill(struct observed *o)
{
    o->valid = true;
    for (int ns = 0; ns < N_NS; ns++)
        o->ns[ns] = 100U + (unsigned)ns;
    o->mountinfo = text("1 0 0:1 / / ro - tmpfs none ro\n");
    o->net_dev = text("one\ntwo\n");
    o->status = text(STATUS("0", "1", "2", "2"));
    strcpy(o->uid_map, "65532 1000 1");
    strcpy(o->gid_map, "65532 1000 1");
}

static void start(void)
{
    fill(&a);
    fill(&b);
}

static void finish(void)
{
    observed_free(&a);
    observed_free(&b);
    buf_free(&reasons);
}

START_TEST(the_same_is_the_same)
{
    ck_assert(observed_same(&a, &b, &reasons));
    ck_assert_uint_eq(reasons.length, 0);
}
END_TEST

START_TEST(another_namespace_is_seen)
{
    b.ns[_i]++;
    ck_assert(!observed_same(&a, &b, &reasons));
    ck_assert_str_eq(buf_text(&reasons), "a namespace changed in the exec\n");
}
END_TEST

static const struct status {
    const char *status;
    const char *reason; /* NULL: nothing that matters */
} statuses[] = {
    {STATUS("0", "1", "2", "2") "Threads:\t9\n", NULL},
    {STATUS("1", "1", "2", "2"), "CapEff changed in the exec\n"},
    {STATUS("0", "0", "2", "2"), "NoNewPrivs changed in the exec\n"},
    {STATUS("0", "1", "0", "2"), "Seccomp changed in the exec\n"},
    {STATUS("0", "1", "2", "1"), "Seccomp_filters changed in the exec\n"},
    {STATUS("0", "1", "2", "3"), "Seccomp_filters changed in the exec\n"},
    {"CapInh:\t0\nCapPrm:\t0\n", "CapEff changed in the exec\n"},
    {"", "CapInh changed in the exec\n"},
};

START_TEST(another_status_is_seen)
{
    free(b.status.bytes);
    b.status = text(statuses[_i].status);
    ck_assert_int_eq(observed_same(&a, &b, &reasons), statuses[_i].reason == NULL);
    ck_assert_str_eq(buf_text(&reasons), statuses[_i].reason != NULL ? statuses[_i].reason : "");
}
END_TEST

START_TEST(another_mount_is_seen)
{
    free(b.mountinfo.bytes);
    if (_i == 0)
        b.mountinfo = text("1 0 0:1 / / rw - tmpfs none ro\n");
    else
        b.mountinfo = (struct raw){NULL, 0};
    ck_assert(!observed_same(&a, &b, &reasons));
    ck_assert_str_eq(buf_text(&reasons), "mountinfo changed in the exec\n");
}
END_TEST

/* A process of this very user: what is seen is what it is. */
START_TEST(a_process_is_seen)
{
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char seen[32];

    finish();
    ck_assert_int_ge(proc, 0);
    if (!observe(proc, getpid(), &a, &e)) {
        /* The maps of an ordinary process are not those of a sandbox, or are, and its root has no
         * /in; all else was read. */
        ck_assert(strcmp(e.text, "cannot see the id maps from outside") == 0 ||
                  strncmp(e.text, "cannot see /in and /out from outside", 36) == 0);
        ck_assert_int_eq((int)e.exit, EXIT_BLOCKED);
    }
    for (int ns = 0; ns < N_NS; ns++) {
        struct stat st;

        snprintf(seen, sizeof seen, "/proc/self/ns/%s", ns_name((enum ns)ns));
        ck_assert_int_eq(stat(seen, &st), 0);
        ck_assert_uint_eq(a.ns[ns], st.st_ino);
    }
    snprintf(seen, sizeof seen, "\nPid:\t%d\n", (int)getpid());
    ck_assert_ptr_nonnull(strstr(a.status.bytes, seen));
    ck_assert_ptr_nonnull(strstr(a.mountinfo.bytes, " / "));
    ck_assert_ptr_nonnull(strstr(a.net_dev.bytes, "lo:"));
    close(proc);
}
END_TEST

START_TEST(nobody_is_not_seen)
{
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

    finish();
    ck_assert(!observe(proc, 0x7fffffff, &a, &e));
    ck_assert_str_eq(e.text, "cannot see the payload from outside: No such file or directory");
    ck_assert_int_eq((int)e.exit, EXIT_BLOCKED);
    ck_assert(!a.valid);
    close(proc);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("observe");
    TCase *c = tcase_create("observe");

    tcase_add_checked_fixture(c, start, finish);
    tcase_add_test(c, the_same_is_the_same);
    tcase_add_loop_test(c, another_namespace_is_seen, 0, N_NS);
    tcase_add_loop_test(c, another_status_is_seen, 0, N_ROWS(statuses));
    tcase_add_loop_test(c, another_mount_is_seen, 0, 2);
    tcase_add_test(c, a_process_is_seen);
    tcase_add_test(c, nobody_is_not_seen);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
