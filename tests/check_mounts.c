/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/mounts.h"
#include "support.h"

/* The mount table of the boundary, as a kernel would write it. */
static const char *const points[] = {"/", "/in", "/out", "/tmp"};
static const char *const flags[] = {
    "ro,nosuid,nodev,relatime",
    "ro,nosuid,nodev,noexec,relatime",
    "rw,nosuid,nodev,noexec,relatime",
    "rw,nosuid,nodev,noexec,relatime",
};
static const char *const types[] = {"overlay", "ext4", "ext4", "tmpfs"};

#define N_POINTS 4

/* What each row must have; the order is that in which a missing one is named. */
static const char *const needed[N_POINTS][5] = {
    {"ro", "nosuid", "nodev"},
    {"ro", "nosuid", "nodev", "noexec"},
    {"rw", "nosuid", "nodev", "noexec"},
    {"rw", "nosuid", "nodev", "noexec"},
};

static char text[8192];
static char actual[320];

static void add(const char *point, const char *options, const char *type)
{
    size_t used = strlen(text);

    snprintf(text + used, sizeof text - used, "2%zu 21 0:35 / %s %s - %s none rw\n", used, point,
             options, type);
}

static void add_row(int i)
{
    add(points[i], flags[i], types[i]);
}

static void add_rows(void)
{
    for (int i = 0; i < N_POINTS; i++)
        add_row(i);
}

static void expect(const char *const *declared, bool holds, const char *said)
{
    ck_assert_int_eq(mounts_hold(text, declared, actual, sizeof actual), holds);
    ck_assert_str_eq(actual, said);
}

#define TABLE "/ ro, /in ro, /out rw, /tmp tmpfs noexec"

START_TEST(the_table_holds)
{
    add_rows();
    expect(NULL, true, TABLE);
}
END_TEST

START_TEST(the_order_is_no_matter)
{
    for (int i = N_POINTS - 1; i >= 0; i--)
        add_row(i);
    expect(NULL, true, TABLE);
}
END_TEST

/* A skeleton alone: a tmpfs at each place is as good. */
START_TEST(the_type_is_a_matter_of_tmp)
{
    for (int i = 0; i < N_POINTS; i++)
        add(points[i], flags[i], "tmpfs");
    expect(NULL, true, TABLE);
    text[0] = '\0';
    for (int i = 0; i < N_POINTS; i++)
        add(points[i], flags[i], "ext4");
    expect(NULL, false, "/tmp rw,nosuid,nodev,noexec,relatime: not a tmpfs");
}
END_TEST

/* Each flag of each row, turned round: 16 rows of the truth table. */
START_TEST(each_flag_is_needed)
{
    int row = _i / 4;
    const char *flag = needed[row][_i % 4];
    char options[128] = "";
    char said[160];

    if (flag == NULL) { /* the root may execute: it has no fourth */
        add("/", "ro,nosuid,nodev,noexec", "overlay");
        for (int i = 1; i < N_POINTS; i++)
            add_row(i);
        expect(NULL, true, TABLE);
        return;
    }
    for (int i = 0; i < 4 && needed[row][i] != NULL; i++) { /* ro or rw stands first */
        const char *other = strcmp(flag, "ro") == 0 ? "rw" : strcmp(flag, "rw") == 0 ? "ro" : NULL;

        if (needed[row][i] != flag || other != NULL)
            sprintf(options + strlen(options), "%s,",
                    needed[row][i] != flag ? needed[row][i] : other);
    }
    strcat(options, "relatime");
    for (int i = 0; i < N_POINTS; i++) {
        if (i == row)
            add(points[i], options, types[i]);
        else
            add_row(i);
    }
    snprintf(said, sizeof said, "%s %s: not %s", points[row], options, flag);
    expect(NULL, false, said);
}
END_TEST

/* What propagates: mounts of the host would come in during the run, or ours go out. */
START_TEST(each_row_is_private)
{
    static const char *const ways[] = {"shared:1", "master:7", "shared:2 master:1"};
    char row[256];
    char said[160];

    for (int i = 0; i < N_POINTS; i++) {
        if (i != _i / 3) {
            add_row(i);
            continue;
        }
        snprintf(row, sizeof row, "%d 1 0:2 / %s %s %s - %s none rw\n", i + 2, points[i], flags[i],
                 ways[_i % 3], types[i]);
        strcat(text, row);
    }
    snprintf(said, sizeof said, "%s %s: not private", points[_i / 3], flags[_i / 3]);
    expect(NULL, false, said);
}
END_TEST

START_TEST(each_row_is_needed)
{
    char said[64];

    for (int i = 0; i < N_POINTS; i++) {
        if (i != _i)
            add_row(i);
    }
    snprintf(said, sizeof said, "%s is not mounted", points[_i]);
    expect(NULL, false, said);
}
END_TEST

START_TEST(no_row_is_there_twice)
{
    char said[128];

    add_rows();
    add_row(_i);
    snprintf(said, sizeof said, "%s %s: mounted twice", points[_i], flags[_i]);
    expect(NULL, false, said);
}
END_TEST

#define STRANGE(point) point " ro,nosuid,nodev,noexec: a mount that the table does not have"

