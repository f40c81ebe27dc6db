/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/probe.h"
#include "support.h"

enum kind { ERRNO, SUCCESS, COUNT, KILLED, RAW };

/* The table of the boundary, with the errnos a probe accepts; then denybox's own. */
static const struct known {
    const char *id;
    const char *tests;
    enum kind kind;
    int accepted[4];
} known[] = {
    {"PR-NET-1", "27", ERRNO, {EPERM, ENETUNREACH, EAFNOSUPPORT}},
    {"PR-NET-2", "27", RAW, {0}},
    {"PR-SOCK-1", "25", ERRNO, {EPERM}},
    {"PR-ENV-1", "", RAW, {0}},
    {"PR-FS-RO-IN", "33", ERRNO, {EROFS}},
    {"PR-FS-ESC-1", "29", ERRNO, {EROFS}},
    {"PR-FS-ESC-2", "29 33", ERRNO, {EROFS, EACCES}},
    {"PR-FS-OUT-OK", "33", SUCCESS, {0}},
    {"PR-EXEC-1", "34", ERRNO, {EPERM}},
    {"PR-MOUNT-1", "29 33", RAW, {0}},
    {"PR-SOCK-DOCKER", "36", ERRNO, {ENOENT}},
    {"PR-PTRACE-1", "37", ERRNO, {EPERM}},
    {"PR-DYNIMPORT", "35", COUNT, {0}},
    {"DX-SEAL", "34", ERRNO, {EPERM}},
    {"DX-CLONE-NS", "37", ERRNO, {EPERM}},
    {"DX-CLONE3", "37", ERRNO, {ENOSYS}},
    {"DX-ABI", "", KILLED, {SIGSYS, SIGSEGV}},
    {"DX-IOURING", "25", ERRNO, {EPERM}},
    {"DX-KERNEL", "37", ERRNO, {EPERM}},
    {"DX-KEYRING", "", ERRNO, {EPERM}},
    {"DX-PERSONALITY", "", ERRNO, {EPERM}},
    {"DX-INJECT", "", ERRNO, {EPERM}},
    {"DX-TTY", "", ERRNO, {ENOTTY, EBADF}},
    {"DX-HOSTPATH", "29", ERRNO, {ENOENT, ENXIO, EACCES}},
    {"DX-FDS", "", COUNT, {0}},
    {"DX-CAPS", "37", RAW, {0}},
    {"DX-SECCOMP", "25", RAW, {0}},
    {"DX-SIGNALS", "", RAW, {0}},
    {"DX-IDS", "", RAW, {0}},
    {"DX-SESSION", "", SUCCESS, {0}},
};

static struct findings f;
static struct judgement j;

static void finish(void)
{
    findings_free(&f);
}

static void observe(enum probe probe, const char *label, int value)
{
    struct fact *fact = &f.fact[probe];

    snprintf(fact->observed[fact->n].label, sizeof fact->observed[0].label, "%s", label);
    fact->observed[fact->n++].value = value;
}

static void read_raw(enum raw_kind kind, const char *bytes, size_t length)
{
    findings_free(&f);
    f.raw[kind].bytes = malloc(length + 1);
    memcpy(f.raw[kind].bytes, bytes, length);
    f.raw[kind].bytes[length] = '\0';
    f.raw[kind].length = length;
}

static void expect(enum probe probe, enum verdict verdict, const char *actual)
{
    memset(&j, 'x', sizeof j);
    judge(probe, &f, &j);
    ck_assert_msg(j.verdict == verdict, "%s is %s: %s", probe_row(probe)->id,
                  verdict_name(j.verdict), j.actual);
    if (actual != NULL)
        ck_assert_str_eq(j.actual, actual);
}

