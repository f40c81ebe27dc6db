/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_BUNDLE_H
#define DENYBOX_EVIDENCE_BUNDLE_H

#include "evidence/outputs.h"
#include "plan/plan.h"
#include "record/result.h"
#include "json/json.h"

/* What the bundle binds, as digests taken before the run, "" where there is no such thing, or it is
 * still to be taken. */
struct binding {
    char launcher[72];
    char payload[72];
    char rootfs[72];
    char input[72];
    json_t *scan;      /* what a scan of the payload found; borrowed; NULL: there was none */
    int64_t shared_at; /* when those that many runs share were taken; 0: there are none */
    bool shared_root; /* that of the root is one of them, beside the launcher's and the payload's */
};

/* Takes the digests of the launcher, the payload, the root and the input, but those that are there
 * already. False and *e. */
bool binding_take(const struct plan *plan, struct binding *b, struct error *e);

/*
 * The evidence bundle of one run, denybox-evidence(5), with its integrity digest. `blocked` runs
 * have one too, with the ending "blocked". New reference, or NULL with *e.
 */
json_t *bundle_json(const struct plan *plan, const struct binding *binding,
                    const struct launch_result *result, const struct outputs *outputs,
                    struct error *e);

#endif
