/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/signals.h"
#include "base/text.h"
#include "rules/mounts.h"
#include "rules/probe.h"
#include "rules/procfs.h"
#include "rules/words.h"

static void conclude(struct judgement *j, enum verdict verdict, const char *actual)
{
    j->verdict = verdict;
    snprintf(j->actual, sizeof j->actual, "%s", actual);
}

static const char *value_name(int value)
{
    return value == 0 ? "success" : value == NOT_OBSERVED ? "not tried" : error_name(value);
}

/* "EPERM" for one observation, "/root EROFS, /app EROFS" for several. */
static void describe(const struct fact *fact, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < fact->n && used < size; i++) {
        const struct observation *o = &fact->observed[i];

        used += (size_t)snprintf(out + used, size - used, "%s%.31s%s%s", i != 0 ? ", " : "",
                                 fact->n > 1 ? o->label : "", fact->n > 1 ? " " : "",
                                 value_name(o->value));
    }
}

static bool accepted(enum probe probe, int value, bool foreign)
{
    const struct probe_row *row = probe_row(probe);

    for (size_t i = 0; i < 3 && row->accept[i] != 0; i++) {
        if (row->accept[i] == value)
            return true;
    }
    return foreign && probe == PR_EXEC_1 && value == ENOENT;
}

/* The worst of several: something that worked outweighs something that could not be tried. */
static enum verdict verdict_of(enum probe probe, int value, bool foreign)
{
    const struct probe_row *row = probe_row(probe);

    if (row->judge == JUDGE_ERRNO && accepted(probe, value, foreign))
        return VERDICT_PASS;
    if (row->judge != JUDGE_ERRNO && value == 0)
        return VERDICT_PASS;
    if (value == NOT_OBSERVED)
        return VERDICT_NOT_RUN;
    /* A name that is not there is no wall: the probe asked about nothing. */
    return row->judge == JUDGE_ERRNO && (value == ENOENT || value == ENOTDIR) ? VERDICT_ABSENT
                                                                              : VERDICT_FAIL;
}

/* Why nothing could be tried or read, where that was noted: a last label without a value. */
static const char *reason(const struct fact *fact)
{
    return fact->n > 0 && fact->observed[fact->n - 1].value == NOT_OBSERVED
               ? fact->observed[fact->n - 1].label
               : NULL;
}

static void judge_observations(enum probe probe, const struct findings *f, struct judgement *j)
{
    const struct fact *fact = &f->fact[probe];

    static const int severity[] = {
        [VERDICT_PASS] = 0, [VERDICT_NOT_RUN] = 1, [VERDICT_ABSENT] = 2, [VERDICT_FAIL] = 3};

    if (fact->n == 0) {
        conclude(j, VERDICT_NOT_RUN, "not tried");
        return;
    }
    j->verdict = VERDICT_PASS;
    j->number = fact->observed[0].value;
    for (int i = 0; i < fact->n; i++) {
        enum verdict v = verdict_of(probe, fact->observed[i].value, f->foreign);

        if (severity[v] > severity[j->verdict]) {
            j->verdict = v;
            j->number = fact->observed[i].value;
        }
    }
    if (j->number < 0)
        j->number = 0;
    if (!j->brief || j->verdict != VERDICT_PASS)
        describe(fact, j->actual, sizeof j->actual);
}

static void judge_count(const struct fact *fact, struct judgement *j)
{
    int count = fact->n == 1 ? fact->observed[0].value : NOT_OBSERVED;

    if (count == NOT_OBSERVED) {
        conclude(j, VERDICT_NOT_RUN, "not counted");
        return;
    }
    j->number = count;
    j->verdict = count == 0 ? VERDICT_PASS : VERDICT_FAIL;
    snprintf(j->actual, sizeof j->actual, "%d", count);
}

static void judge_scan(const struct fact *fact, struct judgement *j)
{
    int denied = fact->n == 1 ? fact->observed[0].value : NOT_OBSERVED;

    if (fact->n == 0) {
        conclude(j, VERDICT_NOT_RUN, "no check of the payload was asked for");
    } else if (denied < 0) {
        conclude(j, VERDICT_NOT_RUN, "the payload could not be scanned to its end");
    } else if (denied == 0) {
        conclude(j, VERDICT_PASS, "the policy allows all that the scan found");
    } else {
        j->number = denied;
        j->verdict = VERDICT_FAIL;
        snprintf(j->actual, sizeof j->actual, "the policy does not allow %d of what the scan found",
                 denied);
    }
}

static const char *signal_text(int number)
{
    const char *name = signal_name(number);

    if (number == NOT_OBSERVED)
        return "not tried";
    return number == 0 ? "was answered" : name != NULL ? name : "no signal";
}