START_TEST(the_probes_are_the_known_ones)
{
    ck_assert_int_eq(N_PROBES, N_ROWS(known));
    for (int i = 0; i < N_ROWS(known); i++) {
        const struct probe_row *row = probe_row((enum probe)i);

        ck_assert_str_eq(row->id, known[i].id);
        ck_assert_str_eq(row->tests, known[i].tests);
        ck_assert_int_eq((int)probe_find(known[i].id), i);
        ck_assert_int_ge(row->bar, 1);
        ck_assert_int_le(row->bar, 13);
        ck_assert_uint_gt(strlen(row->operation), 3);
        ck_assert_uint_gt(strlen(row->expected), 3);
        ck_assert_uint_gt(strlen(row->control), 3);
    }
    ck_assert_int_eq((int)probe_find("PR-NET-3"), N_PROBES);
    ck_assert_int_eq((int)probe_find(""), N_PROBES);
    ck_assert_int_eq((int)probe_find("pr-net-1"), N_PROBES);
    ck_assert_int_eq((int)probe_find("PR-NET-1 "), N_PROBES);
}
END_TEST

START_TEST(verdicts_and_texts_have_names)
{
    ck_assert_str_eq(verdict_name(VERDICT_PASS), "PASS");
    ck_assert_str_eq(verdict_name(VERDICT_FAIL), "FAIL");
    ck_assert_str_eq(verdict_name(VERDICT_NOT_RUN), "NOT_RUN");
    ck_assert_str_eq(verdict_name(VERDICT_ABSENT), "ABSENT");
    ck_assert_str_eq(raw_name(RAW_MOUNTINFO), "mountinfo");
    ck_assert_str_eq(raw_name(RAW_NET_DEV), "proc_net_dev");
    ck_assert_str_eq(raw_name(RAW_STATUS), "status");
    ck_assert_str_eq(raw_name(RAW_ENV_KEYS), "env_keyset");
}
END_TEST

static bool accepts(const struct known *k, int value)
{
    for (int i = 0; k->accepted[i] != 0; i++) {
        if (k->accepted[i] == value)
            return true;
    }
    return false;
}

/* The verdict the rules give: only what is named passes, and a missing name is ABSENT. */
static enum verdict wanted(const struct known *k, int value)
{
    if (value == NOT_OBSERVED)
        return VERDICT_NOT_RUN;
    if (k->kind == SUCCESS || k->kind == COUNT)
        return value == 0 ? VERDICT_PASS : VERDICT_FAIL;
    if (accepts(k, value))
        return VERDICT_PASS;
    return k->kind == ERRNO && (value == ENOENT || value == ENOTDIR) ? VERDICT_ABSENT
                                                                     : VERDICT_FAIL;
}

/* Success, every errno there is, and nothing tried: for each probe that is judged by a number. */
START_TEST(only_what_is_named_passes)
{
    const struct known *k = &known[_i];
    enum probe probe = (enum probe)_i;

    if (k->kind == RAW) {
        expect(probe, VERDICT_NOT_RUN, "could not be read");
        return;
    }
    expect(probe, VERDICT_NOT_RUN, NULL); /* not one observation */
    for (int value = NOT_OBSERVED; value <= 133; value++) {
        f.fact[probe].n = 0;
        observe(probe, "it", value);
        expect(probe, wanted(k, value), NULL);
        ck_assert_int_eq(j.number, value < 0 ? 0 : value);
    }
}
END_TEST

/* All pairs of outcomes, either way round: FAIL outweighs ABSENT, then NOT_RUN, then PASS. */
START_TEST(the_worst_of_several_counts)
{
    static const int values[] = {EROFS, NOT_OBSERVED, ENOENT, 0};
    static const enum verdict verdicts[] = {VERDICT_PASS, VERDICT_NOT_RUN, VERDICT_ABSENT,
                                            VERDICT_FAIL};
    int a = _i / 4;
    int b = _i % 4;

    observe(PR_FS_ESC_2, "/root", values[a]);
    observe(PR_FS_ESC_2, "/app", values[b]);
    expect(PR_FS_ESC_2, verdicts[a > b ? a : b], NULL);
    observe(PR_FS_ESC_2, "/third", EACCES);
    expect(PR_FS_ESC_2, verdicts[a > b ? a : b], NULL);
}
END_TEST

