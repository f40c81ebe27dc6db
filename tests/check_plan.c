/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/derive.h"
#include "plan/option.h"
#include "plan/plan.h"
#include "support.h"

static struct plan plan;
static struct error e;

static void start(void)
{
    unsigned char image[SUPPORT_ELF_MAX];
    size_t length = support_elf(image, NULL);

    support_mkdir("in");
    support_mkdir("in/sub");
    support_mkdir("out");
    support_mkdir("out/sub");
    support_mkdir("root");
    support_mkdir("data");
    support_mkdir("place");
    support_write("file", 0644, "", 0);
    support_write("place/taken", 0644, "", 0);
    support_write("program", 0755, image, length);
    support_write("root/program", 0755, image, length);
    support_link("out", "link");
    support_link("none", "place/dangling");
    support_link(".", "place/here");
    ck_assert_int_eq(chdir(support_dir()), 0);
    memset(&e, 0, sizeof e);
}

static void finish(void)
{
    plan_free(&plan);
}

#define WORDS_MAX 12

/* Parses and derives; the words are relative to the test's directory, which is the current one. */
static bool derive(enum command command, const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    ck_assert(plan_init(&plan, command, &e));
    ck_assert_msg(option_parse(&plan, n, (char **)(uintptr_t)words, &e), "%s", e.text);
    return plan_derive(&plan, &e);
}

#define ATTEST COMMAND_ATTEST
#define RUN COMMAND_RUN
#define PLAN COMMAND_PLAN
#define APART "give directories that do not contain each other"
#define KEPT "evidence is never overwritten; choose another name or move it away"

