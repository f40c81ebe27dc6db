/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/derive.h"
#include "plan/option.h"
#include "plan/plan.h"
#include "support.h"

/* Where --out-size may publish: decided before anything is started. */

static struct plan plan;
static struct error e;

static bool derive(const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    ck_assert_int_eq(chdir(support_dir()), 0);
    plan_free(&plan);
    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    ck_assert_msg(option_parse(&plan, n, (char **)(uintptr_t)words, &e), "%s", e.text);
    return plan_derive(&plan, &e);
}

#define DERIVE(...) derive((const char *const[]){__VA_ARGS__, NULL})

static void make_world(void)
{
    support_mkdir("empty");
    support_mkdir("full");
    support_write("full/.hidden", 0644, "", 0);
    support_write("file", 0644, "", 0);
    support_link("empty", "link");
    support_mkdir("in");
    support_mkdir("in/empty");
}

START_TEST(an_empty_directory_or_a_free_name_will_do)
{
    static const struct {
        const char *out;
        const char *name;
        bool exists;
    } places[] = {
        {"empty", "empty", true},    {"empty///", "empty", true}, {"./empty", "empty", true},
        {"empty/new", "new", false}, {"new", "new", false},       {"in/../new/", "new", false},
    };

    make_world();
    umask(027);
    for (int i = 0; i < N_ROWS(places); i++) {
        const struct out_place *place = &plan.derived.place;

        ck_assert_msg(DERIVE("--out", places[i].out, "--out-size", "1m"), "%s", e.text);
        ck_assert_str_eq(place->name, places[i].name);
        ck_assert_int_eq(place->directory.fd >= 0, places[i].exists);
        ck_assert_int_eq(plan.derived.out.fd, -1);
        ck_assert_uint_eq(place->mode, places[i].exists ? 0755 : 0750);
    }
    ck_assert_str_eq(support_list("."), "empty file full in link ");
}
END_TEST

static const struct refusal {
    const char *words[10];
    const char *error;
} refusals[] = {
    {{"--out-size", "1m"}, "cannot use --out-size without --out"},
    {{"--out", "full", "--out-size", "1m"},
     "cannot use --out 'full' with --out-size: it is not empty"},
    {{"--out", "file", "--out-size", "1m"},
     "cannot use --out 'file' with --out-size: not a directory"},
    {{"--out", "link", "--out-size", "1m"},
     "cannot use --out 'link' with --out-size: it is a link"},
    /* As everywhere a slash at the end is nothing: it does not make a link what it points to. */
    {{"--out", "link/", "--out-size", "1m"},
     "cannot use --out 'link/' with --out-size: it is a link"},
    {{"--out", ".", "--out-size", "1m"},
     "cannot use --out '.' with --out-size: want the name of a directory"},
    {{"--out", "empty/..", "--out-size", "1m"},
     "cannot use --out 'empty/..' with --out-size: want the name of a directory"},
    {{"--out", "/", "--out-size", "1m"},
     "cannot use --out '/' with --out-size: want the name of a directory"},
    {{"--out", "/proc", "--out-size", "1m"},
     "cannot use --out '/proc' with --out-size: something is mounted there"},
    {{"--out", "no/new", "--out-size", "1m"}, "cannot use --out 'no/': no such directory"},
    {{"--in", "in", "--out", "in/empty", "--out-size", "1m"},
     "cannot use --out 'in/empty': it is inside --in 'in'"},
    {{"--in", "in", "--out", "in/new", "--out-size", "1m"},
     "cannot use --out 'in/new': it is inside --in 'in'"},
    {{"--in", "empty", "--out", "empty", "--out-size", "1m"},
     "cannot use --out 'empty': it is inside --in 'empty'"},
    {{"--rootfs", "in", "--out", "in/new", "--out-size", "1m"},
     "cannot use --out 'in/new': it is inside --rootfs 'in'"},
    {{"--ro-bind", "in", "/data", "--out", "in/new", "--out-size", "1m"},
     "cannot use --out 'in/new': it is inside --ro-bind 'in'"},
    {{"--evidence", "empty/b", "--out", "empty", "--out-size", "1m"},
     "cannot use --evidence 'empty/b': it is inside --out 'empty'"},
    {{"--evidence", "new", "--out", "new", "--out-size", "1m"},
     "cannot use --evidence 'new': it is the name of --out"},
};

START_TEST(what_cannot_be_replaced_is_refused)
{
    make_world();
    ck_assert(!derive(refusals[_i].words));
    if (strstr(refusals[_i].error, "/proc") != NULL && geteuid() != 0)
        return; /* "/" cannot be written to, which is said first */
    ck_assert_str_eq(e.text, refusals[_i].error);
    ck_assert_str_ne(e.hint, "");
    ck_assert_str_eq(support_list("."), "empty file full in link ");
}
END_TEST

START_TEST(a_name_that_is_too_long_is_refused)
{
    char name[300];

    memset(name, 'n', 256);
    name[256] = '\0';
    make_world();
    ck_assert(!DERIVE("--out", name, "--out-size", "1m"));
    ck_assert_ptr_nonnull(strstr(e.text, "the name is too long"));
    name[255] = '\0';
    ck_assert(DERIVE("--out", name, "--out-size", "1m"));
}
END_TEST

/* Root may write everywhere. */
START_TEST(a_place_that_cannot_be_written_to_is_refused)
{
    support_mkdir("shut");
    support_mkdir("shut/empty");
    ck_assert_int_eq(fchmodat(support_fd(), "shut", 0555, 0), 0);
    ck_assert(!DERIVE("--out", "shut/empty", "--out-size", "1m"));
    ck_assert_str_eq(e.text, "cannot use --out 'shut/empty' with --out-size: the directory above "
                             "it: Permission denied");
    /* The control: mounted as it is, it can be written to. */
    ck_assert_msg(DERIVE("--out", "shut/empty"), "%s", e.text);
    ck_assert_int_eq(fchmodat(support_fd(), "shut", 0755, 0), 0);
    ck_assert(DERIVE("--out", "shut/empty", "--out-size", "1m"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("outplace");
    TCase *c = tcase_create("outplace");

    support_directories(c);
    tcase_add_test(c, an_empty_directory_or_a_free_name_will_do);
    tcase_add_loop_test(c, what_cannot_be_replaced_is_refused, 0, N_ROWS(refusals));
    tcase_add_test(c, a_name_that_is_too_long_is_refused);
    if (geteuid() != 0)
        tcase_add_test(c, a_place_that_cannot_be_written_to_is_refused);
    else
        puts("SKIP: a directory that cannot be written to: root writes everywhere");
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
