/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "rules/procfs.h"
#include "support.h"

#include <fcntl.h>

/* One row, and what is read from it. */
static const struct good {
    const char *text;
    const char *root;
    const char *point;
    const char *options;
    const char *type;
} good[] = {
    {"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n", "/mnt1",
     "/mnt2", "rw,noatime", "ext3"}, /* the example of proc_pid_mountinfo(5) */
    {"1 0 0:1 / / ro - tmpfs none ro\n", "/", "/", "ro", "tmpfs"},
    {"1 0 0:1 / / ro shared:2 master:1 propagate_from:3 unbindable - overlay x rw\n", "/", "/",
     "ro", "overlay"},
    {"1 0 0:1 /a\\040b /c\\011d ro - tmpfs none ro\n", "/a b", "/c\td", "ro", "tmpfs"},
    {"1 0 0:1 / /new\\012line\\134slash\\043 ro - tmpfs none ro\n", "/", "/new\nline\\slash#", "ro",
     "tmpfs"},
    {"1 0 0:1 /\xff\x01 /\r ro - tmpfs none ro\n", "/\xff\x01", "/\r", "ro", "tmpfs"}, /* a path */
    {"1 0 0:1 / /x\\0401 ro - tmpfs none ro\n", "/", "/x 1", "ro", "tmpfs"},
    {"1 0 0:1 / / ro - fuse.sshfs a@b:/ rw\n", "/", "/", "ro", "fuse.sshfs"},
    {"1 0 0:1 / / ro - tmpfs  rw\n", "/", "/", "ro", "tmpfs"}, /* a source may be empty */
    {"1 0 0:1 / /\xc3\xa4 ro - tmpfs none ro\n", "/", "/\xc3\xa4", "ro", "tmpfs"},
};

START_TEST(a_row_is_read)
{
    static struct mount_row row;
    const char *next = good[_i].text;
    bool bad = true;

    ck_assert(mount_next(&next, &row, &bad));
    ck_assert(!bad);
    ck_assert_str_eq(row.root, good[_i].root);
    ck_assert_str_eq(row.point, good[_i].point);
    ck_assert_str_eq(row.options, good[_i].options);
    ck_assert_str_eq(row.type, good[_i].type);
    ck_assert_str_eq(next, "");
    bad = true;
    ck_assert(!mount_next(&next, &row, &bad));
    ck_assert(!bad);
}
END_TEST