/* boundary.md: ENOENT is accepted only from a foreign sandbox that has no shell. */
START_TEST(no_program_passes_in_a_foreign_sandbox_alone)
{
    static const int values[] = {0, EPERM, ENOENT, ENOTDIR, EFAULT, EACCES, NOT_OBSERVED};

    for (int i = 0; i < N_ROWS(values); i++) {
        int value = values[i];

        f.fact[PR_EXEC_1].n = 0;
        observe(PR_EXEC_1, "execve", value);
        f.foreign = false;
        judge(PR_EXEC_1, &f, &j);
        ck_assert_int_eq(j.verdict == VERDICT_PASS, value == EPERM);
        f.foreign = true;
        judge(PR_EXEC_1, &f, &j);
        ck_assert_int_eq(j.verdict == VERDICT_PASS, value == EPERM || value == ENOENT);
        ck_assert_int_eq(judge_passes(PR_EXEC_1, &f), value == EPERM || value == ENOENT);
    }
}
END_TEST

START_TEST(enoent_passes_no_other_probe_in_a_foreign_sandbox)
{
    const struct known *k = &known[_i];
    enum probe probe = (enum probe)_i;

    f.foreign = true;
    if (k->kind != ERRNO || probe == PR_EXEC_1)
        return;
    observe(probe, "it", ENOENT);
    expect(probe, wanted(k, ENOENT), NULL);
}
END_TEST

START_TEST(whose_sandbox_it_is_the_runtime_says)
{
    ck_assert(!runtime_foreign("denybox 0.1.0"));
    ck_assert(runtime_foreign("denybox"));
    ck_assert(runtime_foreign("denybox-attest 0.1.0"));
    ck_assert(runtime_foreign("Denybox 0.1.0"));
    ck_assert(runtime_foreign("docker 28.2.2"));
    ck_assert(runtime_foreign("unknown"));
    ck_assert(runtime_foreign(""));
}
END_TEST

/* A label that stands for no value says why there is none. */
START_TEST(why_it_was_not_tried_is_said)
{
    static const enum probe tried[] = {PR_SOCK_1, PR_FS_OUT_OK, DX_FDS, DX_ABI};
    static const enum probe read[] = {PR_NET_2, PR_ENV_1, PR_MOUNT_1, DX_CAPS, DX_IDS};

    for (int i = 0; i < N_ROWS(tried); i++) {
        observe(tried[i], "killed by SIGSYS", NOT_OBSERVED);
        expect(tried[i], VERDICT_NOT_RUN, "not tried: killed by SIGSYS");
        ck_assert_int_eq(j.number, 0);
    }
    for (int i = 0; i < N_ROWS(read); i++) {
        observe(read[i], "/proc is not mounted", NOT_OBSERVED);
        expect(read[i], VERDICT_NOT_RUN, "could not be read: /proc is not mounted");
    }
}
END_TEST

START_TEST(what_was_found_is_said)
{
    observe(PR_FS_ESC_2, "/root", EROFS);
    expect(PR_FS_ESC_2, VERDICT_PASS, "EROFS");
    observe(PR_FS_ESC_2, "/app", 0);
    expect(PR_FS_ESC_2, VERDICT_FAIL, "/root EROFS, /app success");
    ck_assert_int_eq(j.number, 0);
    observe(PR_FS_ESC_2, "x", NOT_OBSERVED);
    observe(PR_FS_ESC_2, "y", ENOENT);
    expect(PR_FS_ESC_2, VERDICT_FAIL, "/root EROFS, /app success, x not tried, y ENOENT");
}
END_TEST

START_TEST(long_labels_fit)
{
    for (int i = 0; i < OBSERVATIONS_MAX; i++) {
        memset(f.fact[DX_KERNEL].observed[i].label, 'l', 32); /* and no NUL */
        f.fact[DX_KERNEL].observed[i].value = EAFNOSUPPORT;
        memset(f.fact[DX_ABI].observed[i].label, 'l', 32);
        f.fact[DX_ABI].observed[i].value = NOT_OBSERVED;
    }
    f.fact[DX_KERNEL].n = f.fact[DX_ABI].n = OBSERVATIONS_MAX;
    expect(DX_KERNEL, VERDICT_FAIL, NULL);
    ck_assert_uint_lt(strlen(j.actual), sizeof j.actual);
    expect(DX_ABI, VERDICT_NOT_RUN, NULL);
    ck_assert_uint_lt(strlen(j.actual), sizeof j.actual);
}
END_TEST

