/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/facts.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "host/delegation.h"

#define FILE_MAX (1U << 20)
#define CAP_SYS_ADMIN_BIT 21

static const struct {
    const char *name;
    int flag;
    const char *config;
} kinds[] = {
#define NAMESPACE(symbol, name, flag, config) {name, flag, config},
#include "host/namespace.def"
#undef NAMESPACE
};

const char *namespace_name(enum namespace_kind kind)
{
    return kinds[kind].name;
}

const char *namespace_config(enum namespace_kind kind)
{
    return kinds[kind].config;
}

int namespace_flag(enum namespace_kind kind)
{
    return kinds[kind].flag;
}

bool facts_confined(const struct facts *f)
{
    static const char mode[] = " (unconfined)";
    size_t length = strlen(f->label);

    /* A profile may have a name, the flag unconfined, and no rules but userns. */
    if (length >= strlen(mode) && strcmp(f->label + length - strlen(mode), mode) == 0)
        return false;
    return length != 0 && strcmp(f->label, "unconfined") != 0;
}

/* A small text of the kernel; empty when it cannot be read. */
static void read_text(int directory, const char *path, struct buf *b)
{
    if (directory < 0 || !io_read_file(directory, path, FILE_MAX, b)) {
        buf_free(b);
        *b = (struct buf){0};
    }
}

/* One, "kernel/name"; SYSCTL_ABSENT when there is none or it is no number. */
static long long read_sysctl(const struct host *h, const char *path)
{
    struct buf b = {0};
    unsigned long long value = 0;
    char text[32];
    bool ok;

    read_text(h->sysctl, path, &b);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(buf_text(&b), "\n"), buf_text(&b));
    ok = text_number(text, (1ULL << 62), &value);
    buf_free(&b);
    return ok ? (long long)value : SYSCTL_ABSENT;
}

static void take_sysctls(const struct host *h, struct facts *f)
{
    f->userns_clone = read_sysctl(h, "kernel/unprivileged_userns_clone");
    f->apparmor_userns = read_sysctl(h, "kernel/apparmor_restrict_unprivileged_userns");
    f->tiocsti = read_sysctl(h, "dev/tty/legacy_tiocsti");
    f->ptrace_scope = read_sysctl(h, "kernel/yama/ptrace_scope");
    for (int i = 0; i < N_NAMESPACES; i++) {
        char path[64];

        snprintf(path, sizeof path, "user/max_%s_namespaces", kinds[i].name);
        f->max[i] = read_sysctl(h, path);
    }
}

