/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_PROFILE_H
#define DENYBOX_FILTER_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "json/json.h"

/*
 * A seccomp profile in the JSON form of Docker and OCI, read strictly: a key, action, operator or
 * machine that is not understood is an error, never passed over, because a rule that silently does
 * nothing is a hole.
 */

/* The operators of OCI. MASKED_EQ: (argument & value) == value_two. */
enum profile_op {
    PROFILE_NE,
    PROFILE_LT,
    PROFILE_LE,
    PROFILE_EQ,
    PROFILE_GE,
    PROFILE_GT,
    PROFILE_MASKED_EQ,
};

struct profile_compare {
    unsigned index; /* of the argument, 0 to 5 */
    enum profile_op op;
    uint64_t value;
    uint64_t value_two;
};

/* One system call of one rule. A rule with several names becomes several of these. */
struct profile_call {
    const char *name; /* lives as long as the profile */
    unsigned rule;    /* number of its rule in the document, from 1 */
    uint32_t action;  /* a SECCOMP_RET_ value with its data */
    bool compares;    /* only where the comparison holds */
    struct profile_compare compare;
};

struct filter_profile {
    uint32_t default_action; /* a SECCOMP_RET_ value with its data */
    bool x86_64;             /* the machines the profile says it is for; all, where it says none */
    bool aarch64;
    struct profile_call *calls; /* owned */
    size_t n_calls;
    json_t *document; /* owned */
};

/* A profile with more is refused: libseccomp before 2.6.1 corrupts memory on oversized filters. */
#define PROFILE_MAX_CALLS 2048

/*
 * Reads a profile of `length` bytes. On success *out is to be released with profile_free; on
 * failure it is empty and *e is set (EXIT_DENYBOX, the number of the rule and what is wrong).
 * Names of system calls are not looked up here.
 */
bool profile_parse(const char *json, size_t length, struct filter_profile *out, struct error *e);

/* error_set, for what is wrong with a profile; false. The format is a literal. */
#define PROFILE_REFUSE(e, format, ...)                                                             \
    error_set(e, EXIT_DENYBOX, "cannot use the seccomp profile: " format, ##__VA_ARGS__)

/* Releases what the profile owns and makes it empty. */
void profile_free(struct filter_profile *profile);

#endif
