/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_CONTROL_H
#define DENYBOX_RULES_CONTROL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "rules/probe.h"

/*
 * The negative controls as data: which wall is taken away, which probes must flip then, and the
 * verdict over what did. A probe flips when it is FAIL without the wall. ABSENT and NOT_RUN are no
 * detection.
 */

enum removal {
#define REMOVAL(symbol, ...) REMOVE_##symbol,
#define NEVER(probe, why)
#include "rules/control.def"
#undef REMOVAL
#undef NEVER
    N_REMOVALS
};

/* What the launcher, which looks from outside, has to say of a removal. */
enum launcher { UNSEEN, SEEN, EITHER };

struct removal_row {
    const char *name;
    const char *what; /* is taken away */
    enum launcher launcher;
    const enum probe *flips; /* N_PROBES ends them */
};

/* The row of one removal. */
const struct removal_row *removal_row(enum removal removal);

/* Must this probe flip? */
bool removal_flips(enum removal removal, enum probe probe);

/* What is taken away in the control of this row: bit n is the wall of row n. Bit 0, of the row
 * that takes nothing away, is set in each. */
uint64_t removal_walls(enum removal removal);

/* Why no removal flips this probe, or NULL when one does. */
const char *probe_never(enum probe probe);

/* Adds the canonical form of the golden table, over which its digest is taken: a line for each row
 * in its order, "NAME:", then " ID" for each probe that must flip, in the order of the probes, then
 * " launcher" where it must notice, and " launcher?" where it may. */
void control_golden(struct buf *text);

/* The digest of that. Returns `out`, which is empty when memory is exhausted. */
char *control_golden_digest(char out[DIGEST_TEXT_SIZE]);

/* What of the host may keep a wall from being missed: the cells that it explains are not run. */
struct control_host {
    bool only_loopback;  /* no interface but lo on the host itself */
    bool filtered;       /* denybox runs under seccomp filters already, in a container say */
    bool many_mounts;    /* more of mountinfo than a probe reads; an old root brings it in */
    bool one_convention; /* the machine has no foreign one to call by */
};

/* Does that explain why the probe does not flip in this row, though it must? */
bool control_explained(enum removal removal, enum probe probe, const struct control_host *host);

enum flip {
    FLIP_NONE,       /* passes, as it must */
    FLIP_EXPECTED,   /* fails, as it must: the detection */
    FLIP_UNEXPECTED, /* does not pass, and must: a fault */
    FLIP_MISSING,    /* must fail, and does not: a fault */
    FLIP_NOT_RUN,    /* could not be tried here */
};

/* What came of one control. */
struct control {
    enum removal removal;
    bool ran;
    char why_not[320]; /* when it did not */
    struct judgement judgement[N_PROBES];
    enum flip flip[N_PROBES];
    enum flip launcher;
    char found[1024]; /* by the launcher: a line each */
    int flips;        /* as expected */
    int faults;
};

/* Holds what was found, inside and by the launcher, against the row of c->removal. */
void control_judge(struct control *c, const struct findings *f, bool noticed,
                   const struct control_host *host);

/* The same where c->judgement has the verdicts already. */
void control_weigh(struct control *c, bool noticed, const struct control_host *host);

/* Notes that it could not run. */
void control_not_run(struct control *c, const char *why);

/* Notes that it ended, or was ended, without the findings: a fault. */
void control_died(struct control *c, const char *why);

/* Adds a line for each fault: "without REMOVAL: PROBE ...". */
void control_faults(const struct control *c, struct buf *lines);

#endif
