/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_FACTS_H
#define DENYBOX_HOST_FACTS_H

#include "host/host.h"

enum namespace_kind {
#define NAMESPACE(symbol, name, flag, config) symbol,
#include "host/namespace.def"
#undef NAMESPACE
    N_NAMESPACES
};

/* A sysctl that does not exist forbids nothing. */
#define SYSCTL_ABSENT (-1LL)

/* What the host says of itself, and of this process in it. Texts are printable. */
struct facts {
    long long userns_clone;      /* kernel.unprivileged_userns_clone */
    long long apparmor_userns;   /* kernel.apparmor_restrict_unprivileged_userns */
    long long max[N_NAMESPACES]; /* user.max_*_namespaces */
    long long tiocsti;           /* dev.tty.legacy_tiocsti */
    long long ptrace_scope;      /* kernel.yama.ptrace_scope */
    int seccomp;                 /* mode: 0 none, 2 filters; -1 unknown */
    int filters;                 /* how many, -1 unknown */
    bool no_new_privs;
    bool deadline;      /* SCHED_DEADLINE, and its children would have it too */
    bool sys_admin;     /* CAP_SYS_ADMIN of the first user namespace */
    bool unmapped;      /* the caller's uid, or its gid, has no mapping here */
    bool maps_others;   /* root, and not alone in its user namespace: ids are changed, not mapped */
    bool chroot;        /* / is no mount point, or not the root of pid 1 */
    bool selinux;       /* enforcing */
    int masked;         /* mounts beneath /proc other than binfmt_misc */
    bool hidepid;       /* /proc hides the processes of others */
    char label[128];    /* AppArmor's of this process; empty: not enabled */
    char exe[256];      /* the path of this program */
    char unit[128];     /* the systemd service this process is in, or empty */
    char container[16]; /* "docker", "podman" or empty */
};

/* Reads all of it. What cannot be read counts as absent, none or unknown. */
void facts_take(const struct host *h, struct facts *f);

/* "user", "mnt"...; flag and option of the kernel. */
const char *namespace_name(enum namespace_kind kind);
const char *namespace_config(enum namespace_kind kind);
int namespace_flag(enum namespace_kind kind);

/* Is the AppArmor label one that confines? */
bool facts_confined(const struct facts *f);

#endif