static const struct refused {
    enum command command;
    const char *words[WORDS_MAX];
    const char *text;
    const char *hint;
    int exit; /* 0: 125 */
} refused[] = {
    {ATTEST,
     {"--in", "none"},
     "cannot use --in 'none': no such directory",
     "give the directory that the payload is to read at /in",
     0},
    {ATTEST,
     {"--out", "none/x"},
     "cannot use --out 'none/x': no such directory",
     "make it first: mkdir -p none/x",
     0},
    {ATTEST,
     {"--rootfs", "none"},
     "cannot use --rootfs 'none': no such directory",
     "denybox pack -o DIR COMMAND makes one of a program of the host",
     0},
    {ATTEST,
     {"--in", "a\nb"},
     "cannot use --in 'a\\x0ab': no such directory",
     "give the directory that the payload is to read at /in",
     0},
    {ATTEST,
     {"--in", "file"},
     "cannot use --in 'file': not a directory",
     "give the directory that the file is in: the payload sees it as /in/NAME",
     0},
    {ATTEST,
     {"--in=--"},
     "cannot use --in '--': no such directory",
     "the value of --in is missing; a name that begins with a dash is written ./-NAME",
     0},
    {ATTEST,
     {"--in", "/"},
     "cannot use --in '/': it is the host's own root",
     "give the directory that holds what is to be read",
     0},
    {ATTEST,
     {"--out", "file"},
     "cannot use --out 'file': not a directory",
     "give a directory, in which the payload writes files as /out/NAME",
     0},
    {ATTEST,
     {"--rootfs", "/dev/null"},
     "cannot use --rootfs '/dev/null': not a directory",
     "unpack it, or give --image FILE for an archive of a container image",
     0},
    {ATTEST, {"--in", "file/x"}, "cannot use --in 'file/x': Not a directory", "", 0},
    {ATTEST,
     {"--in", "/proc/self/cwd"},
     "cannot use --in '/proc/self/cwd': Too many levels of symbolic links",
     "a link of /proc leads there, as all of /dev/fd are, or one to itself: name the place itself",
     0},
    {ATTEST,
     {"--ro-bind", "/proc", "/data"},
     "cannot use --ro-bind '/proc': it shows the processes of the host",
     "--proc mounts a /proc with those of the sandbox alone",
     0},
    {ATTEST,
     {"--in", "/proc/self/net"},
     "cannot use --in '/proc/self/net': it shows the processes of the host",
     "--proc mounts a /proc with those of the sandbox alone",
     0},
    {ATTEST,
     {"--ro-bind", "none", "/data"},
     "cannot use --ro-bind 'none': No such file or directory",
     "",
     0},
    {ATTEST,
     {"--rootfs", "/"},
     "cannot use --rootfs '/': it is the host's own root",
     "make a root that holds what the payload needs: denybox pack -o DIR COMMAND",
     0},
    {ATTEST,
     {"--rootfs", "/usr/.."},
     "cannot use --rootfs '/usr/..': it is the host's own root",
     "make a root that holds what the payload needs: denybox pack -o DIR COMMAND",
     0},
    {ATTEST,
     {"--in", "in", "--out", "in"},
     "cannot use --in 'in': it is inside --out 'in'",
     APART,
     0},
    {ATTEST,
     {"--in", "in/sub", "--out", "in"},
     "cannot use --in 'in/sub': it is inside --out 'in'",
     APART,
     0},
    {ATTEST,
     {"--in", "out", "--out", "out/sub"},
     "cannot use --out 'out/sub': it is inside --in 'out'",
     APART,
     0},
    {ATTEST,
     {"--in", "link/sub", "--out", "out"},
     "cannot use --in 'link/sub': it is inside --out 'out'",
     APART,
     0},
    {ATTEST,
     {"--rootfs", "out", "--out", "link"},
     "cannot use --rootfs 'out': it is inside --out 'link'",
     APART,
     0},
    {ATTEST,
     {"--rootfs", ".", "--out", "out"},
     "cannot use --out 'out': it is inside --rootfs '.'",
     APART,
     0},
    {ATTEST,
     {"--ro-bind", "out/sub", "/data", "--out", "out"},
     "cannot use --ro-bind 'out/sub': it is inside --out 'out'",
     APART,
     0},
    {ATTEST,
     {"--ro-bind", "data", "/a", "--ro-bind", ".", "/b", "--out", "out"},
     "cannot use --out 'out': it is inside --ro-bind '.'",
     APART,
     0},
    {ATTEST,
     {"--out", "out", "--evidence", "out/bundle"},
     "cannot use --evidence 'out/bundle': it is inside --out 'out'",
     APART,
     0},
    {ATTEST,
     {"--out", "out", "--evidence", "out/sub/bundle"},
     "cannot use --evidence 'out/sub/bundle': it is inside --out 'out'",
     APART,
     0},
    {ATTEST,
     {"--out", "out", "--evidence", "place/../link/bundle"},
     "cannot use --evidence 'place/../link/bundle': it is inside --out 'out'",
     APART,
     0},
    {ATTEST,
     {"--evidence", "place/taken"},
     "cannot use --evidence 'place/taken': it exists",
     KEPT,
     0},
    {ATTEST,
     {"--evidence", "place/dangling"},
     "cannot use --evidence 'place/dangling': it exists",
     KEPT,
     0},
    {ATTEST, {"--evidence", "out"}, "cannot use --evidence 'out': it exists", KEPT, 0},
    {ATTEST,
     {"--evidence", "place/"},
     "cannot use --evidence 'place/': want the name of a file",
     "",
     0},
    {ATTEST, {"--evidence", "/"}, "cannot use --evidence '/': want the name of a file", "", 0},
    {ATTEST, {"--evidence", "."}, "cannot use --evidence '.': want the name of a file", "", 0},
    {ATTEST,
     {"--evidence", "place/.."},
     "cannot use --evidence 'place/..': want the name of a file",
     "",
     0},
    {ATTEST,
     {"--evidence", "none/bundle"},
     "cannot use --evidence 'none/': no such directory",
     "make it first: mkdir -p none/",
     0},
    {ATTEST,
     {"--evidence", "file/bundle"},
     "cannot use --evidence 'file/': Not a directory",
     "",
     0},
    {ATTEST,
     {"--seccomp", "none"},
     "cannot use --seccomp 'none': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"--seccomp", "Strict"},
     "cannot use --seccomp 'Strict': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"--seccomp", "init"},
     "cannot use --seccomp 'init': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"--seccomp", ".json"},
     "cannot use --seccomp '.json': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"--seccomp", "json"},
     "cannot use --seccomp 'json': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"--seccomp", "x.bpf"},
     "cannot use --seccomp 'x.bpf': no such profile",
     "the profiles are strict and targeted; a file's name ends in .json",
     0},
    {ATTEST,
     {"ls"},
     "cannot attest 'ls': attest runs no payload",
     "denybox run starts it, in a sandbox that is proved as well",
     0},
    {RUN,
     {NULL},
     "cannot run: no command given",
     "denybox run --in DIR --out DIR -- COMMAND [ARG...]",
     0},
    {PLAN,
     {"--proc", "--"},
     "cannot run: no command given",
     "denybox run --in DIR --out DIR -- COMMAND [ARG...]",
     0},
    {RUN,
     {"./none"},
     "cannot run './none': no such file",
     "look at the spelling; it is a path of the host",
     127},
    {RUN,
     {"./file"},
     "cannot run './file': it is not executable",
     "chmod +x it, or name its interpreter as the command",
     126},
    {RUN,
     {"--rootfs", "root", "/none"},
     "cannot run '/none': no such file in the root",
     "give its path inside the root",
     127},
};