/* "Name:\tvalue" of a status file in the base given; `none` when there is no such line. */
static unsigned long long number_of(const char *status, const char *name, int base,
                                    unsigned long long none)
{
    size_t length = strlen(name);

    for (const char *line = status; line != NULL && *line != '\0';) {
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return strtoull(line + length + 1, NULL, base);
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return none;
}

/* What the rows "inside outside count" of an id map say. */
struct id_map {
    bool has;   /* the id that was asked for */
    bool whole; /* every id is itself, as outside of all user namespaces */
    unsigned long long total;
};

static struct id_map read_ids(const char *map, unsigned id)
{
    struct id_map m = {0};
    unsigned long long inside;
    unsigned long long outside;
    unsigned long long count;

    for (const char *line = map; line != NULL && *line != '\0';) {
        if (sscanf(line, "%llu %llu %llu", &inside, &outside, &count) != 3)
            break;
        m.has = m.has || (id >= inside && id - inside < count);
        m.whole = inside == 0 && outside == 0 && count == 4294967295ULL;
        m.total += count;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return m;
}

static void take_ids(const struct host *h, struct facts *f)
{
    struct buf b = {0};
    struct id_map uids;

    read_text(h->proc, "self/uid_map", &b);
    uids = read_ids(buf_text(&b), geteuid());
    buf_free(&b);
    read_text(h->proc, "self/gid_map", &b);
    f->unmapped = !uids.has || !read_ids(buf_text(&b), getegid()).has;
    f->sys_admin = f->sys_admin && uids.whole;
    f->maps_others = geteuid() == 0 && uids.total > 1;
    buf_free(&b);
}

static void take_process(const struct host *h, struct facts *f)
{
    struct buf b = {0};

    read_text(h->proc, "self/status", &b);
    f->seccomp = (int)number_of(buf_text(&b), "Seccomp", 10, ~0ULL);
    f->filters = (int)number_of(buf_text(&b), "Seccomp_filters", 10, ~0ULL);
    f->no_new_privs = number_of(buf_text(&b), "NoNewPrivs", 10, 0) == 1;
    f->sys_admin = (number_of(buf_text(&b), "CapEff", 16, 0) >> CAP_SYS_ADMIN_BIT & 1) != 0;
    /* With SCHED_RESET_ON_FORK, which would be told as well, its children have another policy. */
    f->deadline = sched_getscheduler(0) == SCHED_DEADLINE;
    buf_free(&b);
    take_ids(h, f);
}

/* One row of mountinfo: its mount point and what follows the dash. */
static void take_mount(const char *row, struct facts *f, bool *root)
{
    char point[512];
    const char *super = strstr(row, " - ");

    if (sscanf(row, "%*s %*s %*s %*s %511s", point) != 1)
        return;
    *root = *root || strcmp(point, "/") == 0;
    if (strncmp(point, "/proc/", 6) == 0 && strncmp(point, "/proc/sys/fs/binfmt_misc", 24) != 0)
        f->masked++;
    if (strcmp(point, "/proc") == 0 && super != NULL) {
        const char *option = strstr(super, "hidepid=");

        f->hidepid = option != NULL && strncmp(option, "hidepid=0", 9) != 0 &&
                     strncmp(option, "hidepid=off", 11) != 0;
    }
}

static void take_mounts(const struct host *h, struct facts *f)
{
    struct buf b = {0};
    struct stat ours;
    struct stat first;
    bool root = false;

    read_text(h->proc, "self/mountinfo", &b);
    for (char *row = b.data; row != NULL && *row != '\0';) {
        char *end = strchrnul(row, '\n');
        bool last = *end == '\0';

        *end = '\0';
        take_mount(row, f, &root);
        row = last ? NULL : end + 1;
    }
    /* A chroot onto a mount point has a row for /. Root can look at the root of pid 1. */
    f->chroot = b.length != 0 && !root;
    if (!f->chroot && fstatat(h->proc, "1/root", &first, 0) == 0 &&
        fstatat(h->proc, "self/root", &ours, 0) == 0)
        f->chroot = first.st_dev != ours.st_dev || first.st_ino != ours.st_ino;
    buf_free(&b);
}

/* The last part of the cgroup of version 2 or of systemd, when it is a service. */
static void take_unit(const struct host *h, struct facts *f)
{
    static const char *const hierarchies[] = {HIERARCHY_V2, HIERARCHY_SYSTEMD};
    static const char ending[] = ".service";
    struct buf b = {0};
    char path[4096];

    read_text(h->proc, "self/cgroup", &b);
    for (size_t i = 0; i < 2 && f->unit[0] == '\0'; i++) {
        const char *unit = cgroup_line(buf_text(&b), hierarchies[i], path, sizeof path)
                               ? strrchr(path, '/') + 1
                               : "";

        if (strlen(unit) >= sizeof ending && text_ends_in(unit, ending))
            text_safe(f->unit, sizeof f->unit, unit, strlen(unit));
    }
    buf_free(&b);
}

static void take_security(const struct host *h, struct facts *f)
{
    struct buf b = {0};
    char exe[4096];
    ssize_t n = readlinkat(h->proc, "self/exe", exe, sizeof exe);

    text_safe(f->exe, sizeof f->exe, exe, n > 0 ? (size_t)n : 0);
    read_text(h->proc, "self/attr/apparmor/current", &b);
    /* "profile (enforce)" */
    text_safe(f->label, sizeof f->label, buf_text(&b), strcspn(buf_text(&b), "\n"));
    buf_free(&b);
    read_text(AT_FDCWD, "/sys/fs/selinux/enforce", &b);
    f->selinux = buf_text(&b)[0] == '1';
    buf_free(&b);
}

void facts_take(const struct host *h, struct facts *f)
{
    *f = (struct facts){0};
    take_sysctls(h, f);
    take_process(h, f);
    take_mounts(h, f);
    take_unit(h, f);
    take_security(h, f);
    if (access("/run/.containerenv", F_OK) == 0)
        strcpy(f->container, "podman");
    else if (access("/.dockerenv", F_OK) == 0)
        strcpy(f->container, "docker");
}
