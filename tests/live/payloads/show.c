/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "payload.h"

static void show_names(void)
{
    struct utsname name;
    char cwd[4096];

    uname(&name);
    printf("hostname %s\n", name.nodename);
    printf("domainname %s\n", name.domainname);
    printf("cwd %s\n", getcwd(cwd, sizeof cwd) != NULL ? cwd : "?");
}

static void show_ids(void)
{
    uid_t u[3];
    gid_t g[3];
    mode_t mask = umask(0);

    umask(mask);
    getresuid(&u[0], &u[1], &u[2]);
    getresgid(&g[0], &g[1], &g[2]);
    printf("uid %u %u %u\n", u[0], u[1], u[2]);
    printf("gid %u %u %u\n", g[0], g[1], g[2]);
    printf("groups %d\n", getgroups(0, NULL));
    printf("umask %o\n", mask);
    printf("pid %d\n", getpid());
    printf("ppid %d\n", getppid());
    printf("session-leader %d\n", getsid(0) == getpid());
    printf("group-leader %d\n", getpgrp() == getpid());
}

/* By the raw call: libc's refuses to speak of its own two. */
static void show_signals(void)
{
    unsigned long blocked = 0;
    int ignored = 0;

    syscall(SYS_rt_sigprocmask, 0L, NULL, &blocked, 8L);
    for (long n = 1; n <= 64; n++) {
        unsigned long action[4] = {0};

        syscall(SYS_rt_sigaction, n, NULL, action, 8L);
        ignored += action[0] != 0;
    }
    printf("blocked %lx\n", blocked);
    printf("not-default %d\n", ignored);
}

static void show_descriptors(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    printf("descriptors");
    for (int fd = 0; fd < (int)limit.rlim_cur + 4096; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            printf(" %d", fd);
    }
    printf("\nterminals %d%d%d\n", isatty(0), isatty(1), isatty(2));
}

static void show_limits(void)
{
    static const struct {
        const char *name;
        int resource;
    } rows[] = {
        {"nproc", RLIMIT_NPROC}, {"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE},
        {"data", RLIMIT_DATA},   {"fsize", RLIMIT_FSIZE},   {"stack", RLIMIT_STACK},
    };
    cpu_set_t cpus;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rlimit limit;

        getrlimit(rows[i].resource, &limit);
        printf("limit-%s %lld %lld\n", rows[i].name, (long long)limit.rlim_cur,
               (long long)limit.rlim_max);
    }
    sched_getaffinity(0, sizeof cpus, &cpus);
    printf("cpus %d\n", CPU_COUNT(&cpus));
    printf("policy %d\n", sched_getscheduler(0));
}

static void show_privilege(void)
{
    printf("no-new-privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL));
    printf("securebits %x\n", (unsigned)prctl(PR_GET_SECUREBITS, 0UL, 0UL, 0UL, 0UL));
    printf("personality %x\n", (unsigned)personality(0xffffffffUL));
    printf("seccomp %d\n", prctl(PR_GET_SECCOMP, 0UL, 0UL, 0UL, 0UL));
}

int show_main(int argc, char **argv)
{
    show_names();
    show_ids();
    show_signals();
    show_descriptors();
    show_limits();
    show_privilege();
    for (char **e = environ; *e != NULL; e++)
        printf("env %s\n", *e);
    for (int i = -1; i < argc; i++)
        printf("argv %s\n", argv[i]);
    return 0;
}