static const char *const malformed[] = {
    "\n",
    " \n",
    "1\n",
    "1 0\n",
    "1 0 0:1\n",
    "1 0 0:1 /\n",
    "1 0 0:1 / /\n",
    "1 0 0:1 / / ro\n",
    "1 0 0:1 / / ro -\n",
    "1 0 0:1 / / ro - \n",
    "1 0 0:1 / / ro shared:1 tmpfs none ro\n",
    "1 0 0:1 / / ro  - tmpfs none ro\n",
    " 1 0 0:1 / / ro - tmpfs none ro\n",
    "1  0 0:1 / / ro - tmpfs none ro\n",
    "1 0 0:1  / ro - tmpfs none ro\n",
    "1 0 0:1 / / ro - tmpfs none ro", /* without a line feed */
    "1 0 0:1 / /a\tb ro - tmpfs none ro\n",
    "1 0 0:1 /a\tb / ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\04 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\4 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\ ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\x20 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\080 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\008 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\400 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\777 ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\000b ro - tmpfs none ro\n",
    "1 0 0:1 / /a\\\\ ro - tmpfs none ro\n",
    "1 0 0:1 / / ro - tmpfs\\\n040 none\n",
    "1 0 0:1 / / ro - tmpfs\\04\n",
    /* Flags that contradict each other, or that the kernel has no word for. */
    "1 0 0:1 / / ro,rw - tmpfs none ro\n",
    "1 0 0:1 / / nosuid - tmpfs none ro\n",
    "1 0 0:1 / / ro,suid,nosuid - tmpfs none ro\n",
    "1 0 0:1 / / ro,dev - tmpfs none ro\n",
    "1 0 0:1 / / ro,exec,noexec - tmpfs none ro\n",
    /* Escapes that the kernel never writes, which would be a second way to say the same. */
    "1 0 0:1 / /\\151n ro - tmpfs none ro\n",
    "1 0 0:1 / /\\377 ro - tmpfs none ro\n",
    "1 0 0:1 / /\\001 ro - tmpfs none ro\n",
    /* A return hides what a terminal shows, and what a reader of lines sees. */
    "1 0 0:1 / / ro - tmpfs none ro\r\n",
    "1 0 0:1 / / ro - tmpfs none ro\r2 1 0:2 / /etc rw - ext4 x rw\n",
    "1 0 0:1 / / ro\r - tmpfs none ro\n",
    "1 0 0:1 / / ro shared:1\r - tmpfs none ro\n",
    "1 0 0:1 / / ro - tmp\x7f"
    "fs none ro\n",
    "1x 0 0:1 / / ro - tmpfs none ro\n",
    "1 0 0;1 / / ro - tmpfs none ro\n",
    /* A device is two numbers, and the kernel writes none with zeros before it. */
    "1 0 01 / / ro - tmpfs none ro\n",
    "1 0 0: / / ro - tmpfs none ro\n",
    "1 0 :1 / / ro - tmpfs none ro\n",
    "1 0 : / / ro - tmpfs none ro\n",
    "1 0 0:1: / / ro - tmpfs none ro\n",
    "1 0 0:1:1 / / ro - tmpfs none ro\n",
    "1 0 0:01 / / ro - tmpfs none ro\n",
    "1 0 00:1 / / ro - tmpfs none ro\n",
    "01 0 0:1 / / ro - tmpfs none ro\n",
    "1 00 0:1 / / ro - tmpfs none ro\n",
    "12345678901 0 0:1 / / ro - tmpfs none ro\n",
    "2147483648 0 0:1 / / ro - tmpfs none ro\n",
    "1 2147483648 0:1 / / ro - tmpfs none ro\n",
    "1 0 4096:1 / / ro - tmpfs none ro\n",
    "1 0 0:1048576 / / ro - tmpfs none ro\n",
    "1 0 0:1 / in ro - tmpfs none ro\n",
    /* Each flag once, and whether it is ro or rw before the others. */
    "1 0 0:1 / / nosuid,ro - tmpfs none ro\n",
    "1 0 0:1 / / ro,ro - tmpfs none ro\n",
    "1 0 0:1 / / ro,nosuid,nodev,nosuid - tmpfs none ro\n",
    "1 0 0:1 / / ro, - tmpfs none ro\n",
    "1 0 0:1 / / ,ro - tmpfs none ro\n",
    "1 0 0:1 / / ro,,nosuid - tmpfs none ro\n",
    "1 0 0:1 / / ro,no-exec - tmpfs none ro\n",
    "1 0 0:1 / / ro,nosuid=1 - tmpfs none ro\n",
    "1 0 0:1 / / rox - tmpfs none ro\n",
    /* Optional fields that there are not: they might say that it propagates. */
    "1 0 0:1 / / ro Shared:1 - tmpfs none ro\n",
    "1 0 0:1 / / ro shared - tmpfs none ro\n",
    "1 0 0:1 / / ro shared: - tmpfs none ro\n",
    "1 0 0:1 / / ro shared:0 - tmpfs none ro\n",
    "1 0 0:1 / / ro shared:01 - tmpfs none ro\n",
    "1 0 0:1 / / ro shared:1x - tmpfs none ro\n",
    "1 0 0:1 / / ro unbindable:1 - tmpfs none ro\n",
    "1 0 0:1 / / ro x - tmpfs none ro\n",
    /* The file system is ro or rw as well, and says so first. */
    "1 0 0:1 / / ro - tmpfs\n",
    "1 0 0:1 / / ro - tmpfs \n",
    "1 0 0:1 / / ro - tmpfs none\n",
    "1 0 0:1 / / ro - tmpfs none \n",
    "1 0 0:1 / / ro - tmpfs none r\n",
    "1 0 0:1 / / ro - tmpfs none size=4k\n",
    "1 0 0:1 / / ro - tmpfs none size=4k,rw\n",
    "1 0 0:1 / / ro - tmpfs none rwx\n",
};

