/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a cgroup would be found, and how those of dead launchers are told: on directories that are
 * none. What the kernel makes of it is tried by tests/live/test_cgroup.py. */
#include "launch/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "launch/controllers.h"
#include "plan/cgroup.h"
#include "support.h"

static struct error e;

static int open_at(const char *name)
{
    int fd = openat(support_fd(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void put(const char *name, const char *text)
{
    unlinkat(support_fd(), name, 0);
    support_write(name, 0644, text, strlen(text));
}

/* To root belongs everything: what is found for an ordinary user is tried as one. */
static void as_user(void)
{
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(fchown(support_fd(), 65534, 65534), 0);
    ck_assert_int_eq(setegid(65534), 0);
    ck_assert_int_eq(seteuid(65534), 0);
}

static void as_before(void)
{
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(setegid(getgid()), 0);
}

/* ------------------------------------------------------------ /proc/PID/cgroup */

static const struct {
    const char *text;
    const char *path; /* NULL: none */
} lines[] = {
    {"0::/\n", "/"},
    {"0::/user.slice/user-1000.slice/session-2.scope\n",
     "/user.slice/user-1000.slice/session-2.scope"},
    {"9:name=systemd:/x\n3:memory:/y\n0::/z\n", "/z"},
    {"0::/a", "/a"},
    {"0::/..a/b..\n", "/..a/b.."},
    {"0::/0::/b\n", "/0::/b"},
    /* Outside of the namespace of who reads. */
    {"0::/..\n", NULL},
    {"0::/../other\n", NULL},
    {"0::/a/../b\n", NULL},
    /* Of version 1 alone, or nothing. */
    {"4:memory:/a\n", NULL},
    {"10::/a\n", NULL},
    {"", NULL},
    {"0::\n", NULL},
    {"0::a\n", NULL},
    /* 15 bytes and the NUL fit. */
    {"0::/23456789012345\n", "/23456789012345"},
};

START_TEST(a_line_is_read)
{
    char path[64];

    ck_assert_int_eq(cgroup_line(lines[_i].text, HIERARCHY_V2, path, sizeof path),
                     lines[_i].path != NULL);
    if (lines[_i].path != NULL)
        ck_assert_str_eq(path, lines[_i].path);
}
END_TEST

START_TEST(a_line_that_does_not_fit)
{
    char path[16];

    ck_assert(cgroup_line("0::/23456789012345\n", HIERARCHY_V2, path, sizeof path));
    ck_assert(!cgroup_line("0::/234567890123456\n", HIERARCHY_V2, path, sizeof path));
}
END_TEST

/* ------------------------------------------------------------ cgroup.controllers */

static const struct {
    const char *text;
    unsigned set;
} listed[] = {
    {"cpuset cpu io memory hugetlb pids rdma misc\n", CONTROLLERS_ALL},
    {"memory\n", CONTROLLER_BIT(CONTROLLER_MEMORY)},
    {"cpuset io\n", 0},
    {"memoryx xpids cp\n", 0},
    {"pids cpu", CONTROLLER_BIT(CONTROLLER_PIDS) | CONTROLLER_BIT(CONTROLLER_CPU)},
    {"\n", 0},
    {"", 0},
};

START_TEST(controllers_are_read)
{
    put("cgroup.controllers", listed[_i].text);
    ck_assert_uint_eq(controllers_of(support_fd(), "cgroup.controllers"), listed[_i].set);
    ck_assert_uint_eq(controllers_of(support_fd(), "none"), 0);
}
END_TEST

/* ------------------------------------------------------------ what is found */

static char own[32]; /* cgroup.procs with this process alone */

static void group(const char *name, const char *procs, const char *controllers)
{
    char path[128];

    if (name[0] != '\0')
        support_mkdir(name);
    snprintf(path, sizeof path, "%s/cgroup.procs", name[0] != '\0' ? name : ".");
    put(path, procs);
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", name[0] != '\0' ? name : ".");
    put(path, "");
    snprintf(path, sizeof path, "%s/cgroup.controllers", name[0] != '\0' ? name : ".");
    put(path, controllers);
}

/* What is found from this place, or why nothing. Root must be shown a mark, which a file system of
 * the test need not be able to keep. */
static const char *find(const char *place, bool *found)
{
    static struct delegation d;
    char text[256];
    int proc;

    if (faccessat(support_fd(), "proc", F_OK, 0) != 0) {
        support_mkdir("proc");
        support_mkdir("proc/self");
    }
    snprintf(text, sizeof text, "0::%s\n", place);
    put("proc/self/cgroup", text);
    proc = open_at("proc");
    *found = delegation_find(proc, support_fd(), &d);
    ck_assert_int_eq(*found, d.fd >= 0);
    return *found ? d.path : d.found;
}

#define MOUNT "/sys/fs/cgroup"
#define NOT_MARKED " is not delegated: neither user.delegate nor its unit says so"

static const struct {
    const char *place;
    const char *above; /* cgroup.procs of what is above */
    const char *self;  /* and of the place; NULL: this process alone */
    const char *controllers;
    const char *want; /* the path, or what is said */
} places[] = {
    {"/a/b", "", NULL, "memory pids\n", "/a"},
    {"/a/b", "", "1\n2\n", "memory\n", "/a"},
    {"/a/b", "1\n", NULL, "memory\n", "/a/b"},
    {"/a/b", "1\n", "1\n2\n", "memory\n", MOUNT "/a/b has other processes in it"},
    {"/a/b", "1\n", "1\n", "memory\n", MOUNT "/a/b has other processes in it"},
    {"/a/b", "1\n", "", "memory\n", MOUNT "/a/b has other processes in it"},
    {"/a/b", "", NULL, "pids cpu\n", MOUNT "/a/b is the caller's, without the controller memory"},
    {"/a/b.scope", "1\n", NULL, "memory\n", MOUNT "/a/b.scope" NOT_MARKED},
    {"/a.slice/b", "", NULL, "memory\n", MOUNT "/a.slice/b" NOT_MARKED},
    {"/a.service/b", "", NULL, "memory\n", MOUNT "/a.service/b" NOT_MARKED},
    {"/a/.scope", "1\n", NULL, "memory\n", "/a/.scope"},
    {"/a/none", "1\n", "absent", "memory\n", MOUNT "/a/none cannot be opened"},
};

START_TEST(a_place_is_found)
{
    const char *place = places[_i].place;
    const char *slash = strrchr(place, '/');
    char above[64];
    bool found;
    const char *got;

    as_user();
    snprintf(own, sizeof own, "%d\n", (int)getpid());
    snprintf(above, sizeof above, "%.*s", (int)(slash - place - 1), place + 1);
    group(above, places[_i].above, places[_i].controllers);
    if (places[_i].self == NULL || strcmp(places[_i].self, "absent") != 0)
        group(place + 1, places[_i].self != NULL ? places[_i].self : own, places[_i].controllers);
    got = find(place, &found);
    ck_assert_str_eq(got, places[_i].want);
    ck_assert_int_eq(found, strncmp(places[_i].want, MOUNT, strlen(MOUNT)) != 0);
}
END_TEST

/* The root of what is mounted, as in a container, can be the one above, or the own. */
START_TEST(the_root_is_a_place)
{
    bool found;

    as_user();
    snprintf(own, sizeof own, "%d\n", (int)getpid());
    group("", "", "memory\n");
    group("b", own, "memory\n");
    ck_assert_str_eq(find("/b", &found), "/");
    put("cgroup.procs", own);
    ck_assert_str_eq(find("/", &found), "/");
    ck_assert(found);
    put("cgroup.procs", "1\n");
    ck_assert_str_eq(find("/", &found), MOUNT "/ has other processes in it");
}
END_TEST

/* What belongs to another is not taken, nor what belongs to root by being root. */
START_TEST(of_somebody_else)
{
    bool found;

    group("a", "", "memory\n");
    snprintf(own, sizeof own, "%d\n", (int)getpid());
    group("a/b", own, "memory\n");
    if (geteuid() != 0) { /* as root: below */
        ck_assert_int_eq(fchmodat(support_fd(), "a/cgroup.procs", 0444, 0), 0);
        ck_assert_int_eq(fchmodat(support_fd(), "a/b/cgroup.subtree_control", 0444, 0), 0);
        ck_assert_str_eq(find("/a/b", &found), MOUNT "/a/b is not the caller's");
        return;
    }
    ck_assert_str_eq(find("/a/b", &found), MOUNT "/a/b" NOT_MARKED);
    ck_assert_int_eq(fchownat(support_fd(), "a/b", 65534, 65534, 0), 0);
    ck_assert_str_eq(find("/a/b", &found), MOUNT "/a/b is not the caller's");
}
END_TEST

START_TEST(nothing_is_found)
{
    struct delegation d;
    int proc;

    ck_assert(!delegation_find(support_fd(), -1, &d));
    ck_assert_str_eq(d.found, "no hierarchy of version 2 is mounted at " MOUNT);
    ck_assert(!delegation_find(support_fd(), support_fd(), &d));
    ck_assert_str_eq(d.found, "the caller is in no cgroup beneath " MOUNT);
    support_mkdir("proc");
    support_mkdir("proc/self");
    put("proc/self/cgroup", "0::/../x\n");
    proc = open_at("proc");
    ck_assert(!delegation_find(proc, support_fd(), &d));
    ck_assert_str_eq(d.found, "the caller is in no cgroup beneath " MOUNT);
    ck_assert_int_eq(d.fd, -1);
}
END_TEST

static const struct {
    const char *text;
    const char *path; /* NULL: none */
} systemd_lines[] = {
    {"12:pids:/p\n1:name=systemd:/system.slice/x.service\n0::/v2\n", "/system.slice/x.service"},
    {"1:name=systemd:/a", "/a"},
    {"1:name=systemdx:/a\n", NULL},
    {"1:name=system:/a\n", NULL},
    {"1:xname=systemd:/a\n", NULL},
    {"name=systemd:/a\n", NULL},
    {"3:cpu:/:name=systemd:/a\n", NULL},
    {"0::/name=systemd:/a\n", NULL},
    {"1:name=systemd:/..\n", NULL},
};

START_TEST(a_line_of_systemds_is_read)
{
    char path[64];

    ck_assert_int_eq(cgroup_line(systemd_lines[_i].text, HIERARCHY_SYSTEMD, path, sizeof path),
                     systemd_lines[_i].path != NULL);
    if (systemd_lines[_i].path != NULL)
        ck_assert_str_eq(path, systemd_lines[_i].path);
}
END_TEST

START_TEST(a_directory_is_no_cgroup)
{
    ck_assert(!io_is_on(support_fd(), CGROUP2_SUPER_MAGIC));
}
END_TEST

/* ------------------------------------------------------------ the living and the dead */

START_TEST(one_that_is_held_is_not_swept)
{
    struct held held;
    struct held dead;
    char name[CGROUP_NAME_SIZE + 1];

    ck_assert(cgroup_make(support_fd(), &held));
    ck_assert(cgroup_make(support_fd(), &dead));
    ck_assert_str_ne(held.name, dead.name);
    ck_assert_uint_eq(strlen(held.name), strlen("denybox-") + 32);
    cgroup_sweep(support_fd());
    snprintf(name, sizeof name, "%s", dead.name);
    ck_assert_int_eq(faccessat(support_fd(), held.name, F_OK, 0), 0);
    ck_assert_int_eq(faccessat(support_fd(), name, F_OK, 0), 0);
    /* Its launcher dies. */
    close(dead.fd);
    cgroup_sweep(support_fd());
    ck_assert_int_eq(faccessat(support_fd(), held.name, F_OK, 0), 0);
    ck_assert_int_ne(faccessat(support_fd(), name, F_OK, 0), 0);
    ck_assert(cgroup_remove(support_fd(), &held));
    ck_assert_str_eq(support_list("."), "");
    ck_assert(cgroup_remove(support_fd(), &held)); /* it is gone */
}
END_TEST

START_TEST(other_names_are_not_swept)
{
    static const char *const names[] = {
        "denybox-",
        "denybox-0123456789abcdef0123456789abcde",
        "denybox-0123456789abcdef0123456789abcdef0",
        "denybox-0123456789abcdef0123456789abcdeF",
        "xdenybox-0123456789abcdef0123456789abcdef",
        "denybox_0123456789abcdef0123456789abcdef",
    };

    for (int i = 0; i < N_ROWS(names); i++)
        support_mkdir(names[i]);
    support_mkdir("denybox-0123456789abcdef0123456789abcdef");
    support_link("denybox-", "denybox-00000000000000000000000000000000");
    cgroup_sweep(support_fd());
    for (int i = 0; i < N_ROWS(names); i++)
        ck_assert_int_eq(faccessat(support_fd(), names[i], F_OK, 0), 0);
    ck_assert_int_ne(faccessat(support_fd(), "denybox-0123456789abcdef0123456789abcdef", F_OK, 0),
                     0);
    ck_assert_int_eq(faccessat(support_fd(), "denybox-00000000000000000000000000000000", F_OK,
                               AT_SYMLINK_NOFOLLOW),
                     0);
}
END_TEST

START_TEST(another_users_is_not_swept)
{
    support_mkdir("denybox-0123456789abcdef0123456789abcdef");
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(
        fchownat(support_fd(), "denybox-0123456789abcdef0123456789abcdef", 65534, 65534, 0), 0);
    cgroup_sweep(support_fd());
    ck_assert_int_eq(faccessat(support_fd(), "denybox-0123456789abcdef0123456789abcdef", F_OK, 0),
                     0);
}
END_TEST

/* A launcher with a cgroup in the place has it shared; alone is who is left. */
START_TEST(a_place_is_left_by_the_last)
{
    int first = open_at(".");
    int second = open_at(".");

    ck_assert(place_enter(first) && place_enter(second));
    ck_assert(!place_leave(first));
    ck_assert(place_enter(first));
    ck_assert(!place_leave(second));
    close(second);
    ck_assert(place_leave(first));
    /* Whoever comes now waits, and is told in the end; the lock ends with the descriptor. */
    second = open_at(".");
    ck_assert(!place_enter(second));
    close(first);
    ck_assert(place_enter(second));
    close(second);
}
END_TEST

/* ------------------------------------------------------------ what it is told */

static struct declared declared(void)
{
    return (struct declared){.memory = 33554432, .pids = 16, .cpus = 2};
}

static const struct told {
    const char *file;
    const char *text;
    enum controller controller;
    const char *name;
} told[] = {
    {"memory.max", "33554432", CONTROLLER_MEMORY, "memory"},
    {"memory.swap.max", "0", CONTROLLER_MEMORY, "memory"},
    {"pids.max", "17", CONTROLLER_PIDS, "pids"},
    {"cpu.max", "200000 100000", CONTROLLER_CPU, "cpu"},
};

START_TEST(each_is_told_its_limit)
{
    struct declared d = declared();

    for (int i = 0; i < N_ROWS(told); i++)
        put(told[i].file, "");
    ck_assert_msg(controllers_set(support_fd(), CONTROLLERS_ALL, &d, &e), "%s", e.text);
    for (int i = 0; i < N_ROWS(told); i++) {
        ck_assert_str_eq(support_read(told[i].file, NULL), told[i].text);
        ck_assert_str_eq(controller_name(told[i].controller), told[i].name);
    }
}
END_TEST

/* Also at the end: the first that is not what was told. */
START_TEST(one_that_is_lost)
{
    struct cgroup c = CGROUP_NONE;
    struct declared d = declared();
    char text[64];

    ck_assert_ptr_null(cgroup_lost(&c, &d)); /* there is none */
    c.box.fd = support_fd();
    c.controllers = CONTROLLERS_ALL;
    for (int i = 0; i < N_ROWS(told); i++) {
        snprintf(text, sizeof text, "%s\n", told[i].text);
        put(told[i].file, text);
    }
    ck_assert_ptr_null(cgroup_lost(&c, &d));
    put(told[_i].file, "max\n");
    ck_assert_str_eq(cgroup_lost(&c, &d), told[_i].name);
    c.controllers &= ~CONTROLLER_BIT(told[_i].controller);
    ck_assert_ptr_null(cgroup_lost(&c, &d));
}
END_TEST

START_TEST(only_those_of_the_set_are_told)
{
    struct declared d = declared();

    put("pids.max", "");
    ck_assert(controllers_set(support_fd(), CONTROLLER_BIT(CONTROLLER_PIDS), &d, &e));
    ck_assert(!controllers_set(support_fd(), CONTROLLER_BIT(CONTROLLER_MEMORY), &d, &e));
    ck_assert_str_eq(e.text, "cannot set memory.max of the cgroup to 33554432: No such file or "
                             "directory");
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
}
END_TEST

/* The kernel adds a line feed. What differs by anything is not in force. */
START_TEST(what_is_read_back)
{
    struct declared d = declared();
    char text[64];

    for (int i = 0; i < N_ROWS(told); i++) {
        snprintf(text, sizeof text, "%s\n", told[i].text);
        put(told[i].file, text);
    }
    for (int c = 0; c < N_CONTROLLERS; c++)
        ck_assert(controller_holds(support_fd(), (enum controller)c, &d));
    put(told[_i].file, "max\n");
    for (int c = 0; c < N_CONTROLLERS; c++)
        ck_assert_int_eq(controller_holds(support_fd(), (enum controller)c, &d),
                         told[_i].controller != (enum controller)c);
    snprintf(text, sizeof text, "%s0\n", told[_i].text);
    put(told[_i].file, text);
    ck_assert(!controller_holds(support_fd(), told[_i].controller, &d));
    ck_assert_int_eq(unlinkat(support_fd(), told[_i].file, 0), 0);
    /* Of swap nothing need be said by a kernel that has none. */
    if (strcmp(told[_i].file, "memory.swap.max") != 0 || access("/proc/swaps", F_OK) == 0)
        ck_assert(!controller_holds(support_fd(), told[_i].controller, &d));
}
END_TEST

START_TEST(memory_is_held_in_whole_pages)
{
    struct declared d = declared();
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    d.memory = 3 * page + 1;
    ck_assert_uint_eq(controller_value(CONTROLLER_MEMORY, &d), 3 * page);
    ck_assert_uint_eq(controller_value(CONTROLLER_PIDS, &d), 16);
    ck_assert_uint_eq(controller_value(CONTROLLER_CPU, &d), 2);
}
END_TEST

static const struct {
    const char *text;
    int64_t count;
} events[] = {
    {"low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n", 5},
    {"oom_kill 0\n", 0},
    {"oom_kill 7", 7},
    {"oom_kill 9223372036854775807\n", INT64_MAX},
    {"oom_kill_x 5\nx_oom_kill 5\noom_kil 5\noom 5\n", -1},
    {"oom_kill -1\n", -1},
    {"oom_kill \n", -1},
    {"oom_kill 5x\n", -1},
    {"oom_kill 9223372036854775808\n", -1},
    {"", -1},
};

START_TEST(an_event_is_counted)
{
    put("memory.events", events[_i].text);
    ck_assert_int_eq(controller_event(support_fd(), "memory.events", "oom_kill"), events[_i].count);
    ck_assert_int_eq(controller_event(support_fd(), "pids.events", "max"), -1);
}
END_TEST

/* ------------------------------------------------------------ --cgroup */

START_TEST(what_the_option_takes)
{
    static struct plan plan;

    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    ck_assert(plan_find_cgroup(&plan, &e));
    plan.declared.cgroup = "off";
    ck_assert(plan_find_cgroup(&plan, &e));
    ck_assert_int_eq(plan.derived.cgroup.fd, -1);
    plan.declared.cgroup = support_dir();
    ck_assert(!plan_find_cgroup(&plan, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "it is no cgroup of version 2"));
    plan_free(&plan);
    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    plan.declared.cgroup = support_path("none");
    ck_assert(!plan_find_cgroup(&plan, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "No such file or directory"));
    plan_free(&plan);
}
END_TEST

START_TEST(what_the_payload_is_shown)
{
    static struct plan plan;
    struct host_object bind = {.fd = 0, .dev = 5};

    ck_assert(plan_init(&plan, COMMAND_ATTEST, &e));
    ck_assert_ptr_null(plan_shows(&plan, 0)); /* an object that is none has no device */
    plan.derived.in = (struct host_object){.fd = 0, .dev = 2};
    plan.derived.out = (struct host_object){.fd = 0, .dev = 3};
    plan.derived.rootfs = (struct host_object){.fd = 0, .dev = 4};
    plan.derived.binds = &bind;
    plan.declared.n_binds = 1;
    ck_assert_ptr_null(plan_shows(&plan, 1));
    ck_assert_str_eq(plan_shows(&plan, 2), "--in");
    ck_assert_str_eq(plan_shows(&plan, 3), "--out");
    ck_assert_str_eq(plan_shows(&plan, 4), "--rootfs");
    ck_assert_str_eq(plan_shows(&plan, 5), "--ro-bind");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cgroup");
    TCase *c = tcase_create("cgroup");

    support_directories(c);
    tcase_add_checked_fixture(c, NULL, as_before);
    tcase_add_loop_test(c, a_line_is_read, 0, N_ROWS(lines));
    tcase_add_test(c, a_line_that_does_not_fit);
    tcase_add_loop_test(c, controllers_are_read, 0, N_ROWS(listed));
    tcase_add_loop_test(c, a_place_is_found, 0, N_ROWS(places));
    tcase_add_test(c, the_root_is_a_place);
    tcase_add_test(c, of_somebody_else);
    tcase_add_test(c, nothing_is_found);
    tcase_add_loop_test(c, a_line_of_systemds_is_read, 0, N_ROWS(systemd_lines));
    tcase_add_test(c, a_directory_is_no_cgroup);
    tcase_add_test(c, one_that_is_held_is_not_swept);
    tcase_add_test(c, other_names_are_not_swept);
    tcase_add_test(c, another_users_is_not_swept);
    tcase_add_test(c, a_place_is_left_by_the_last);
    tcase_add_test(c, each_is_told_its_limit);
    tcase_add_loop_test(c, one_that_is_lost, 0, N_ROWS(told));
    tcase_add_test(c, only_those_of_the_set_are_told);
    tcase_add_loop_test(c, what_is_read_back, 0, N_ROWS(told));
    tcase_add_test(c, memory_is_held_in_whole_pages);
    tcase_add_loop_test(c, an_event_is_counted, 0, N_ROWS(events));
    tcase_add_test(c, what_the_option_takes);
    tcase_add_test(c, what_the_payload_is_shown);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
