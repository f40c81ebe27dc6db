/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_POLICY_H
#define DENYBOX_VERIFY_POLICY_H

#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "base/sha256.h"
#include "scan/policy.h"
#include "verify/controls.h"
#include "verify/matrix.h"

/* By what a bundle is judged: the words of the command line, then what they name, read. */

/* So often an option may be given that may be given more than once. */
#define VALUES_MAX 32

/* A profile that --profile names, and what it compiles to. */
struct known_profile {
    char json[DIGEST_TEXT_SIZE];
    char bpf[2][DIGEST_TEXT_SIZE]; /* x86_64, aarch64 */
};

struct policy {
    const char *nonce;           /* NULL: any */
    uint64_t max_age;            /* seconds; 0: any */
    struct option_list venues;   /* empty: VPS and CI */
    struct option_list profiles; /* files */
    struct option_list allowed;  /* deviations */
    struct option_list scan_files;
    bool base;
    const char *matrix_file;   /* NULL: the built-in one */
    const char *controls_file; /* NULL: none */
    bool json;
    const char *html; /* NULL: no report */
    bool quiet;
    bool help;
    bool version;
    char **files; /* points into argv */
    int n_files;
    /* what the words name */
    struct known_profile profile[VALUES_MAX];
    struct scan_policy scan[VALUES_MAX + 1]; /* the built-in one, and those of the files */
    size_t n_scan;
    unsigned deviations; /* bits of rules/deviation.def */
    struct matrix matrix;
    struct controls controls;
    int64_t now; /* seconds since the epoch */
};

/* Reads what the words name: profiles, deviations, the matrix and the controls. False and *e. */
bool policy_load(struct policy *policy, struct error *e);

/* Releases what the policy owns. */
void policy_free(struct policy *policy);

#endif