START_TEST(a_malformed_row_is_refused)
{
    static struct mount_row row;
    const char *next = malformed[_i];
    bool bad = false;

    ck_assert(!mount_next(&next, &row, &bad));
    ck_assert(bad);
}
END_TEST

START_TEST(rows_follow_each_other)
{
    static struct mount_row row;
    const char *next = "1 0 0:1 / / ro - tmpfs none ro\n"
                       "2 1 0:2 / /in ro - ext4 x rw\n"
                       "broken\n"
                       "3 1 0:2 / /out ro - ext4 x rw\n";
    bool bad;

    ck_assert(mount_next(&next, &row, &bad));
    ck_assert_str_eq(row.point, "/");
    ck_assert(mount_next(&next, &row, &bad));
    ck_assert_str_eq(row.point, "/in");
    ck_assert(!mount_next(&next, &row, &bad));
    ck_assert(bad);
    ck_assert(!mount_next(&next, &row, &bad)); /* and never gets past it */
    ck_assert(bad);
}
END_TEST

/* A mount point of 4095 bytes fits, one of 4096 does not; no less so when it is escaped. */
START_TEST(a_field_has_a_bound)
{
    static struct mount_row row;
    static char text[20000];

    for (int length = 4094; length <= 4096; length++) {
        for (int escaped = 0; escaped < 2; escaped++) {
            const char *next = text;
            bool bad;
            int at = sprintf(text, "1 0 0:1 / /");

            for (int i = 1; i < length; i++)
                at += sprintf(text + at, "%s", escaped ? "\\040" : "x");
            strcpy(text + at, " ro - tmpfs none ro\n");
            ck_assert_int_eq(mount_next(&next, &row, &bad), length <= 4095);
            ck_assert_int_eq(bad, length > 4095);
            if (!bad)
                ck_assert_int_eq((int)strlen(row.point), length);
        }
    }
}
END_TEST

/* The kernel's own, of this very process: every row is understood. */
START_TEST(the_kernels_rows_are_understood)
{
    static struct mount_row row;
    struct buf text = {0};
    const char *next;
    bool bad;
    int rows = 0;
    int lines = 0;

    ck_assert(io_read_file(AT_FDCWD, "/proc/self/mountinfo", 1 << 22, &text));
    for (const char *c = buf_text(&text); *c != '\0'; c++)
        lines += *c == '\n';
    for (next = buf_text(&text); mount_next(&next, &row, &bad);) {
        ck_assert_int_eq(row.point[0], '/');
        ck_assert(mount_has(row.options, "ro") != mount_has(row.options, "rw"));
        rows++;
    }
    ck_assert(!bad);
    ck_assert_int_eq(rows, lines);
    ck_assert_int_gt(rows, 0);
    buf_free(&text);
}
END_TEST

static const struct super {
    const char *rest; /* of the row */
    const char *source;
    const char *name;
    const char *value; /* NULL: none */
} supers[] = {
    {"none rw,size=64k,uid=1001", "none", "size", "64k"},
    {"none rw,size=64k,uid=1001", "none", "uid", "1001"},
    {"none rw,size=64k,uid=1001", "none", "rw", ""},
    {"none rw,size=64k,uid=1001", "none", "ro", NULL},
    {"none rw,size=64k,uid=1001", "none", "siz", NULL},
    {"none rw,size=64k,uid=1001", "none", "k", NULL},
    {"none rw,xsize=64k", "none", "size", NULL},
    {"none rw,size=64k,size=65k", "none", "size", NULL}, /* which of them? */
    {"none rw,size=1234567890123456", "none", "size", NULL},
    {"none rw,size=", "none", "size", ""},
    {"none rw,lowerdir=a:b", "none", "lowerdir", "a:b"},
    {" ro", "", "ro", ""},
    {"/dev/vda ro", "/dev/vda", "ro", ""},
    {"a rw,context=\"b c\",size=1k", "a", "size", "1k"},
};

