/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who forbids it: truth tables over what the kernel answers and what the host says of itself, and
 * the reading of that from trees that are not the host's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/requirement.h"
#include "host/trial.h"
#include "support.h"

/* A host that says nothing of itself: an ordinary user, outside of everything. */
static struct facts plain(void)
{
    struct facts f = {
        .userns_clone = SYSCTL_ABSENT,
        .apparmor_userns = SYSCTL_ABSENT,
        .tiocsti = SYSCTL_ABSENT,
        .ptrace_scope = SYSCTL_ABSENT,
    };

    for (int i = 0; i < N_NAMESPACES; i++)
        f.max[i] = 1000;
    return f;
}

/* One thing that may stand in the way, alone or beside others. */
enum {
    DEBIAN = 1,       /* kernel.unprivileged_userns_clone = 0 */
    UBUNTU = 2,       /* kernel.apparmor_restrict_unprivileged_userns = 1 */
    ZERO = 4,         /* user.max_user_namespaces = 0, and of net */
    CHROOT = 8,       /* / is no mount point */
    UNMAPPED = 16,    /* the uid or the gid has no mapping */
    PROFILE = 32,     /* an AppArmor profile that confines */
    SELINUX = 64,     /* enforcing */
    FILTERS = 128,    /* Seccomp: 2 */
    ANSWERED = 256,   /* the useless form was answered otherwise: a filter */
    UNIT = 512,       /* in a service */
    CONTAINER = 1024, /* in docker */
    ADMIN = 2048,     /* CAP_SYS_ADMIN */
    DEADLINE = 4096,  /* SCHED_DEADLINE */
};

static struct facts facts_of(unsigned what)
{
    struct facts f = plain();

    f.userns_clone = what & DEBIAN ? 0 : 1;
    f.apparmor_userns = what & UBUNTU ? 1 : 0;
    if (what & ZERO)
        f.max[KIND_USER] = f.max[KIND_NET] = 0;
    f.chroot = (what & CHROOT) != 0;
    f.unmapped = (what & UNMAPPED) != 0;
    strcpy(f.label, what & PROFILE  ? "docker-default (enforce)"
                    : what & UBUNTU ? "unconfined"
                                    : "");
    f.selinux = (what & SELINUX) != 0;
    f.seccomp = what & FILTERS ? 2 : 0;
    strcpy(f.unit, what & UNIT ? "box.service" : "");
    strcpy(f.container, what & CONTAINER ? "docker" : "");
    f.sys_admin = (what & ADMIN) != 0;
    f.deadline = (what & DEADLINE) != 0;
    return f;
}