/* A pass is worth nothing where what must work does not; a failure stays one. */
START_TEST(a_control_that_fails)
{
    observe(PR_SOCK_1, "socket", EPERM);
    f.fact[PR_SOCK_1].control = EACCES;
    expect(PR_SOCK_1, VERDICT_NOT_RUN, "the positive control failed: EACCES");
    f.fact[PR_SOCK_1].control = NOT_OBSERVED;
    expect(PR_SOCK_1, VERDICT_PASS, "EPERM");
    f.fact[PR_SOCK_1].control = EACCES;
    f.fact[PR_SOCK_1].observed[0].value = 0;
    expect(PR_SOCK_1, VERDICT_FAIL, "success");
    read_raw(RAW_ENV_KEYS, "HOME", 5);
    f.fact[PR_ENV_1].control = ENOENT;
    expect(PR_ENV_1, VERDICT_NOT_RUN, "the positive control failed: ENOENT");
}
END_TEST

/* A NUL would let a reader see less than the digest covers. */
START_TEST(a_nul_in_a_text)
{
    static const enum probe probes[] = {PR_NET_2,   PR_MOUNT_1, DX_CAPS,
                                        DX_SECCOMP, DX_SIGNALS, DX_IDS};
    enum probe probe = probes[_i];

    read_raw(probe == PR_NET_2     ? RAW_NET_DEV
             : probe == PR_MOUNT_1 ? RAW_MOUNTINFO
                                   : RAW_STATUS,
             "a\nb\n\0c\n", 7);
    expect(probe, VERDICT_FAIL, "malformed");
}
END_TEST

static const struct killed {
    int a;
    int b;
    enum verdict verdict;
    const char *actual;
} killed[] = {
    {SIGSYS, SIGSYS, VERDICT_PASS, "int80 SYS, x32 SYS"},
    {SIGSEGV, SIGSYS, VERDICT_PASS, "int80 SEGV, x32 SYS"},
    {SIGSYS, SIGSEGV, VERDICT_FAIL, "int80 SYS, x32 SEGV"}, /* the entry of every call */
    {SIGSYS, 0, VERDICT_FAIL, "int80 SYS, x32 was answered"},
    {0, SIGSYS, VERDICT_FAIL, "int80 was answered, x32 SYS"},
    {SIGSYS, NOT_OBSERVED, VERDICT_NOT_RUN, "int80 SYS, x32 not tried"},
    {NOT_OBSERVED, SIGSYS, VERDICT_NOT_RUN, "int80 not tried, x32 SYS"},
    {NOT_OBSERVED, 0, VERDICT_FAIL, "int80 not tried, x32 was answered"},
    {0, NOT_OBSERVED, VERDICT_FAIL, "int80 was answered, x32 not tried"},
    {SIGKILL, SIGSYS, VERDICT_FAIL, "int80 KILL, x32 SYS"},
};

START_TEST(a_foreign_call_is_killed)
{
    observe(DX_ABI, "int80", killed[_i].a);
    observe(DX_ABI, "x32", killed[_i].b);
    expect(DX_ABI, killed[_i].verdict, killed[_i].actual);
}
END_TEST

#define HEADING                                                                                    \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"
#define ZEROS ": 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