/* Refused in one line, with nothing created. */
START_TEST(it_is_refused)
{
    const struct refused *row = &refused[_i];
    char *before = support_list(".");
    char *place = support_list("place");

    ck_assert(!derive(row->command, row->words));
    ck_assert_str_eq(e.text, row->text);
    ck_assert_str_eq(e.hint, row->hint);
    ck_assert_int_eq((int)e.exit, row->exit != 0 ? row->exit : 125);
    ck_assert_str_eq(support_list("."), before);
    ck_assert_str_eq(support_list("place"), place);
    ck_assert_str_eq(support_list("out"), "sub ");
}
END_TEST

static const struct accepted {
    enum command command;
    const char *words[WORDS_MAX];
    const char *profile;
    const char *stacked;
    unsigned deviations;
} accepted[] = {
    {ATTEST, {NULL}, "strict", NULL, 0},
    {ATTEST, {"--seccomp", "strict"}, "strict", NULL, 0},
    {ATTEST, {"--seccomp", "targeted"}, "targeted", NULL, 0},
    {ATTEST, {"--seccomp", "own.json"}, "strict", "own.json", 0},
    {ATTEST, {"--seccomp", "targeted.json"}, "strict", "targeted.json", 0},
    {ATTEST, {"--proc"}, "strict", NULL, DEVIATION_PROC},
    {ATTEST, {"--dev"}, "strict", NULL, DEVIATION_DEV},
    {ATTEST, {"--ro-bind", "data", "/data"}, "strict", NULL, DEVIATION_RO_BIND},
    {ATTEST, {"--ro-bind", "file", "/data/x"}, "strict", NULL, DEVIATION_RO_BIND},
    {ATTEST, {"--ro-bind", "in", "/data", "--in", "in"}, "strict", NULL, DEVIATION_RO_BIND},
    {ATTEST, {"--in", "in", "--rootfs", "."}, "strict", NULL, 0},
    {ATTEST, {"--in", "in", "--out", "out", "--rootfs", "root"}, "strict", NULL, 0},
    {ATTEST, {"--evidence", "bundle"}, "strict", NULL, 0},
    {ATTEST, {"--evidence", "place/here/bundle"}, "strict", NULL, 0},
    {ATTEST, {"--out", "out/sub", "--evidence", "out/bundle"}, "strict", NULL, 0},
    {ATTEST, {"--out", "out", "--evidence", "out.json"}, "strict", NULL, 0},
    {RUN, {"./program"}, "strict", NULL, 0},
    {PLAN, {"--rootfs", "root", "/program"}, "strict", NULL, 0},
    {RUN, {"--allow-exec", "./program"}, "strict", NULL, DEVIATION_ALLOW_EXEC},
    {RUN,
     {"--allow-exec", "--proc", "--dev", "--ro-bind", "data", "/data", "./program"},
     "strict",
     NULL,
     DEVIATION_ALLOW_EXEC | DEVIATION_PROC | DEVIATION_DEV | DEVIATION_RO_BIND},
    {RUN, {"--setenv", "A", "b", "--uid", "1", "--memory", "1g", "./program"}, "strict", NULL, 0},
};

START_TEST(it_is_derived)
{
    const struct accepted *row = &accepted[_i];
    char *before = support_list(".");

    ck_assert_msg(derive(row->command, row->words), "%s", e.text);
    ck_assert_str_eq(plan.derived.profile, row->profile);
    ck_assert_uint_eq(plan.derived.deviations, row->deviations);
    if (row->stacked != NULL)
        ck_assert_str_eq(plan.derived.stacked_json, row->stacked);
    else
        ck_assert_ptr_null(plan.derived.stacked_json);
    ck_assert_int_eq(plan.derived.payload.fd >= 0, row->command != ATTEST);
    ck_assert_str_eq(support_list("."), before);
}
END_TEST

