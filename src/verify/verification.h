/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_VERIFICATION_H
#define DENYBOX_VERIFY_VERIFICATION_H

#include "verify/policy.h"

/*
 * Verifies one bundle. Nothing is started, nothing is opened for writing, nothing is believed: a
 * verdict is recomputed from the observations and the raw bytes by rules/judge.c, a digest from the
 * bytes beside it, and what is stored is compared with that.
 */

enum outcome {
#define OUTCOME(symbol, ...) OUTCOME_##symbol,
#include "verify/outcome.def"
#undef OUTCOME
    N_OUTCOMES
};

enum check {
#define CHECK(symbol, ...) CHECK_##symbol,
#include "verify/check.def"
#undef CHECK
    N_CHECKS
};

enum reason {
#define REASON(symbol, ...) REASON_##symbol,
#include "verify/reason.def"
#undef REASON
    N_REASONS
};

struct outcome_row {
    const char *word;
    int status; /* of the program */
    const char *meaning;
};

struct check_row {
    const char *name;
    const char *question;
};

struct reason_row {
    const char *code;
    enum check check;
    enum outcome outcome;
    const char *meaning;
};

const struct outcome_row *outcome_row(enum outcome outcome);
const struct check_row *check_row(enum check check);
const struct reason_row *reason_row(enum reason reason);

/* Something that is wrong or missing, and where; printable. */
struct note {
    enum reason reason;
    char text[256];
};

/* More than anybody reads; what is beyond is counted. */
#define NOTES_MAX 48

/* One probe of the bundle. */
struct judged {
    bool listed;
    enum verdict stored;
    struct judgement found; /* recomputed */
    bool passes;            /* by these rules, and those of --base */
    bool required;
    bool excused; /* by a deviation that is allowed */
};

struct verification {
    const struct policy *policy;
    const char *path;
    char sha256[DIGEST_TEXT_SIZE]; /* of the file; "" when it was not read */
    size_t size;                   /* bytes */
    json_t *bundle;                /* owned; NULL when it could not be parsed */
    bool foreign;                  /* made in the sandbox of another program */
    bool made[N_CHECKS];           /* which checks were made */
    struct findings findings;      /* rebuilt from the bundle */
    struct judged probe[N_PROBES];
    struct note notes[NOTES_MAX];
    size_t n_notes;
    size_t unsaid;                /* notes for which there was no room */
    bool wrong;                   /* a note, said or not, means REJECTED */
    enum outcome found[N_CHECKS]; /* by each check: the worst of its notes, said or not */
};

/* Makes every check of the file, or those up to one that leaves nothing to go on with. *v is then
 * to be released with verification_free. */
void verify_file(const struct policy *policy, const char *path, struct verification *v);

/* The verdict: the worst of the notes. */
enum outcome verification_outcome(const struct verification *v);

/* What the notes of one check come to. */
enum outcome verification_check(const struct verification *v, enum check check);

/* What is alike in two bundles of one run: the digest of the document without run_id, by which
 * nothing is held, and without its own. False, and "", when out of memory. */
bool verification_run(const struct verification *v, char digest[DIGEST_TEXT_SIZE]);

/* Releases what the verification owns. */
void verification_free(struct verification *v);

/* For the checks: notes that something is wrong or missing. Always false. The text is made
 * printable by whoever calls. */
bool note(struct verification *v, enum reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