/* SIGSEGV: the entry for the foreign convention does not exist in this kernel, so no call can be
 * made that way (int 0x80 with IA32 emulation off). That of x32 is the one of every call. */
static bool stopped(const struct observation *o)
{
    return o->value == SIGSYS || (o->value == SIGSEGV && strcmp(o->label, "x32") != 0);
}

static void judge_sigsys(const struct fact *fact, struct judgement *j)
{
    size_t used = 0;

    if (fact->n == 0) {
        conclude(j, VERDICT_NOT_RUN, "attest alone runs it");
        return;
    }
    j->verdict = VERDICT_PASS;
    for (int i = 0; i < fact->n; i++) {
        int number = fact->observed[i].value;

        used += (size_t)snprintf(j->actual + used, sizeof j->actual - used, "%s%.31s %s",
                                 i != 0 ? ", " : "", fact->observed[i].label, signal_text(number));
        if (number == NOT_OBSERVED && j->verdict == VERDICT_PASS)
            j->verdict = VERDICT_NOT_RUN;
        if (number != NOT_OBSERVED && !stopped(&fact->observed[i]))
            j->verdict = VERDICT_FAIL;
        j->number = number > 0 ? number : 0;
    }
}

static void judge_net_dev(const char *text, struct judgement *j)
{
    char names[256];
    bool used;

    if (!net_dev_names(text, names, sizeof names, &used)) {
        conclude(j, VERDICT_FAIL, "malformed");
        return;
    }
    j->verdict = strcmp(names, "lo") == 0 ? VERDICT_PASS : VERDICT_FAIL;
    text_safe(j->actual, sizeof j->actual, names, strlen(names));
}

static void judge_env(const struct raw *raw, struct judgement *j)
{
    size_t used = 0;

    j->verdict = VERDICT_PASS;
    for (size_t at = 0; at < raw->length; at += strlen(raw->bytes + at) + 1) {
        const char *name = raw->bytes + at;
        char safe[64];

        text_safe(safe, sizeof safe, name, strlen(name));
        if (secret_word(name) != NULL) {
            j->verdict = VERDICT_FAIL;
            snprintf(j->actual, sizeof j->actual, "%s looks like a secret (%s)", safe,
                     secret_word(name));
            return;
        }
        if (used < sizeof j->actual - 1)
            used += (size_t)snprintf(j->actual + used, sizeof j->actual - used, "%s%s",
                                     at != 0 ? " " : "", safe);
    }
}

static void judge_mounts(const char *text, struct judgement *j)
{
    j->verdict = mounts_hold(text, NULL, j->actual, sizeof j->actual) ? VERDICT_PASS : VERDICT_FAIL;
}

/* SECBIT_NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each with its lock, and KEEP_CAPS locked
 * off: capabilities(7). */
#define SECUREBITS_WANTED 0xef

/* A set of 64 bits with none in it, as the kernel writes it: %016llx. */
static bool is_empty(const char *set)
{
    return strlen(set) == 16 && strspn(set, "0") == 16;
}

static void judge_caps(const char *status, const struct fact *fact, struct judgement *j)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    char value[64];

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        if (!status_value(status, sets[i], value, sizeof value) || !is_empty(value)) {
            j->verdict = VERDICT_FAIL;
            snprintf(j->actual, sizeof j->actual, "%s is not empty", sets[i]);
            return;
        }
    }
    if (!status_value(status, "NoNewPrivs", value, sizeof value) || strcmp(value, "1") != 0) {
        conclude(j, VERDICT_FAIL, "no_new_privs is not set");
        return;
    }
    if (fact->n != 1 || fact->observed[0].value != SECUREBITS_WANTED) {
        j->verdict = fact->n == 1 && fact->observed[0].value != NOT_OBSERVED ? VERDICT_FAIL
                                                                             : VERDICT_NOT_RUN;
        snprintf(j->actual, sizeof j->actual, "securebits 0x%x",
                 fact->n == 1 ? (unsigned)fact->observed[0].value : 0U);
        return;
    }
    conclude(j, VERDICT_PASS, "all empty, no_new_privs 1, securebits 0xef");
}

static void judge_seccomp(const char *status, struct judgement *j)
{
    char mode[16];
    unsigned n;

    if (!status_value(status, "Seccomp", mode, sizeof mode) ||
        !status_number(status, "Seccomp_filters", 1000000, &n)) {
        conclude(j, VERDICT_NOT_RUN, "status does not say");
        return;
    }
    j->verdict = strcmp(mode, "2") == 0 && n >= 2 ? VERDICT_PASS : VERDICT_FAIL;
    snprintf(j->actual, sizeof j->actual, "mode %s, filters %u", mode, n);
}