static void same_object(const struct host_object *o, const char *name)
{
    struct stat st;

    ck_assert_int_ge(o->fd, 0);
    ck_assert_int_eq(fcntl(o->fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_ne(fcntl(o->fd, F_GETFL) & O_PATH, 0);
    ck_assert_int_eq(fstatat(support_fd(), name, &st, 0), 0);
    ck_assert_uint_eq(o->dev, st.st_dev);
    ck_assert_uint_eq(o->ino, st.st_ino);
    ck_assert_int_eq(o->directory, S_ISDIR(st.st_mode));
    ck_assert_int_eq(fstat(o->fd, &st), 0);
    ck_assert_uint_eq(o->ino, st.st_ino);
}

START_TEST(descriptors_are_what_was_named)
{
    static const char *const words[] = {"--in",     "in",         "--out",        "link",
                                        "--rootfs", "root",       "--ro-bind",    "file",
                                        "/data",    "--evidence", "place/bundle", NULL};
    struct host_object place;
    struct stat st;

    ck_assert_msg(derive(ATTEST, words), "%s", e.text);
    same_object(&plan.derived.in, "in");
    same_object(&plan.derived.out, "out");
    same_object(&plan.derived.rootfs, "root");
    same_object(&plan.derived.binds[0], "file");
    ck_assert_int_eq(fstat(plan.derived.evidence_dir, &st), 0);
    place = (struct host_object){
        .fd = plan.derived.evidence_dir, .dev = st.st_dev, .ino = st.st_ino, .directory = true};
    same_object(&place, "place");
    ck_assert_str_eq(plan.derived.evidence_name, "bundle");
}
END_TEST

/* What this user may not read or write; root may do everything, and is not asked. */
static const struct forbidden {
    const char *words[4];
    const char *directory;
    mode_t mode;
    const char *text;
} forbidden[] = {
    {{"--in", "in"}, "in", 0300, "cannot read --in 'in': Permission denied"},
    {{"--in", "in"}, "in", 0600, "cannot read --in 'in': Permission denied"},
    {{"--out", "out"}, "out", 0500, "cannot write to --out 'out': Permission denied"},
    {{"--out", "out"}, "out", 0300, "cannot write to --out 'out': Permission denied"},
    {{"--rootfs", "root"}, "root", 0300, "cannot read --rootfs 'root': Permission denied"},
    {{"--evidence", "place/x"},
     "place",
     0500,
     "cannot write --evidence 'place/x': Permission denied"},
};

START_TEST(access_is_checked_early)
{
    const struct forbidden *row = &forbidden[_i];

    ck_assert_int_eq(fchmodat(support_fd(), row->directory, row->mode, 0), 0);
    ck_assert(!derive(ATTEST, row->words));
    ck_assert_int_eq(fchmodat(support_fd(), row->directory, 0755, 0), 0);
    ck_assert_str_eq(e.text, row->text);
    ck_assert_str_ne(e.hint, "");
    ck_assert_int_eq((int)e.exit, EXIT_DENYBOX);
}
END_TEST

/* Where nothing was named, nothing is open. */
START_TEST(nothing_named_is_nothing_open)
{
    ck_assert(derive(ATTEST, (const char *const[]){NULL}));
    ck_assert_int_eq(plan.derived.in.fd, -1);
    ck_assert_int_eq(plan.derived.out.fd, -1);
    ck_assert_int_eq(plan.derived.rootfs.fd, -1);
    ck_assert_int_eq(plan.derived.evidence_dir, -1);
    ck_assert_int_eq(plan.derived.payload.fd, -1);
}
END_TEST

static void list_open(bool open_fds[256])
{
    for (int fd = 0; fd < 256; fd++)
        open_fds[fd] = fcntl(fd, F_GETFD) >= 0;
}

START_TEST(everything_is_closed_again)
{
    static const char *const words[] = {"--in",      "in",        "--out", "out",
                                        "--ro-bind", "file",      "/x",    "--evidence",
                                        "e",         "./program", NULL};
    bool before[256];
    bool after[256];

    list_open(before);
    ck_assert_msg(derive(RUN, words), "%s", e.text);
    list_open(after);
    ck_assert_mem_ne(after, before, sizeof before);
    plan_free(&plan);
    list_open(after);
    ck_assert_mem_eq(after, before, sizeof before);
    ck_assert(plan_init(&plan, RUN, &e)); /* for the fixture */
}
END_TEST

/* A root of the cache must be the one of the entry that is held. */
START_TEST(a_root_of_the_cache_is_the_locked_one)
{
    support_mkdir("entry");
    support_mkdir("entry/root");
    support_mkdir("entry/other");
    for (int good = 0; good < 2; good++) {
        ck_assert(plan_init(&plan, ATTEST, &e));
        plan.provided.lock = open("entry", O_PATH | O_CLOEXEC);
        plan.provided.root = strdup(good ? "entry/root" : "entry/other");
        ck_assert_int_eq(plan_derive(&plan, &e), good);
        if (!good)
            ck_assert_str_eq(e.text, "cannot use 'entry/other' of the cache: it was replaced "
                                     "meanwhile");
        plan_free(&plan);
    }
    ck_assert(plan_init(&plan, ATTEST, &e));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plan");
    TCase *c = tcase_create("plan");

    support_directories(c);
    tcase_add_checked_fixture(c, start, finish);
    tcase_add_loop_test(c, it_is_refused, 0, N_ROWS(refused));
    tcase_add_test(c, a_root_of_the_cache_is_the_locked_one);
    tcase_add_loop_test(c, it_is_derived, 0, N_ROWS(accepted));
    tcase_add_test(c, descriptors_are_what_was_named);
    if (geteuid() != 0)
        tcase_add_loop_test(c, access_is_checked_early, 0, N_ROWS(forbidden));
    else
        puts("SKIP: access_is_checked_early: root may read and write everything");
    tcase_add_test(c, nothing_named_is_nothing_open);
    tcase_add_test(c, everything_is_closed_again);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