static const struct row {
    enum call call;
    enum namespace_kind kind;
    int number;
    unsigned what;
    enum obstacle want;
} rows[] = {
    /* Each layer alone, with the error that the kernel gives. */
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN, OBSTACLE_USERNS_CLONE},
    {CALL_UNSHARE, KIND_USER, EACCES, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_UNSHARE, KIND_USER, EPERM, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_UNSHARE, KIND_USER, ENOSPC, ZERO, OBSTACLE_MAX_ZERO},
    {CALL_UNSHARE, KIND_USER, ENOSPC, 0, OBSTACLE_MAX_REACHED},
    {CALL_UNSHARE, KIND_USER, EUSERS, 0, OBSTACLE_MAX_REACHED},
    {CALL_UNSHARE, KIND_USER, EPERM, CHROOT, OBSTACLE_CHROOT},
    {CALL_UNSHARE, KIND_USER, EPERM, UNMAPPED, OBSTACLE_UNMAPPED},
    {CALL_UNSHARE, KIND_USER, EACCES, PROFILE, OBSTACLE_APPARMOR_PROFILE},
    {CALL_UNSHARE, KIND_USER, EACCES, SELINUX, OBSTACLE_SELINUX},
    {CALL_UNSHARE, KIND_USER, EPERM, FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_UNSHARE, KIND_USER, EPERM, FILTERS | ANSWERED | UNIT, OBSTACLE_UNIT},
    {CALL_UNSHARE, KIND_USER, EAGAIN, 0, OBSTACLE_NPROC},
    {CALL_UNSHARE, KIND_USER, EINVAL, 0, OBSTACLE_KERNEL_NS},
    {CALL_UNSHARE, KIND_USER, ENOSYS, 0, OBSTACLE_KERNEL},
    {CALL_UNSHARE, KIND_USER, EPERM, 0, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, EACCES, 0, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, ENOMEM, DEBIAN | UBUNTU | ZERO, OBSTACLE_UNKNOWN},
    /* Two at once: the one that the kernel comes to first is the one that answered. */
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN | UBUNTU | CHROOT, OBSTACLE_USERNS_CLONE},
    {CALL_UNSHARE, KIND_USER, EPERM, UBUNTU | CHROOT, OBSTACLE_CHROOT},
    {CALL_UNSHARE, KIND_USER, EPERM, CHROOT | UNMAPPED, OBSTACLE_CHROOT},
    {CALL_UNSHARE, KIND_USER, EPERM, UNMAPPED | UBUNTU, OBSTACLE_UNMAPPED},
    {CALL_UNSHARE, KIND_USER, ENOSPC, DEBIAN | ZERO | CHROOT | UBUNTU, OBSTACLE_MAX_ZERO},
    /* What does not give this error is not to blame, whatever it is set to. */
    {CALL_UNSHARE, KIND_USER, EACCES, DEBIAN | CHROOT | UNMAPPED, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, EACCES, DEBIAN | UBUNTU | CHROOT, OBSTACLE_APPARMOR_USERNS},
    {CALL_UNSHARE, KIND_USER, EPERM, ZERO, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, ENOSPC, DEBIAN | UBUNTU, OBSTACLE_MAX_REACHED},
    /* Debian's sysctl and Ubuntu's do not hold root. */
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN | ADMIN, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, EACCES, UBUNTU | ADMIN, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN | ADMIN | CHROOT, OBSTACLE_CHROOT},
    /* A filter answers before the kernel does; one that lets the call through does not. */
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN | CHROOT | FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_UNSHARE, KIND_USER, EACCES, UBUNTU | FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_UNSHARE, KIND_USER, EPERM, DEBIAN | FILTERS, OBSTACLE_USERNS_CLONE},
    {CALL_UNSHARE, KIND_USER, EPERM, CHROOT | FILTERS, OBSTACLE_CHROOT},
    {CALL_UNSHARE, KIND_USER, ENOSPC, ZERO | FILTERS, OBSTACLE_MAX_ZERO},
    /* Without filters no answer can be a filter's. */
    {CALL_UNSHARE, KIND_USER, EPERM, ANSWERED, OBSTACLE_UNKNOWN},
    /* A service of systemd in a container has the container's filter. */
    {CALL_UNSHARE, KIND_USER, EPERM, FILTERS | ANSWERED | UNIT | CONTAINER, OBSTACLE_FILTER},
    /* clone3 cannot be looked into: it is denied whole, as though the kernel had none. */
    {CALL_CLONE3, KIND_USER, ENOSYS, FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_CLONE3, KIND_USER, ENOSYS, FILTERS | ANSWERED | UNIT, OBSTACLE_UNIT},
    {CALL_CLONE3, KIND_USER, ENOSYS, ANSWERED, OBSTACLE_KERNEL},
    {CALL_CLONE3, KIND_USER, EAGAIN, 0, OBSTACLE_NPROC},
    {CALL_CLONE3, KIND_USER, EAGAIN, DEADLINE, OBSTACLE_DEADLINE},
    /* The other namespaces, and the calls in them: the caller has every capability there. */
    {CALL_UNSHARE, KIND_NET, ENOSPC, ZERO, OBSTACLE_MAX_ZERO},
    {CALL_UNSHARE, KIND_MNT, ENOSPC, ZERO, OBSTACLE_MAX_REACHED},
    {CALL_UNSHARE, KIND_NET, EINVAL, 0, OBSTACLE_KERNEL_NS},
    {CALL_UNSHARE, KIND_NET, EPERM, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_UNSHARE, KIND_NET, EPERM, DEBIAN | CHROOT | UNMAPPED, OBSTACLE_UNKNOWN},
    {CALL_SETATTR, KIND_USER, EPERM, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_SETATTR, KIND_USER, EACCES, PROFILE, OBSTACLE_APPARMOR_PROFILE},
    {CALL_SETATTR, KIND_USER, EACCES, PROFILE | UBUNTU, OBSTACLE_APPARMOR_PROFILE},
    {CALL_FSOPEN, KIND_USER, EPERM, FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_FSOPEN, KIND_USER, EPERM, FILTERS, OBSTACLE_UNKNOWN},
    {CALL_FSOPEN, KIND_USER, ENOSYS, ANSWERED, OBSTACLE_KERNEL},
    /* Under a Landlock ruleset no mount is moved, made or left, and EPERM says so. */
    {CALL_MOVE_MOUNT, KIND_USER, EPERM, 0, OBSTACLE_DOMAIN},
    {CALL_PIVOT, KIND_USER, EPERM, UBUNTU | SELINUX, OBSTACLE_DOMAIN},
    {CALL_UMOUNT, KIND_USER, EPERM, PROFILE | FILTERS, OBSTACLE_DOMAIN},
    {CALL_MOVE_MOUNT, KIND_USER, EPERM, FILTERS | ANSWERED, OBSTACLE_FILTER},
    {CALL_MOVE_MOUNT, KIND_USER, EACCES, PROFILE, OBSTACLE_APPARMOR_PROFILE},
    {CALL_MOVE_MOUNT, KIND_USER, EACCES, SELINUX, OBSTACLE_SELINUX},
    {CALL_MOVE_MOUNT, KIND_USER, EACCES, 0, OBSTACLE_UNKNOWN},
    {CALL_FSMOUNT, KIND_USER, EPERM, 0, OBSTACLE_UNKNOWN},
    {CALL_MAP, KIND_USER, EACCES, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_MAP, KIND_USER, EPERM, UBUNTU, OBSTACLE_APPARMOR_USERNS},
    {CALL_FORK, KIND_USER, EAGAIN, 0, OBSTACLE_NPROC},
    /* fork(2): under SCHED_DEADLINE, unless it is reset. What makes no process is not concerned. */
    {CALL_FORK, KIND_USER, EAGAIN, DEADLINE, OBSTACLE_DEADLINE},
    {CALL_FORK, KIND_USER, ENOMEM, DEADLINE, OBSTACLE_UNKNOWN},
    {CALL_UNSHARE, KIND_USER, EAGAIN, DEADLINE, OBSTACLE_NPROC},
    {CALL_FILES, KIND_USER, EMFILE, 0, OBSTACLE_NOFILE},
    {CALL_FILES, KIND_USER, ENOSPC, ZERO, OBSTACLE_UNKNOWN},
};