/* The texts, and what follows from them alone. */
static const struct text {
    enum probe probe;
    enum raw_kind kind;
    const char *bytes;
    size_t length;
    enum verdict verdict;
    const char *actual;
} texts[] = {
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "    lo" ZEROS), VERDICT_PASS, "lo"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "    lo" ZEROS "  eth0" ZEROS), VERDICT_FAIL, "lo,eth0"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "  eth0" ZEROS), VERDICT_FAIL, "eth0"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "    lo" ZEROS "    lo" ZEROS), VERDICT_FAIL, "lo,lo"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "   lo0" ZEROS), VERDICT_FAIL, "lo0"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "   \x1b[m" ZEROS), VERDICT_FAIL, "\\x1b[m"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING), VERDICT_FAIL, ""},
    {PR_NET_2, RAW_NET_DEV, BYTES(""), VERDICT_FAIL, "malformed"},
    {PR_NET_2, RAW_NET_DEV, BYTES(HEADING "    lo: 0"), VERDICT_FAIL, "malformed"},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES("HOME\0LANG\0PATH\0TMPDIR\0"), VERDICT_PASS,
     "HOME LANG PATH TMPDIR"},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES("HOME\0LANG\0PATH\0TMPDIR"), VERDICT_PASS,
     "HOME LANG PATH TMPDIR"},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES(""), VERDICT_PASS, ""},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES("HOME\0MY_TOKEN\0PATH\0"), VERDICT_FAIL,
     "MY_TOKEN looks like a secret (token)"},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES("A\0\0dbPassword"), VERDICT_FAIL,
     "dbPassword looks like a secret (passw)"},
    {PR_ENV_1, RAW_ENV_KEYS, BYTES("auth\n\0"), VERDICT_FAIL,
     "auth\\x0a looks like a secret (auth)"},
    {PR_MOUNT_1, RAW_MOUNTINFO,
     BYTES("1 0 0:1 / / ro,nosuid,nodev - tmpfs none rw\n"
           "2 1 0:2 / /in ro,nosuid,nodev,noexec - ext4 x rw\n"
           "3 1 0:3 / /out rw,nosuid,nodev,noexec - ext4 x rw\n"
           "4 1 0:4 / /tmp rw,nosuid,nodev,noexec - tmpfs none rw\n"),
     VERDICT_PASS, "/ ro, /in ro, /out rw, /tmp tmpfs noexec"},
    {PR_MOUNT_1, RAW_MOUNTINFO,
     BYTES("1 0 0:1 / / ro,nosuid,nodev - tmpfs none rw\n"
           "2 1 0:2 / /in ro,nosuid,nodev,noexec - ext4 x rw\n"
           "3 1 0:3 / /out rw,nosuid,nodev,noexec - ext4 x rw\n"
           "4 1 0:4 / /tmp rw,nosuid,nodev,noexec - tmpfs none rw\n"
           "5 1 0:5 / /proc ro,nosuid,nodev,noexec - proc none rw\n"),
     VERDICT_FAIL, "/proc ro,nosuid,nodev,noexec: a mount that the table does not have"},
    {PR_MOUNT_1, RAW_MOUNTINFO, BYTES(""), VERDICT_FAIL, "/ is not mounted"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\nSeccomp_filters:\t2\n"), VERDICT_PASS,
     "mode 2, filters 2"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\nSeccomp_filters:\t5\n"), VERDICT_PASS,
     "mode 2, filters 5"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\nSeccomp_filters:\t1\n"), VERDICT_FAIL,
     "mode 2, filters 1"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t0\nSeccomp_filters:\t0\n"), VERDICT_FAIL,
     "mode 0, filters 0"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t1\nSeccomp_filters:\t2\n"), VERDICT_FAIL,
     "mode 1, filters 2"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\nSeccomp_filters:\t02\n"), VERDICT_NOT_RUN,
     "status does not say"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp: 2\nSeccomp_filters:\t2\n"), VERDICT_NOT_RUN,
     "status does not say"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\n"), VERDICT_NOT_RUN, "status does not say"},
    {DX_SECCOMP, RAW_STATUS, BYTES("Seccomp:\t2\nSeccomp_filters:\t-1\n"), VERDICT_NOT_RUN,
     "status does not say"},
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"),
     VERDICT_PASS, "blocked 0000000000000000, ignored 0000000000000000"},
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t0000000000000001\nSigIgn:\t0000000000000000\n"),
     VERDICT_FAIL, "blocked 0000000000000001, ignored 0000000000000000"},
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n"),
     VERDICT_FAIL, "blocked 0000000000000000, ignored 0000000180000000"},
    /* The kernel writes sixteen digits, whatever is in the set. */
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t\nSigIgn:\t0000000000000000\n"), VERDICT_FAIL, NULL},
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t0000000000000000\nSigIgn:\t0\n"), VERDICT_FAIL, NULL},
    {DX_SIGNALS, RAW_STATUS, BYTES("SigBlk:\t0000000000000000\n"), VERDICT_NOT_RUN,
     "status does not say"},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t65532\t65532\t65532\t65532\nGid:\t7\t7\t7\t7\n"),
     VERDICT_PASS, "uid 65532, gid 7"},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t0\t0\t0\t0\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t7\t7\t7\nGid:\t0\t0\t0\t0\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t0\t7\t7\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t7\t7\t77\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t7\t7\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t7\t7\t7\t7\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t07\t07\t07\t07\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\tx\tx\tx\tx\nGid:\t7\t7\t7\t7\n"), VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS,
     BYTES("Uid:\t4294967295\t4294967295\t4294967295\t4294967295\n"
           "Gid:\t7\t7\t7\t7\n"),
     VERDICT_FAIL, NULL},
    {DX_IDS, RAW_STATUS, BYTES("Uid:\t7\t7\t7\t7\n"), VERDICT_NOT_RUN, "status does not say"},
};

