// SPDX-License-Identifier: LGPL-2.1-or-later
/* The programs that are compared: what each is called, how it is started, whether it is here. */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stdbool.h>

#define CONTESTANTS 8
#define MAX_ARGS 64

/* Places in the table of contestants that others are compared with. */
enum { PAYLOAD_ALONE, FLOOR, DENYBOX, BUBBLEWRAP };

/* What the command lines are made of.  NULL: not given. */
struct places {
    const char *tools;   /* directory of floor, nothing, peak and syscost */
    const char *denybox; /* program */
    const char *in;      /* directories for /in and /out */
    const char *out;
    const char *bundle; /* OCI bundle for crun, whose payload is nothing */
    char *nothing;      /* derived: programs in tools */
    char *syscost;
    char *peak;
};

struct contestant {
    const char *name;
    bool required; /* ours, or what we are held against: its failure fails the bench */
    bool detailed; /* also starts a second, and the cost of a system call */
    /* NULL when it can be measured, else why not.  Printable ASCII without quotes. */
    const char *absent;
    /* Command lines, ending in NULL; start[0] is an absolute or given path. */
    char *start[MAX_ARGS];         /* of the payload that does nothing */
    char *syscost[MAX_ARGS];       /* of syscost, for the detailed ones */
    char *with_peak[MAX_ARGS + 1]; /* start, under peak */
};

/*
 * Fills in all contestants.  Strings are allocated and kept to the end of the program.
 * places: in, out, tools are needed; the derived fields are set here.
 */
void contestants_find(struct contestant list[CONTESTANTS], struct places *places);

#endif
