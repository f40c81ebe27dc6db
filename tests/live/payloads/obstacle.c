/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands an obstacle in the way of a program and executes it:
 *
 *   live-obstacle OBSTACLE[=VALUE]... -- PROGRAM [ARG...]
 *
 *   filter=CALL:ERRNO   a seccomp filter answers so to a system call
 *   filter=CALL:KILL    kills for it
 *   newuser=ERRNO       a filter that looks at the flags of clone and unshare, as that of
 *                       RestrictNamespaces= of systemd: CLONE_NEWUSER is answered so, and clone3 by
 *                       ENOSYS
 *   userns              a user namespace, in which the caller is 0, with its mounts
 *   unmapped            a user namespace without any mapping
 *   sysctl=NAME:VALUE   /proc/sys/NAME, of the user namespace made before
 *   mask=PATH           a tmpfs over it, in the mount namespace made before
 *   hidepid=N           for root: a /proc that hides the processes of others
 *   bind=FROM:TO        a bind mount, likewise
 *   chroot=DIR          a chroot
 *   pivot=DIR           another root directory, by pivot_root
 *   nofile=N            the hard limit of open files
 *   uid=N               a user
 *   landlock            a ruleset that forbids next to nothing
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"clone3", SYS_clone3},
    {"unshare", SYS_unshare},
    {"openat2", SYS_openat2},
    {"close_range", SYS_close_range},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"mount_setattr", SYS_mount_setattr},
    {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig},
    {"fsmount", SYS_fsmount},
    {"open_tree", SYS_open_tree},
    {"move_mount", SYS_move_mount},
    {"pivot_root", SYS_pivot_root},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"write", SYS_write},
    {"kill", SYS_kill},
};

static void die(const char *what)
{
    fprintf(stderr, "live-obstacle: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void load(struct sock_filter *code, size_t n)
{
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        die("seccomp");
}

static unsigned action(const char *text)
{
    int number = error_number(text);

    if (number > 0)
        return SECCOMP_RET_ERRNO | (unsigned)number;
    if (strcmp(text, "KILL") != 0)
        die(text);
    return SECCOMP_RET_KILL_PROCESS;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IF_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define IF_SET(value, skip) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, skip)

static void filter_call(char *value)
{
    char *answer = strchr(value, ':');

    for (size_t i = 0; answer != NULL && i < sizeof calls / sizeof calls[0]; i++) {
        if (strncmp(value, calls[i].name, (size_t)(answer - value)) == 0 &&
            strlen(calls[i].name) == (size_t)(answer - value)) {
            struct sock_filter code[] = {
                LOAD(nr),
                IF_EQUAL(calls[i].number, 1),
                ANSWER(action(answer + 1)),
                ANSWER(SECCOMP_RET_ALLOW),
            };

            load(code, sizeof code / sizeof code[0]);
            return;
        }
    }
    die(value);
}

static void filter_newuser(char *value)
{
    struct sock_filter code[] = {
        LOAD(nr),
        IF_EQUAL(SYS_clone3, 1),
        ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
        IF_EQUAL(SYS_unshare, 1),
        BPF_STMT(BPF_JMP | BPF_JA, 1),
        IF_EQUAL(SYS_clone, 3),
        LOAD(args[0]),
        IF_SET(CLONE_NEWUSER, 1),
        ANSWER(action(value)),
        ANSWER(SECCOMP_RET_ALLOW),
    };

    load(code, sizeof code / sizeof code[0]);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        die(path);
    close(fd);
}

static void user_namespace(char *value)
{
    char uid[64];
    char gid[64];

    (void)value;
    snprintf(uid, sizeof uid, "0 %u 1\n", (unsigned)geteuid());
    snprintf(gid, sizeof gid, "0 %u 1\n", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        die("unshare");
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", uid);
    write_text("/proc/self/gid_map", gid);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        die("private mounts");
}

static void unmapped(char *value)
{
    (void)value;
    if (unshare(CLONE_NEWUSER) < 0)
        die("unshare");
}

static void set_sysctl(char *value)
{
    char path[256];
    char *number = strchr(value, ':');

    if (number == NULL)
        die(value);
    *number++ = '\0';
    snprintf(path, sizeof path, "/proc/sys/%s", value);
    write_text(path, number);
}

static void mask(char *value)
{
    if (mount("none", value, "tmpfs", 0, "size=4k") < 0)
        die(value);
}

/* For root: a /proc that hides the processes that are not the caller's. */
static void hide_processes(char *value)
{
    char options[32];

    snprintf(options, sizeof options, "hidepid=%s", value);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, options) < 0)
        die(options);
}

static void bind_mount(char *value)
{
    char *to = strchr(value, ':');

    if (to == NULL)
        die(value);
    *to++ = '\0';
    if (mount(value, to, NULL, MS_BIND | MS_REC, NULL) < 0)
        die(to);
}

static void enter_chroot(char *value)
{
    if (chroot(value) < 0 || chdir("/") < 0)
        die(value);
}

static void pivot(char *value)
{
    if (mount(value, value, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(value) < 0 ||
        syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        die(value);
}

static void limit_files(char *value)
{
    rlim_t n = (rlim_t)strtoul(value, NULL, 10);
    struct rlimit limit = {n, n};

    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        die(value);
}

static void become(char *value)
{
    unsigned id = (unsigned)strtoul(value, NULL, 10);

    /* Dumpable again, or its files in /proc are root's: what comes next writes to them. */
    if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0 ||
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
        die(value);
}

/* The making of sockets alone: that no mount can be made comes with any ruleset. */
static void landlock(char *value)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_SOCK};
    int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0);

    (void)value;
    if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        die("landlock");
    close(ruleset);
}

static const struct {
    const char *name;
    void (*stand)(char *value);
} obstacles[] = {
    {"filter", filter_call},     {"newuser", filter_newuser},
    {"userns", user_namespace},  {"unmapped", unmapped},
    {"sysctl", set_sysctl},      {"mask", mask},
    {"hidepid", hide_processes}, {"bind", bind_mount},
    {"chroot", enter_chroot},    {"pivot", pivot},
    {"nofile", limit_files},     {"uid", become},
    {"landlock", landlock},
};

static void stand(char *word)
{
    char *value = strchr(word, '=');

    if (value != NULL)
        *value++ = '\0';
    for (size_t i = 0; i < sizeof obstacles / sizeof obstacles[0]; i++) {
        if (strcmp(obstacles[i].name, word) == 0) {
            obstacles[i].stand(value);
            return;
        }
    }
    die(word);
}

int main(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        stand(argv[i]);
    if (i + 1 >= argc)
        die("no program");
    execv(argv[i + 1], argv + i + 1);
    die(argv[i + 1]);
}