START_TEST(a_text_is_judged)
{
    read_raw(texts[_i].kind, texts[_i].bytes, texts[_i].length);
    expect(texts[_i].probe, texts[_i].verdict, texts[_i].actual);
}
END_TEST

#define SETS(inh, prm, eff, bnd, amb, nnp)                                                         \
    BYTES("CapInh:\t" inh "\nCapPrm:\t" prm "\nCapEff:\t" eff "\nCapBnd:\t" bnd "\nCapAmb:\t" amb  \
          "\nNoNewPrivs:\t" nnp "\n")
#define Z "0000000000000000"
#define ONE "0000000000000001"
#define TOP "8000000000000000"

/* capabilities(7): NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE with their locks, and the lock
 * of KEEP_CAPS: 0x1|0x2 | 0x4|0x8 | 0x40|0x80 | 0x20. */
static const struct caps {
    const char *bytes;
    size_t length;
    int securebits;
    enum verdict verdict;
    const char *actual;
} caps[] = {
    {SETS(Z, Z, Z, Z, Z, "1"), 0xef, VERDICT_PASS, "all empty, no_new_privs 1, securebits 0xef"},
    {SETS("0", Z, Z, Z, Z, "1"), 0xef, VERDICT_FAIL, "CapInh is not empty"},
    {SETS(Z, Z, Z "0", Z, Z, "1"), 0xef, VERDICT_FAIL, "CapEff is not empty"},
    {SETS(ONE, Z, Z, Z, Z, "1"), 0xef, VERDICT_FAIL, "CapInh is not empty"},
    {SETS(Z, ONE, Z, Z, Z, "1"), 0xef, VERDICT_FAIL, "CapPrm is not empty"},
    {SETS(Z, Z, ONE, Z, Z, "1"), 0xef, VERDICT_FAIL, "CapEff is not empty"},
    {SETS(Z, Z, Z, TOP, Z, "1"), 0xef, VERDICT_FAIL, "CapBnd is not empty"},
    {SETS(Z, Z, Z, Z, ONE, "1"), 0xef, VERDICT_FAIL, "CapAmb is not empty"},
    {SETS(Z, Z, Z, Z, Z, "0"), 0xef, VERDICT_FAIL, "no_new_privs is not set"},
    {SETS(Z, Z, Z, Z, Z, "11"), 0xef, VERDICT_FAIL, "no_new_privs is not set"},
    {SETS(Z, Z, Z, Z, Z, "1"), 0xff, VERDICT_FAIL, "securebits 0xff"},
    {SETS(Z, Z, Z, Z, Z, "1"), 0xee, VERDICT_FAIL, "securebits 0xee"},
    {SETS(Z, Z, Z, Z, Z, "1"), 0, VERDICT_FAIL, "securebits 0x0"},
    {SETS(Z, Z, Z, Z, Z, "1"), NOT_OBSERVED, VERDICT_NOT_RUN, NULL},
    {BYTES("CapInh:\t" Z "\nCapPrm:\t" Z "\nCapEff:\t" Z "\nCapAmb:\t" Z "\nNoNewPrivs:\t1\n"),
     0xef, VERDICT_FAIL, "CapBnd is not empty"},
    {BYTES(""), 0xef, VERDICT_FAIL, "CapInh is not empty"},
};

