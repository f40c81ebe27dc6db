/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTESTER_ATTESTATION_H
#define DENYBOX_ATTESTER_ATTESTATION_H

#include "attester/option.h"
#include "rules/probe.h"
#include "json/json.h"

/* What came of the probes. */
struct attestation {
    struct findings findings;
    char seccomp_sha256[72]; /* "" where it is not known */
    bool files;              /* the output directory has the files of the attestation */
    int64_t started_at;      /* seconds since the epoch */
    int64_t finished_at;
};

/*
 * The bundle that can be made inside a foreign sandbox: what only a launcher knows (binding,
 * observed, limits, layers, result, controls) is not in it. A new reference, or NULL when memory
 * runs out.
 */
json_t *attestation_json(const struct wishes *w, const struct attestation *a);

#endif