static void judge_signals(const char *status, struct judgement *j)
{
    char blocked[32];
    char ignored[32];

    if (!status_value(status, "SigBlk", blocked, sizeof blocked) ||
        !status_value(status, "SigIgn", ignored, sizeof ignored)) {
        conclude(j, VERDICT_NOT_RUN, "status does not say");
        return;
    }
    j->verdict = is_empty(blocked) && is_empty(ignored) ? VERDICT_PASS : VERDICT_FAIL;
    snprintf(j->actual, sizeof j->actual, "blocked %s, ignored %s", blocked, ignored);
}

/* All four of "real effective saved filesystem" alike and not root. */
static bool one_id(const char *value, unsigned long long *id)
{
    char first[16];
    size_t length = strcspn(value, "\t");

    if (length == 0 || length >= sizeof first)
        return false;
    memcpy(first, value, length);
    first[length] = '\0';
    for (int i = 0; i < 4; i++) {
        if (strncmp(value, first, length) != 0 || value[length] != (i < 3 ? '\t' : '\0'))
            return false;
        value += length + 1;
    }
    return first[0] != '0' && text_number(first, 4294967294ULL, id);
}

static void judge_ids(const char *status, struct judgement *j)
{
    char uid[64];
    char gid[64];
    unsigned long long u = 0;
    unsigned long long g = 0;

    if (!status_value(status, "Uid", uid, sizeof uid) ||
        !status_value(status, "Gid", gid, sizeof gid)) {
        conclude(j, VERDICT_NOT_RUN, "status does not say");
        return;
    }
    j->verdict = one_id(uid, &u) && one_id(gid, &g) ? VERDICT_PASS : VERDICT_FAIL;
    snprintf(j->actual, sizeof j->actual, "uid %llu, gid %llu", u, g);
}

static void judge_raw(enum judge_kind kind, const struct raw *raw, const struct fact *fact,
                      struct judgement *j)
{
    if (raw->bytes == NULL) {
        j->verdict = VERDICT_NOT_RUN;
        snprintf(j->actual, sizeof j->actual, "could not be read%s%.31s",
                 reason(fact) != NULL ? ": " : "", reason(fact) != NULL ? reason(fact) : "");
        return;
    }
    /* A NUL inside would let the readers see less than the digest covers. */
    if (kind != JUDGE_ENV && strlen(raw->bytes) != raw->length) {
        conclude(j, VERDICT_FAIL, "malformed");
        return;
    }
    if (kind == JUDGE_NET_DEV)
        judge_net_dev(raw->bytes, j);
    else if (kind == JUDGE_ENV)
        judge_env(raw, j);
    else if (kind == JUDGE_MOUNTS)
        judge_mounts(raw->bytes, j);
    else if (kind == JUDGE_CAPS)
        judge_caps(raw->bytes, fact, j);
    else if (kind == JUDGE_SECCOMP)
        judge_seccomp(raw->bytes, j);
    else if (kind == JUDGE_SIGNALS)
        judge_signals(raw->bytes, j);
    else
        judge_ids(raw->bytes, j);
}

static void judge_fact(enum probe probe, const struct findings *f, struct judgement *j)
{
    const struct probe_row *row = probe_row(probe);
    const struct fact *fact = &f->fact[probe];

    j->verdict = VERDICT_NOT_RUN;
    j->number = 0;
    j->actual[0] = '\0';
    if (judge_raw_kind(row->judge) != N_RAWS)
        judge_raw(row->judge, &f->raw[judge_raw_kind(row->judge)], fact, j);
    else if (row->judge == JUDGE_SCAN)
        judge_scan(fact, j);
    else if (fact->n == 1 && reason(fact) != NULL)
        snprintf(j->actual, sizeof j->actual, "not tried: %.31s", reason(fact));
    else if (row->judge == JUDGE_COUNT_ZERO)
        judge_count(fact, j);
    else if (row->judge == JUDGE_SIGSYS)
        judge_sigsys(fact, j);
    else
        judge_observations(probe, f, j);
    /* A denial proves nothing where what must work does not work either. */
    if (j->verdict == VERDICT_PASS && fact->control > 0) {
        j->verdict = VERDICT_NOT_RUN;
        snprintf(j->actual, sizeof j->actual, "the positive control failed: %s",
                 error_name(fact->control));
    }
}

void judge(enum probe probe, const struct findings *f, struct judgement *j)
{
    j->brief = false;
    judge_fact(probe, f, j);
}

bool judge_passes(enum probe probe, const struct findings *f)
{
    struct judgement j = {.brief = true};

    judge_fact(probe, f, &j);
    return j.verdict == VERDICT_PASS;
}
