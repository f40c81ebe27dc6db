/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RECORD_RESULT_H
#define DENYBOX_RECORD_RESULT_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buf.h"
#include "rules/probe.h"

/* What happened in one run, as data: launch fills it in, evidence writes it down. */

enum ns { NS_USER, NS_MNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, N_NS };

/* The name of a namespace under /proc/PID/ns. */
const char *ns_name(enum ns ns);

/* What the launcher saw of a process from outside, at one moment. */
struct place {
    dev_t dev;
    ino_t ino;
};

struct observed {
    bool valid;
    uint64_t ns[N_NS];    /* inode numbers */
    struct raw mountinfo; /* owned */
    struct raw net_dev;   /* owned */
    struct raw status;    /* owned */
    char uid_map[64];
    char gid_map[64];
    struct place in; /* what lies at /in and /out, seen through /proc/PID/root */
    struct place out;
};

struct limit_row {
    const char *name;
    uint64_t value;
    const char *held_by; /* "rlimit", "cgroup", "affinity", "tmpfs", "timer" or "none" */
    const char *scope;   /* what is counted: "the sandbox", "each process, private memory" */
};

#define LIMITS_MAX 12

/* What --timeout came to. */
enum time_limit {
    TIME_KEPT, /* the payload ended by itself, or there was none */
    TIME_TERMINATED,
    TIME_KILLED,
};

/* As it is called in documents: NULL for TIME_KEPT. */
const char *time_limit_name(enum time_limit limit);

enum ending { ENDING_NOT_STARTED, ENDING_EXITED, ENDING_SIGNALLED };

/* The controls of an attest, as the bundle has them. */
struct control_record {
    bool run;
    char matrix_sha256[72];
    char golden_sha256[72];
    int64_t run_at; /* seconds since the epoch */
    int removals;   /* that were carried out */
    int faults;
};

/* What the kernel has counted in the cgroup of a sandbox, from its making to its end. */
struct events {
    int64_t oom_kills;    /* processes ended because memory was used up; -1: nobody counts */
    int64_t pids_refused; /* forks refused because pids.max was reached; -1: nobody counts */
};

/* What a scan of the payload came to, before anything was started. */
struct scan_record {
    bool asked;
    int denied; /* things that the policy does not allow; NOT_OBSERVED: not scanned to its end */
};

struct launch_result {
    struct scan_record scan; /* filled in by who calls launch */
    struct findings inside;
    struct observed before; /* under all walls, before the exec */
    struct observed after;  /* stopped in the exec; valid only with evidence */
    bool blocked;
    struct buf reasons; /* one line each: what is missing */
    enum ending ending;
    int number; /* exit status or signal */
    enum time_limit time_limit;
    bool unwritten;       /* it was met by what was left to be written to a terminal */
    bool typed_interrupt; /* Ctrl-C at the terminal came to the payload, or before there was one */
    int64_t elapsed_ms;   /* from the opening of the gate to the payload's end */
    struct rusage usage;
    struct events events; /* once the sandbox is gone */
    char cgroup_left[48]; /* the name of its cgroup, when that could not be removed */
    struct limit_row limits[LIMITS_MAX];
    int n_limits;
    int landlock_abi;   /* 0: the kernel has none */
    int64_t started_at; /* seconds since the epoch */
    int64_t finished_at;
    char stacked_sha256[2][72]; /* digests of stacked filters, "" with none */
    pid_t child;                /* the payload as the host sees it; 0 before there is one */
    struct control_record controls;
    int out; /* owned; with --out-size the tmpfs at /out, which outlives the sandbox; 0: none, for
              * that number is always standard input */
};

void launch_result_free(struct launch_result *result);

/* Frees what one look at a process has read. */
void observed_free(struct observed *o);

/*
 * The limit that ended the payload, by its name in limits[]; NULL: none that is known of. It was
 * killed, and the kernel has killed for want of memory; or it got the signal for files that grow
 * too large, and there is a limit on them. A payload can send itself either.
 */
const char *launch_limit(const struct launch_result *result);

/* The exit status of denybox for a payload that ended. */
int launch_exit_status(const struct launch_result *result);

/* A time of its usage, in microseconds. */
int64_t launch_us(struct timeval t);

#endif
