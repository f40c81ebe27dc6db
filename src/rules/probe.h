/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_PROBE_H
#define DENYBOX_RULES_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The probes as data: what is tried, what must come of it, and what was found. Nothing here makes a
 * system call: src/attest tries, this layer judges, and a verifier far away judges again.
 */

enum probe {
#define PROBE(symbol, ...) symbol,
#include "rules/probe.def"
#undef PROBE
    N_PROBES
};

enum judge_kind {
    JUDGE_ERRNO,      /* every observation is one of the accepted errnos */
    JUDGE_SUCCESS,    /* every observation is 0 */
    JUDGE_COUNT_ZERO, /* the number observed is 0 */
    JUDGE_SIGSYS,     /* every observation is the number of SIGSYS, or of a call that is not there;
                         the kernel logs each such death, so attest alone runs it */
    JUDGE_NET_DEV,    /* from raw: interfaces */
    JUDGE_ENV,        /* from raw: environment keys */
    JUDGE_MOUNTS,     /* from raw: mountinfo */
    JUDGE_CAPS,       /* from raw: status, and the securebits observed */
    JUDGE_SECCOMP,    /* from raw: status */
    JUDGE_SIGNALS,    /* from raw: status */
    JUDGE_IDS,        /* from raw: status */
    JUDGE_SCAN,       /* not a probe of the kernel: how much a scan of the payload found denied */
};

struct probe_row {
    const char *id;
    const char *operation;
    const char *expected;
    const char *tests; /* "29 33" */
    int bar;
    const char *control;
    enum judge_kind judge;
    int accept[3]; /* errnos; 0 ends the list */
};

/* The row of one probe. */
const struct probe_row *probe_row(enum probe probe);

/* The probe of an identifier, or N_PROBES. */
enum probe probe_find(const char *id);

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_NOT_RUN, VERDICT_ABSENT, N_VERDICTS };

/* "PASS", "FAIL", "NOT_RUN" or "ABSENT". */
const char *verdict_name(enum verdict verdict);

/* One thing tried: `value` is 0 for success, an errno, or what the kind of judge says. */
struct observation {
    char label[32];
    int value;
};

/* The files of /out that attest writes: each probe, one a line, the artefacts; what the probe of
 * /out leaves; probes and raw texts; and what the controls came to. */
#define PROBE_ARTIFACT "attest.jsonl"
#define PROBE_REPORT "report.md"
#define PROBE_DOCUMENT "sandbox-attestation-inside.json"
#define PROBE_CONTROLS "controls.json"

#define NOT_OBSERVED (-1)
#define OBSERVATIONS_MAX 6

struct fact {
    int n;
    struct observation observed[OBSERVATIONS_MAX];
    int control; /* 0: the positive control succeeded; an errno; NOT_OBSERVED: there is none */
};

/* More than any sandbox has, and a bound for a bundle: no text is longer that is read inside. */
#define RAW_TEXT_MAX (48U << 10)

enum raw_kind { RAW_MOUNTINFO, RAW_NET_DEV, RAW_STATUS, RAW_ENV_KEYS, N_RAWS };

/* "mountinfo", "proc_net_dev", "status", "env_keyset" */
const char *raw_name(enum raw_kind kind);

struct raw {
    char *bytes; /* owned by the findings; always NUL-terminated; NULL: could not be read */
    size_t length;
};

/* Everything that was found inside one sandbox. */
struct findings {
    struct fact fact[N_PROBES];
    struct raw raw[N_RAWS]; /* the environment's keys are NUL-separated and sorted */
    bool foreign;           /* of a sandbox that denybox did not make: runtime_foreign */
};

/*
 * Is the sandbox that a bundle's field runtime names not one of denybox's own? There, and there
 * alone, PR-EXEC-1 passes by ENOENT too: a sandbox without a shell has no program to start.
 */
bool runtime_foreign(const char *runtime);

struct judgement {
    enum verdict verdict;
    int number;       /* the errno (or number) that decided, 0 with none */
    bool brief;       /* for judge.c: what passes need not be described */
    char actual[320]; /* what was found, printable */
};

/* The verdict of one probe, recomputed from what was found and from nothing else. */
void judge(enum probe probe, const struct findings *f, struct judgement *j);

/* Only whether it passes, without a text: a gate has to be quick. */
bool judge_passes(enum probe probe, const struct findings *f);

/* Releases the raw bytes. */
void findings_free(struct findings *f);

#endif
