/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_ESCAPE_H
#define DENYBOX_TESTS_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The attempts of a hostile payload: attempt.def has a row for each, this program makes one of them
 * and prints what came of it. Nothing here judges; tests/live/escape.py does.
 *
 *   live-escape try NAME [PLACE=VALUE...]      makes the attempt where it is started
 *   live-escape capable NAME [PLACE=VALUE...]  in throw-away namespaces with all capabilities
 *   live-escape canary                         a process of the host that nothing may happen to
 *   live-escape started FD                     what an attempt starts a program for: says so
 *
 * Each attempt is made by a grandchild. Between it and the reporter stands a watcher, its parent,
 * which without a sandbox is what pid 1 is in one: somebody to attack.
 */

/* What the attempts are told of where they are; each has the value it has in denybox. */
struct place {
    const char *in;
    const char *out;
    const char *tmp;
    const char *root;   /* what etc and app are beneath; "" is / */
    const char *self;   /* a program that can be started: this one */
    const char *secret; /* a file of the host */
    const char *mark;   /* a text of the caller's: in its environment, its words, the secret */
    long init;          /* a process to attack: pid 1, or the watcher */
    long port;          /* where somebody listens on 127.0.0.1, by TCP and by UDP */
    long key;           /* shared memory of the host */
    long canary;        /* the process, by the host's number */
    long address;       /* where it has the text of the mark */
    long slowness;      /* how many times slower than elsewhere this machine may be */
    int answer;         /* where a program that is started says so */
};

extern struct place place;

/* What came of an attempt. "works" is a way out, whatever else is none. */
#define WORKS "works"
/* Only the state of the host tells. */
#define TRIED "tried"

/* WORKS, or the name of errno. */
const char *answer(long result);

/* The same of a clone: the child that should not be there ends. */
const char *answer_child(long result);

const char *answer_map(const void *map);

/* A path beneath a place; good until the eighth call after. */
const char *at(const char *directory, const char *name);
#define IN(name) at(place.in, name)
#define OUT(name) at(place.out, name)
#define TMP(name) at(place.tmp, name)

/* Does the file hold the mark? WORKS, "nothing", or why it cannot be read. */
const char *holds_mark(const char *path);

/* Control: namespaces of its own, capabilities in them, a process as pid 1. False: errno. */
bool enter_namespaces(void);

struct attempt {
    const char *name;
    const char *(*make)(void);
};

#define CALL(id, row, control, expected, why, what, ...) const char *try_##id(void);
#define ATTEMPT(id, row, control, expected, why, what) const char *try_##id(void);
#define KNOWN(id, row, control, expected, why, what) const char *try_##id(void);
#include "attempt.def"
#undef CALL
#undef ATTEMPT
#undef KNOWN

#endif