START_TEST(the_layer_is_named)
{
    const struct row *row = &rows[_i];
    struct facts f = facts_of(row->what);
    struct refusal r = {
        .call = row->call,
        .kind = row->kind,
        .number = row->number,
        .filtered = (row->what & ANSWERED) != 0,
    };

    ck_assert_int_eq(diagnose(&f, &r), row->want);
}
END_TEST

/* The mends that the specification, and the layer's own manual, give. */
static const struct mend {
    enum obstacle obstacle;
    const char *name;
    const char *mend;
    const char *lasting;
} mends[] = {
    {OBSTACLE_USERNS_CLONE, "kernel.unprivileged_userns_clone",
     "sudo sysctl -w kernel.unprivileged_userns_clone=1", "/etc/sysctl.d/"},
    {OBSTACLE_APPARMOR_USERNS, "kernel.apparmor_restrict_unprivileged_userns",
     "/denybox /etc/apparmor.d/denybox && sudo apparmor_parser -r /etc/apparmor.d/denybox",
     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
    {OBSTACLE_MAX_ZERO, "user.max_net_namespaces",
     "sudo sysctl -w user.max_net_namespaces=", "/etc/sysctl.d/"},
    {OBSTACLE_FILTER, "a seccomp filter",
     "docker run --security-opt seccomp=", "a filter of your own"},
    {OBSTACLE_FILTER, "a seccomp filter", "podman run --security-opt seccomp=", ""},
    {OBSTACLE_UNIT, "a seccomp filter of a systemd unit",
     "sudo systemctl edit box.service, and under [Service]: RestrictNamespaces=no", "@mount"},
    {OBSTACLE_CHROOT, "a chroot", "outside of the chroot", "pivot_root"},
    {OBSTACLE_PROC_MASKED, "a masked /proc", "podman run --security-opt unmask=ALL", ""},
    {OBSTACLE_PROC_MASKED, "a masked /proc", "docker run --security-opt systempaths=unconfined",
     ""},
    {OBSTACLE_OVERLAY, "no overlay", "sudo modprobe overlay", "/etc/modules-load.d/"},
    {OBSTACLE_KERNEL_NS, "the kernel", "CONFIG_NET_NS=y", ""},
    {OBSTACLE_DEADLINE, "SCHED_DEADLINE", "chrt --other 0 denybox run", "chrt --reset-on-fork"},
    {OBSTACLE_NOFILE, "RLIMIT_NOFILE", "denybox run --nofile N with a smaller N", "limits.d"},
};

START_TEST(the_mend_is_exact)
{
    const struct mend *m = &mends[_i];
    struct facts f = facts_of(UNIT);
    struct refusal r = {.call = CALL_UNSHARE, .kind = KIND_NET, .number = EPERM};
    struct diagnosis d;

    obstacle_text(m->obstacle, &f, &r, &d);
    ck_assert_str_eq(d.name, m->name);
    ck_assert_msg(strstr(d.mend, m->mend) != NULL, "%s", d.mend);
    ck_assert_msg(strstr(d.lasting, m->lasting) != NULL, "%s", d.lasting);
}
END_TEST

/* No text is cut, has a place that was not filled in, or two lines; and one hint holds all three.
 */
START_TEST(texts_fit)
{
    struct facts f = facts_of(UNIT | PROFILE);
    struct refusal r = {.call = CALL_UNSHARE, .kind = KIND_CGROUP, .number = EPERM};
    struct diagnosis d;
    struct error e = {0};

    memset(f.exe, 'e', sizeof f.exe - 1);
    memset(f.unit, 'u', 100);
    memset(f.label, 'l', 100);
    obstacle_text((enum obstacle)_i, &f, &r, &d);
    ck_assert_str_ne(d.name, "");
    ck_assert_str_ne(d.why, "");
    ck_assert_str_ne(d.mend, "");
    ck_assert_uint_lt(strlen(d.name), sizeof d.name - 1);
    ck_assert_uint_lt(strlen(d.why), sizeof d.why - 1);
    ck_assert_uint_lt(strlen(d.mend), sizeof d.mend - 1);
    ck_assert_uint_lt(strlen(d.lasting), sizeof d.lasting - 1);
    host_hint((enum obstacle)_i, &e);
    ck_assert_uint_lt(strlen(e.hint), sizeof e.hint - 1);
    ck_assert_ptr_null(strpbrk(e.hint, "\n{}"));
    ck_assert_ptr_null(strpbrk(d.why, "\n{}"));
}
END_TEST

/* ------------------------------------------------------------ what the host says of itself */

/* A tree laid out as /proc and /proc/sys, in the test's directory. */
static struct host faked(void)
{
    static const char *const directories[] = {
        "proc",    "proc/self",   "proc/self/attr",  "proc/self/attr/apparmor",
        "sys",     "sys/kernel",  "sys/kernel/yama", "sys/user",
        "sys/dev", "sys/dev/tty",
    };

    for (int i = 0; i < N_ROWS(directories); i++)
        support_mkdir(directories[i]);
    return (struct host){
        .proc = openat(support_fd(), "proc", O_PATH | O_DIRECTORY),
        .sysctl = openat(support_fd(), "sys", O_PATH | O_DIRECTORY),
    };
}

static void put(const char *name, const char *text)
{
    unlinkat(support_fd(), name, 0);
    support_write(name, 0644, text, strlen(text));
}

START_TEST(an_empty_tree_forbids_nothing)
{
    struct host h = faked();
    struct facts f;

    facts_take(&h, &f);
    ck_assert_int_eq(f.userns_clone, SYSCTL_ABSENT);
    ck_assert_int_eq(f.apparmor_userns, SYSCTL_ABSENT);
    ck_assert_int_eq(f.max[KIND_USER], SYSCTL_ABSENT);
    ck_assert_int_eq(f.tiocsti, SYSCTL_ABSENT);
    ck_assert_int_eq(f.seccomp, -1);
    ck_assert(!f.chroot);
    ck_assert_int_eq(f.masked, 0);
    ck_assert_str_eq(f.label, "");
    ck_assert_str_eq(f.unit, "");
    host_close(&h);
}
END_TEST

START_TEST(sysctls_are_read_from_the_tree_given)
{
    struct host h = faked();
    struct facts f;

    put("sys/kernel/unprivileged_userns_clone", "0\n");
    put("sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
    put("sys/user/max_user_namespaces", "0\n");
    put("sys/user/max_net_namespaces", "31\n");
    put("sys/user/max_mnt_namespaces", "-1\n");
    put("sys/user/max_pid_namespaces", "");
    put("sys/user/max_ipc_namespaces", "5 6\n");
    put("sys/dev/tty/legacy_tiocsti", "1\n");
    put("sys/kernel/yama/ptrace_scope", "3\n");
    facts_take(&h, &f);
    ck_assert_int_eq(f.userns_clone, 0);
    ck_assert_int_eq(f.apparmor_userns, 1);
    ck_assert_int_eq(f.max[KIND_USER], 0);
    ck_assert_int_eq(f.max[KIND_NET], 31);
    /* What is no number is not taken for one. */
    ck_assert_int_eq(f.max[KIND_MNT], SYSCTL_ABSENT);
    ck_assert_int_eq(f.max[KIND_PID], SYSCTL_ABSENT);
    ck_assert_int_eq(f.max[KIND_IPC], SYSCTL_ABSENT);
    ck_assert_int_eq(f.tiocsti, 1);
    ck_assert_int_eq(f.ptrace_scope, 3);
    host_close(&h);
}
END_TEST

START_TEST(the_process_is_read_from_the_tree_given)
{
    struct host h = faked();
    struct facts f;

    put("proc/self/status", "Name:\tx\nCapEff:\t0000000000200000\nNoNewPrivs:\t1\n"
                            "Seccomp:\t2\nSeccomp_filters:\t3\n");
    put("proc/self/uid_map", "         0          0 4294967295\n");
    put("proc/self/gid_map", "         0          0 4294967295\n");
    put("proc/self/attr/apparmor/current", "denybox (unconfined)\n");
    support_link("/a/deny\nbox", "proc/self/exe");
    facts_take(&h, &f);
    ck_assert_int_eq(f.seccomp, 2);
    ck_assert_int_eq(f.filters, 3);
    ck_assert(f.no_new_privs);
    ck_assert(f.sys_admin);
    ck_assert(!f.unmapped);
    ck_assert(f.maps_others == (geteuid() == 0));
    ck_assert_str_eq(f.label, "denybox (unconfined)");
    ck_assert_str_eq(f.exe, "/a/deny\\x0abox");
    ck_assert(!facts_confined(&f));
    host_close(&h);
}
END_TEST

static const struct label {
    const char *label;
    bool confined;
} labels[] = {
    {"", false},
    {"unconfined", false},
    {"denybox (unconfined)", false},
    {"docker-default (enforce)", true},
    {"snap.x.y (complain)", true},
    {"unconfined2 (enforce)", true},
};

START_TEST(a_label_confines_or_not)
{
    struct facts f = plain();

    strcpy(f.label, labels[_i].label);
    ck_assert(facts_confined(&f) == labels[_i].confined);
}
END_TEST

/* CAP_SYS_ADMIN of another user namespace does not pass Debian's and Ubuntu's sysctl; and an uid or
 * a gid that is in none of the rows has no mapping. */
START_TEST(maps_are_read)
{
    struct host h = faked();
    struct facts f;
    char own[64];
    char group[64];
    char other[128];
    unsigned me = geteuid();

    snprintf(own, sizeof own, "%10u 100000 1\n", me);
    snprintf(other, sizeof other, "%10u 100000 7\n%10u 5 1\n", me + 1, me + 100);
    put("proc/self/status", "CapEff:\t000001ffffffffff\n");
    put("proc/self/uid_map", own);
    facts_take(&h, &f);
    ck_assert(f.unmapped);
    snprintf(group, sizeof group, "%10u 100000 1\n", getegid());
    put("proc/self/gid_map", group);
    facts_take(&h, &f);
    ck_assert(!f.unmapped && !f.sys_admin && !f.maps_others);
    put("proc/self/uid_map", other);
    facts_take(&h, &f);
    ck_assert(f.unmapped && !f.sys_admin);
    put("proc/self/uid_map", "");
    facts_take(&h, &f);
    ck_assert(f.unmapped);
    host_close(&h);
}
END_TEST

static const struct mounts {
    const char *mountinfo;
    bool chroot;
    int masked;
    bool hidepid;
} mounts[] = {
    {"22 27 0:21 / /proc rw - proc proc rw\n27 1 8:1 / / rw - ext4 /dev/vda rw\n", false, 0, false},
    {"22 27 0:21 / /proc rw - proc proc rw\n", true, 0, false},
    {"27 1 8:1 / / rw - ext4 x rw\n1 27 0:1 / /proc/sys ro - proc proc rw\n"
     "2 27 0:2 / /proc/keys rw - tmpfs tmpfs rw\n",
     false, 2, false},
    {"27 1 8:1 / / rw - ext4 x rw\n1 2 0:1 / /proc/sys/fs/binfmt_misc rw - autofs s rw\n", false, 0,
     false},
    {"27 1 8:1 / / rw - ext4 x rw\n1 27 0:1 / /process rw - tmpfs x rw\n", false, 0, false},
    {"27 1 8:1 / / rw - ext4 x rw\n1 2 0:1 / /proc rw - proc proc rw,hidepid=invisible\n", false, 0,
     true},
    {"27 1 8:1 / / rw - ext4 x rw\n1 2 0:1 / /proc rw - proc proc rw,hidepid=2\n", false, 0, true},
    {"27 1 8:1 / / rw - ext4 x rw\n1 2 0:1 / /proc rw - proc proc rw,hidepid=0\n", false, 0, false},
};

START_TEST(mounts_are_read)
{
    struct host h = faked();
    struct facts f;

    put("proc/self/mountinfo", mounts[_i].mountinfo);
    facts_take(&h, &f);
    ck_assert(f.chroot == mounts[_i].chroot);
    ck_assert_int_eq(f.masked, mounts[_i].masked);
    ck_assert(f.hidepid == mounts[_i].hidepid);
    host_close(&h);
}
END_TEST

/* Onto a mount point: only pid 1 shows it, to whom may look at that. */
START_TEST(a_chroot_shows_beside_the_root_of_pid_1)
{
    struct host h = faked();
    struct facts f;

    put("proc/self/mountinfo", "27 1 8:1 / / rw - ext4 x rw\n");
    support_mkdir("proc/1");
    support_link("/", "proc/1/root");
    support_link("/", "proc/self/root");
    facts_take(&h, &f);
    ck_assert(!f.chroot);
    ck_assert_int_eq(unlinkat(support_fd(), "proc/self/root", 0), 0);
    support_link(support_dir(), "proc/self/root");
    facts_take(&h, &f);
    ck_assert(f.chroot);
    host_close(&h);
}
END_TEST

static const struct unit {
    const char *cgroup;
    const char *unit;
} units[] = {
    {"0::/system.slice/box.service\n", "box.service"},
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u1.scope\n", ""},
    {"0::/user.slice/user-1000.slice/session-2.scope\n", ""},
    {"0::/\n", ""},
    {"4:memory:/system.slice/other.service\n0::/\n", ""},
    {"1:name=systemd:/system.slice/box.service\n0::/\n", "box.service"},
    {"0::/system.slice/a\033b.service\n", "a\\x1bb.service"},
    {"0::/system.slice/.service\n", ""},
    {"", ""},
};

START_TEST(units_are_read)
{
    struct host h = faked();
    struct facts f;

    put("proc/self/cgroup", units[_i].cgroup);
    facts_take(&h, &f);
    ck_assert_str_eq(f.unit, units[_i].unit);
    host_close(&h);
}
END_TEST

/* ------------------------------------------------------------ the questions, and the tries */

/* None of them is answered by a filter here, unless the tests themselves are in one. */
START_TEST(the_kernel_answers_every_useless_form)
{
    if (_i == CALL_FSOPEN || _i == CALL_FSMOUNT || _i == CALL_MOVE_MOUNT || _i == CALL_PIVOT ||
        _i == CALL_UMOUNT) {
        /* These look at the caller's capabilities first. */
        if (geteuid() != 0)
            return;
    }
    ck_assert_msg(!call_filtered((enum call)_i, namespace_flag(KIND_USER)), "%d", _i);
}
END_TEST

static bool try_crash(struct trial *t)
{
    t->call = CALL_FSOPEN;
    abort();
}

static bool try_refused(struct trial *t)
{
    t->call = CALL_OPENAT2;
    t->value = 7;
    errno = EXDEV;
    return false;
}

static bool try_well(struct trial *t)
{
    t->value = 11;
    return true;
}

START_TEST(a_trial_tells_what_came_of_it)
{
    struct facts f = plain();
    struct host h;
    struct error e;
    struct trial t;

    ck_assert(host_open(&h, &e));
    ck_assert(trial_run(&h, &f, 0, try_well, &t));
    ck_assert_int_eq(t.value, 11);
    ck_assert(!trial_run(&h, &f, 0, try_refused, &t));
    ck_assert_int_eq(t.number, EXDEV);
    ck_assert_int_eq(t.call, CALL_OPENAT2);
    ck_assert_int_eq(t.value, 7);
    ck_assert(!t.filtered);
    ck_assert(!trial_run(&h, &f, 0, try_crash, &t));
    ck_assert_int_eq(t.call, CALL_FSOPEN);
    ck_assert_int_eq(t.signal, SIGABRT);
    ck_assert(!t.filtered);
    host_close(&h);
}
END_TEST

static int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Nothing of a survey is left: no descriptor, no child. */
START_TEST(a_survey_leaves_nothing)
{
    static struct survey s;
    struct host h;
    struct error e;
    int before = open_files();

    ck_assert(host_open(&h, &e));
    survey_take(&h, &s);
    host_close(&h);
    ck_assert_int_eq(open_files(), before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    for (int i = 0; i < N_REQUIREMENTS; i++) {
        const struct finding *f = &s.findings[i];

        ck_assert_str_ne(f->found, "");
        ck_assert((f->state == STATE_INFO) ==
                  (requirement_row((enum requirement)i)->need == NEED_INFO ||
                   (i == REQUIRE_IDMAP && !s.facts.maps_others)));
        ck_assert(f->state != STATE_OK || f->obstacle == OBSTACLE_NONE);
        ck_assert(f->state != STATE_MISSING || f->obstacle != OBSTACLE_NONE);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("host");
    TCase *c = tcase_create("diagnosis");

    tcase_add_loop_test(c, the_layer_is_named, 0, N_ROWS(rows));
    tcase_add_loop_test(c, the_mend_is_exact, 0, N_ROWS(mends));
    tcase_add_loop_test(c, texts_fit, OBSTACLE_NONE + 1, N_OBSTACLES);
    tcase_add_loop_test(c, a_label_confines_or_not, 0, N_ROWS(labels));
    suite_add_tcase(s, c);
    c = tcase_create("facts");
    support_directories(c);
    tcase_add_test(c, an_empty_tree_forbids_nothing);
    tcase_add_test(c, sysctls_are_read_from_the_tree_given);
    tcase_add_test(c, the_process_is_read_from_the_tree_given);
    tcase_add_test(c, maps_are_read);
    tcase_add_loop_test(c, mounts_are_read, 0, N_ROWS(mounts));
    tcase_add_test(c, a_chroot_shows_beside_the_root_of_pid_1);
    tcase_add_loop_test(c, units_are_read, 0, N_ROWS(units));
    suite_add_tcase(s, c);
    c = tcase_create("trials");
    tcase_add_loop_test(c, the_kernel_answers_every_useless_form, 0, N_CALLS);
    tcase_add_test(c, a_trial_tells_what_came_of_it);
    tcase_add_test(c, a_survey_leaves_nothing);
    suite_add_tcase(s, c);
    return support_run(s);
}