START_TEST(what_the_file_system_says_is_found)
{
    static struct mount_row row;
    const struct super *want = &supers[_i];
    char text[128];
    char value[16];
    const char *next = text;
    bool bad;

    snprintf(text, sizeof text, "7 6 254:1048575 / / ro - tmpfs %s\n1 1 0:1 / / ro", want->rest);
    ck_assert(mount_next(&next, &row, &bad));
    ck_assert_uint_eq(row.id, 7);
    ck_assert_uint_eq(row.parent, 6);
    ck_assert_uint_eq(row.major, 254);
    ck_assert_uint_eq(row.minor, 1048575);
    ck_assert_uint_eq(row.super_length, strlen(want->rest) - strlen(want->source) - 1);
    ck_assert_mem_eq(row.super, want->rest + strlen(want->source) + 1, row.super_length);
    ck_assert_int_eq(mount_super(&row, want->name, value, sizeof value), want->value != NULL);
    if (want->value != NULL)
        ck_assert_str_eq(value, want->value);
}
END_TEST

static const struct option {
    const char *options;
    const char *option;
    bool there;
} options[] = {
    {"ro", "ro", true},
    {"ro,nosuid,nodev", "ro", true},
    {"ro,nosuid,nodev", "nosuid", true},
    {"ro,nosuid,nodev", "nodev", true},
    {"ro,nosuid,nodev", "noexec", false},
    {"ro,nosuid,nodev", "no", false},
    {"ro,nosuid,nodev", "suid", false},
    {"ro,nosuid,nodev", "dev", false},
    {"rootcontext", "ro", false},
    {"errors=remount-ro", "ro", false},
    {"rw", "ro", false},
    {"", "ro", false},
    {",ro", "ro", true},
    {"ro,", "ro", true},
    {"RO", "ro", false},
    {"noexec=1", "noexec", false},
};

START_TEST(an_option_is_found_whole)
{
    ck_assert_int_eq(mount_has(options[_i].options, options[_i].option), options[_i].there);
}
END_TEST

#define STATUS                                                                                     \
    "Name:\tSeccomp: 9\n"                                                                          \
    "Umask:\t0022\n"                                                                               \
    "Uid:\t65532\t65532\t65532\t65532\n"                                                           \
    "Groups:\t \n"                                                                                 \
    "NoNewPrivs:\t1\n"                                                                             \
    "Seccomp:\t2\n"                                                                                \
    "Seccomp_filters:\t3\n"                                                                        \
    "Speculation_Store_Bypass:\tthread force mitigated\n"

static const struct value {
    const char *status;
    const char *name;
    const char *value; /* NULL: none */
} values[] = {
    {STATUS, "Name", "Seccomp: 9"},
    {STATUS, "Umask", "0022"},
    {STATUS, "Uid", "65532\t65532\t65532\t65532"},
    {STATUS, "Seccomp", "2"},
    {STATUS, "Seccomp_filters", "3"},
    {STATUS, "NoNewPrivs", "1"},
    {STATUS, "Groups", " "},
    {STATUS, "Speculation_Store_Bypass", "thread force mitigated"},
    {STATUS, "Gid", NULL},
    {STATUS, "Seccom", NULL},
    {STATUS, "filters", NULL},
    {STATUS, "seccomp", NULL},
    {STATUS, "", NULL},
    {"", "Uid", NULL},
    {"\n\n", "Uid", NULL},
    {"Uid:\t1", "Uid", NULL}, /* cut */
    {"Uid\t1\n", "Uid", NULL},
    {"Uid:\t\n", "Uid", ""},
    {"Uid:\n", "Uid", NULL},
    {"Uid:\n1\n", "Uid", NULL},
    {"Uid:\t1\nUid:\t2\n", "Uid", NULL}, /* which of them? */
    {"Uid:\t1\nGid:\t2\n", "Uid", "1"},
    {"Uid: 1\nGid:\t2\n", "Uid", NULL}, /* the kernel writes a tab */
    {"Uid:\t 1\n", "Uid", " 1"},
    {"x Uid:\t1\nUid:\t2\n", "Uid", "2"},
};