START_TEST(capabilities_are_judged)
{
    read_raw(RAW_STATUS, caps[_i].bytes, caps[_i].length);
    observe(DX_CAPS, "securebits", caps[_i].securebits);
    expect(DX_CAPS, caps[_i].verdict, caps[_i].actual);
}
END_TEST

START_TEST(securebits_that_were_not_read)
{
    read_raw(RAW_STATUS, SETS(Z, Z, Z, Z, Z, "1"));
    expect(DX_CAPS, VERDICT_NOT_RUN, NULL);
}
END_TEST

/* The import check is listed, whether it was asked for or not, and passes only where it was. */
START_TEST(the_import_check_counts_what_is_denied)
{
    expect(PR_DYNIMPORT, VERDICT_NOT_RUN, "no check of the payload was asked for");
    f.fact[PR_DYNIMPORT].n = 0;
    observe(PR_DYNIMPORT, "denied", NOT_OBSERVED);
    expect(PR_DYNIMPORT, VERDICT_NOT_RUN, "the payload could not be scanned to its end");
    f.fact[PR_DYNIMPORT].n = 0;
    observe(PR_DYNIMPORT, "denied", 0);
    expect(PR_DYNIMPORT, VERDICT_PASS, "the policy allows all that the scan found");
    f.fact[PR_DYNIMPORT].n = 0;
    observe(PR_DYNIMPORT, "denied", 3);
    expect(PR_DYNIMPORT, VERDICT_FAIL, "the policy does not allow 3 of what the scan found");
    ck_assert_int_eq(j.number, 3);
}
END_TEST

START_TEST(many_keys_fit)
{
    char keys[8000];

    memset(keys, 'K', sizeof keys);
    for (size_t i = 70; i < sizeof keys; i += 71)
        keys[i] = '\0';
    read_raw(RAW_ENV_KEYS, keys, sizeof keys);
    expect(PR_ENV_1, VERDICT_PASS, NULL);
    ck_assert_uint_lt(strlen(j.actual), sizeof j.actual);
    memcpy(keys + sizeof keys - 8, "cookie", 6);
    read_raw(RAW_ENV_KEYS, keys, sizeof keys);
    expect(PR_ENV_1, VERDICT_FAIL, NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("judge");
    TCase *c = tcase_create("judge");

    tcase_add_checked_fixture(c, NULL, finish);
    tcase_add_test(c, the_probes_are_the_known_ones);
    tcase_add_test(c, verdicts_and_texts_have_names);
    tcase_add_loop_test(c, only_what_is_named_passes, 0, N_ROWS(known));
    tcase_add_loop_test(c, the_worst_of_several_counts, 0, 16);
    tcase_add_test(c, no_program_passes_in_a_foreign_sandbox_alone);
    tcase_add_loop_test(c, enoent_passes_no_other_probe_in_a_foreign_sandbox, 0, N_ROWS(known));
    tcase_add_test(c, whose_sandbox_it_is_the_runtime_says);
    tcase_add_test(c, why_it_was_not_tried_is_said);
    tcase_add_test(c, what_was_found_is_said);
    tcase_add_test(c, long_labels_fit);
    tcase_add_test(c, a_control_that_fails);
    tcase_add_loop_test(c, a_nul_in_a_text, 0, 6);
    tcase_add_loop_test(c, a_foreign_call_is_killed, 0, N_ROWS(killed));
    tcase_add_loop_test(c, a_text_is_judged, 0, N_ROWS(texts));
    tcase_add_loop_test(c, capabilities_are_judged, 0, N_ROWS(caps));
    tcase_add_test(c, securebits_that_were_not_read);
    tcase_add_test(c, the_import_check_counts_what_is_denied);
    tcase_add_test(c, many_keys_fit);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
