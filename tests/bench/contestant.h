// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is compared: what each is called, how it is started, whether it is here. */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include "start.h"
#include <stdbool.h>

/* Places in the table: those that others are compared with, other launchers, and denybox started
 * in another way. */
enum {
    PAYLOAD_ALONE,
    FLOOR,
    DENYBOX,
    BUBBLEWRAP,
    UNSHARE,
    NSJAIL,
    FIREJAIL,
    CRUN,
    RUNC,
    MINIJAIL,
    LAUNCHERS, /* their number */
    UNPROVED = LAUNCHERS,
    TEST_BUILD,
    EVIDENCE,
    BIG,
    BIG_EVIDENCE,
    ROOT_10,
    ROOT_1000,
    ROOT_10000,
    ROOT_1000_EVIDENCE,
    CONTESTANTS,
    NOBODY = -1
};

/* What the command lines are made of.  NULL: not given. */
struct places {
    const char *tools;   /* directory of floor, nothing, peak and syscost */
    const char *denybox; /* program */
    const char *faulty;  /* the same as the test build */
    const char *work;    /* what run.sh has made: inputs, roots, bundles */
    char *nothing;       /* derived: programs in tools */
    char *syscost;
    char *peak;
};

struct contestant {
    const char *name;
    int base;         /* from whose start its own is subtracted in each round, or NOBODY */
    const char *cost; /* what that difference is the cost of */
    bool required;    /* ours, or what we are held against: its failure fails the bench */
    bool detailed;    /* also starts a second, and the cost of a system call */
    /* NULL when it can be measured, else why not.  Printable ASCII without quotes. */
    const char *absent;
    struct command start;     /* of the payload that does nothing */
    struct command syscost;   /* of syscost, for the detailed ones */
    struct command with_peak; /* start, under peak */
};

/*
 * Fills in all contestants.  Strings are allocated and kept to the end of the program.
 * places: tools and work are needed; the derived fields are set here.
 */
void contestants_find(struct contestant list[CONTESTANTS], struct places *places);

/* Makes printable ASCII of it, without quotes and backslashes: what else there is becomes "?". */
void contestants_plain(char *text);

/* directory/name, allocated. */
char *contestants_path(const char *directory, const char *name);

#endif