static const struct stranger {
    const char *point;
    const char *said;
} strangers[] = {
    {"/proc", STRANGE("/proc")},
    {"/dev", STRANGE("/dev")},
    {"/in/sub", STRANGE("/in/sub")},
    {"/out/sub", STRANGE("/out/sub")},
    {"/tmp/sub", STRANGE("/tmp/sub")},
    {"/inn", STRANGE("/inn")},
    {"//", STRANGE("//")},
    {"/in/", STRANGE("/in/")},
    {"/in\\040", STRANGE("/in ")},
    {"/a\\012b", STRANGE("/a\\x0ab")},
    {"/\x1b[31m", STRANGE("/\\x1b[31m")},
};

START_TEST(no_other_row_is_there)
{
    add_rows();
    add(strangers[_i].point, "ro,nosuid,nodev,noexec", "tmpfs");
    expect(NULL, false, strangers[_i].said);
    text[0] = '\0';
    add(strangers[_i].point, "ro,nosuid,nodev,noexec", "tmpfs");
    add_rows();
    expect(NULL, false, strangers[_i].said);
}
END_TEST

START_TEST(a_malformed_text_does_not_hold)
{
    expect(NULL, false, "/ is not mounted"); /* empty */
    strcpy(text, "\n");
    expect(NULL, false, "a row of mountinfo is malformed");
    text[0] = '\0';
    add_rows();
    strcat(text, "\n");
    expect(NULL, false, "a row of mountinfo is malformed");
    text[0] = '\0';
    add_rows();
    text[strlen(text) - 1] = '\0';
    expect(NULL, false, "a row of mountinfo is malformed");
}
END_TEST

static const char *const declared[] = {"/data", "/proc", "/dev", "/dev/null", NULL};

#define NOSUID ": declared, but not nosuid and noexec"
#define RO ": declared, but not ro"

/* A mount that the user named: read-only, and no setuid; /proc and /dev no programs either. */
static const struct named {
    const char *point;
    const char *options;
    const char *said;
} named[] = {
    {"/data", "ro,nosuid,nodev", TABLE},
    {"/data", "ro,nosuid,nodev,noexec", TABLE},
    {"/data", "rw,nosuid,nodev", "/data rw,nosuid,nodev" RO},
    {"/data", "ro,nodev", "/data ro,nodev" NOSUID},
    {"/proc", "ro,nosuid,nodev,noexec", TABLE},
    {"/proc", "rw,nosuid,nodev,noexec", TABLE},
    {"/proc", "rw,nosuid,nodev", "/proc rw,nosuid,nodev" NOSUID},
    {"/proc", "rw,nodev,noexec", "/proc rw,nodev,noexec" NOSUID},
    {"/dev", "rw,nosuid,noexec", TABLE},
    {"/dev", "rw,nosuid", "/dev rw,nosuid" NOSUID},
    {"/dev/null", "rw,nosuid,noexec", TABLE},
    {"/dev/null", "rw,noexec", "/dev/null rw,noexec" NOSUID},
    {"/dev/zero", "rw,nosuid,noexec",
     "/dev/zero rw,nosuid,noexec: a mount that the table does not have"},
    {"/data/sub", "ro,nosuid,nodev",
     "/data/sub ro,nosuid,nodev: a mount that the table does not have"},
    {"/dat", "ro,nosuid,nodev", "/dat ro,nosuid,nodev: a mount that the table does not have"},
};

START_TEST(a_declared_row_is_held_to_its_own)
{
    add_rows();
    add(named[_i].point, named[_i].options, "tmpfs");
    expect(declared, strcmp(named[_i].said, TABLE) == 0, named[_i].said);
    ck_assert(!mounts_hold(text, NULL, actual, sizeof actual)); /* and never strict */
}
END_TEST

/* Naming mounts does not make the four less needed. */
START_TEST(declaring_excuses_nothing_else)
{
    add(points[0], flags[0], types[0]);
    add(points[1], "rw,nosuid,nodev,noexec", types[1]);
    add_row(2);
    add_row(3);
    expect(declared, false, "/in rw,nosuid,nodev,noexec: not ro");
}
END_TEST

/* Bytes from a bundle, and no more room than this. */
START_TEST(what_is_said_fits)
{
    char small[8];

    add_rows();
    add("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ro", "tmpfs");
    memset(small, 'G', sizeof small);
    ck_assert(!mounts_hold(text, NULL, small, 6));
    ck_assert_str_eq(small, "/aaaa");
    ck_assert_int_eq(small[6], 'G');
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mounts");
    TCase *c = tcase_create("mounts");

    tcase_add_test(c, the_table_holds);
    tcase_add_test(c, the_order_is_no_matter);
    tcase_add_test(c, the_type_is_a_matter_of_tmp);
    tcase_add_loop_test(c, each_flag_is_needed, 0, 4 * N_POINTS);
    tcase_add_loop_test(c, each_row_is_private, 0, 3 * N_POINTS);
    tcase_add_loop_test(c, each_row_is_needed, 0, N_POINTS);
    tcase_add_loop_test(c, no_row_is_there_twice, 0, N_POINTS);
    tcase_add_loop_test(c, no_other_row_is_there, 0, N_ROWS(strangers));
    tcase_add_test(c, a_malformed_text_does_not_hold);
    tcase_add_loop_test(c, a_declared_row_is_held_to_its_own, 0, N_ROWS(named));
    tcase_add_test(c, declaring_excuses_nothing_else);
    tcase_add_test(c, what_is_said_fits);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