START_TEST(a_value_is_found)
{
    char value[64] = "untouched";

    ck_assert_int_eq(status_value(values[_i].status, values[_i].name, value, sizeof value),
                     values[_i].value != NULL);
    if (values[_i].value != NULL)
        ck_assert_str_eq(value, values[_i].value);
}
END_TEST

START_TEST(a_value_needs_room)
{
    char value[6];

    ck_assert(status_value("A:\t12345\n", "A", value, 6));
    ck_assert_str_eq(value, "12345");
    ck_assert(!status_value("A:\t12345\n", "A", value, 5));
    ck_assert(!status_value("A:\t123456\n", "A", value, 6));
}
END_TEST

#define HEADING                                                                                    \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"
#define HALF "       0       0    0    0    0     0          0         0"
#define ZEROS HALF HALF "\n"

static const struct net_dev {
    const char *text;
    const char *names; /* NULL: malformed */
    bool used;
} net_devs[] = {
    {HEADING "    lo:" ZEROS, "lo", false},
    {HEADING "lo:" ZEROS, "lo", false},
    {HEADING "    lo: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", "lo", true},
    {HEADING "    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 18446744073709551615\n", "lo", true},
    {HEADING "    lo:" ZEROS "  eth0:" ZEROS, "lo,eth0", false},
    {HEADING "    lo:" ZEROS "  eth0:" HALF HALF "0\n", NULL, false},
    {HEADING "  eth0:" ZEROS "    lo:" ZEROS "wlan0.1:" ZEROS, "eth0,lo,wlan0.1", false},
    {HEADING "veth-15-letters:" ZEROS, "veth-15-letters", false},
    {HEADING "veth-16--letters:" ZEROS, NULL, false},
    {HEADING, "", false},
    {"", NULL, false},
    {"\n", NULL, false},
    {"    lo:" ZEROS, NULL, false},
    {"heading\nheading", NULL, false},
    {"a|\nb|\n    lo:" ZEROS, NULL, false}, /* another heading could hide an interface */
    {"| eth0:" ZEROS "|\n    lo:" ZEROS, NULL, false},
    {"eth0:" ZEROS "wlan0:" ZEROS "    lo:" ZEROS, NULL, false}, /* no heading */
    {HEADING "    lo:\n", NULL, false},
    {HEADING "    lo: 1 2 3\n", NULL, false},
    {HEADING "    lo:" HALF HALF, NULL, false},
    {HEADING "    lo:" HALF HALF " 0\n", NULL, false},
    {HEADING "    lo:" HALF HALF " \n", NULL, false},
    {HEADING "    lo:" HALF " 00 0 0 0 0 0 0 0\n", NULL, false},
    {HEADING "    lo:" HALF " 0 0 0 0 0 0 0 -1\n", NULL, false},
    {HEADING "    lo:" HALF " 0 0 0 0 0 0 0 x\n", NULL, false},
    {HEADING "    lo:0 0 0 0 0 0 0 0" HALF "\n", NULL, false},
    {HEADING "    lo" ZEROS, NULL, false},
    {HEADING "    l/o:" ZEROS, NULL, false},
    {HEADING "\tlo:" ZEROS, NULL, false},
    {HEADING "      :" ZEROS, NULL, false},
    {HEADING "\n", NULL, false},
    {HEADING "    lo:" ZEROS "\n", NULL, false},
};

START_TEST(interfaces_are_named)
{
    char names[64];
    bool used;

    ck_assert_int_eq(net_dev_names(net_devs[_i].text, names, sizeof names, &used),
                     net_devs[_i].names != NULL);
    if (net_devs[_i].names == NULL)
        return;
    ck_assert_str_eq(names, net_devs[_i].names);
    ck_assert_int_eq(used, net_devs[_i].used);
}
END_TEST

START_TEST(interfaces_need_room)
{
    char names[16];
    bool used;

    memset(names, 'G', sizeof names);
    ck_assert(net_dev_names(HEADING "lo:" ZEROS "eth0:" ZEROS, names, 9, &used));
    ck_assert_str_eq(names, "lo,eth0");
    ck_assert(!net_dev_names(HEADING "lo:" ZEROS "eth0:" ZEROS, names, 7, &used));
    ck_assert(!net_dev_names(HEADING "lo:" ZEROS, names, 2, &used));
    ck_assert_int_eq(names[9], 'G');
}
END_TEST

/* The kernel's own, of this very process. */
START_TEST(the_kernels_texts_are_understood)
{
    struct buf text = {0};
    static char names[1 << 16];
    char value[64];
    unsigned filters;
    bool used;

    ck_assert(io_read_file(AT_FDCWD, "/proc/self/net/dev", 1 << 20, &text));
    ck_assert(net_dev_names(buf_text(&text), names, sizeof names, &used));
    ck_assert_ptr_nonnull(strstr(names, "lo"));
    buf_free(&text);
    ck_assert(io_read_file(AT_FDCWD, "/proc/self/status", 1 << 20, &text));
    ck_assert(status_lines(buf_text(&text), text.length));
    ck_assert(status_number(buf_text(&text), "Seccomp_filters", 1000000, &filters));
    ck_assert(status_value(buf_text(&text), "CapBnd", value, sizeof value));
    ck_assert_uint_eq(strlen(value), 16);
    buf_free(&text);
}
END_TEST

static const struct lines {
    const char *text;
    bool good;
} lines[] = {
    {STATUS, true},
    {"", false},
    {"A:\t1\n", true},
    {"A:\t\n", true},
    {"NSpid:\t1\t2\n", true},
    {"A:\t1", false},
    {"A: 1\n", false},
    {"A:1\n", false},
    {"A:\n", false},
    {"A\t1\n", false},
    {":\t1\n", false},
    {"\n", false},
    {"A:\t1\n\n", false},
    {"A :\t1\nA:\t2\n", false},       /* a name like another one */
    {"A:\t1\nB:\t2\nA:\t1\n", false}, /* which of them? */
    {"A:\t1\nAA:\t2\n", true},
    {" A:\t1\n", false},
    {"A-B:\t1\n", false},
    {"A:\t1\rB:\t2\n", false},
};

START_TEST(a_status_is_lines)
{
    ck_assert_int_eq(status_lines(lines[_i].text, strlen(lines[_i].text)), lines[_i].good);
}
END_TEST

START_TEST(a_number_has_one_form)
{
    unsigned n = 0;

    ck_assert(status_number("A:\t0\nB:\t42\nC:\t042\nD:\t101\nE:\t\nF:\t 1\n", "B", 100, &n));
    ck_assert_uint_eq(n, 42);
    ck_assert(status_number("A:\t0\n", "A", 100, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(!status_number("A:\t042\n", "A", 100, &n));
    ck_assert(!status_number("A:\t00\n", "A", 100, &n));
    ck_assert(!status_number("A:\t101\n", "A", 100, &n));
    ck_assert(!status_number("A:\t\n", "A", 100, &n));
    ck_assert(!status_number("A:\t 1\n", "A", 100, &n));
    ck_assert(!status_number("A:\t1 \n", "A", 100, &n));
    ck_assert(!status_number("A:\t-1\n", "A", 100, &n));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("procfs");
    TCase *c = tcase_create("procfs");

    tcase_add_loop_test(c, a_row_is_read, 0, N_ROWS(good));
    tcase_add_loop_test(c, a_malformed_row_is_refused, 0, N_ROWS(malformed));
    tcase_add_test(c, rows_follow_each_other);
    tcase_add_test(c, a_field_has_a_bound);
    tcase_add_test(c, the_kernels_rows_are_understood);
    tcase_add_loop_test(c, what_the_file_system_says_is_found, 0, N_ROWS(supers));
    tcase_add_loop_test(c, an_option_is_found_whole, 0, N_ROWS(options));
    tcase_add_loop_test(c, a_value_is_found, 0, N_ROWS(values));
    tcase_add_test(c, a_value_needs_room);
    tcase_add_test(c, the_kernels_texts_are_understood);
    tcase_add_loop_test(c, a_status_is_lines, 0, N_ROWS(lines));
    tcase_add_test(c, a_number_has_one_form);
    tcase_add_loop_test(c, interfaces_are_named, 0, N_ROWS(net_devs));
    tcase_add_test(c, interfaces_need_room);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
