/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_CHECKS_H
#define DENYBOX_VERIFY_CHECKS_H

#include "verify/verification.h"

/* The checks, one function each, in the files of their names. They return false when nothing can be
 * made of what comes after; what they find wrong they note. */
bool check_file(struct verification *v);
bool check_schema(struct verification *v);
bool check_freshness(struct verification *v);
bool check_venue(struct verification *v);
bool check_digests(struct verification *v);
bool check_probes(struct verification *v);
bool check_agreement(struct verification *v);
bool check_deviations(struct verification *v);
bool check_matrix(struct verification *v);

/* The deviations that the bundle declares, as bits. */
unsigned deviations_of(const struct verification *v);

/* Parts of check_schema and check_agreement that fill a file of their own. */
void check_probe_set(struct verification *v);
void check_observed(struct verification *v);
void check_plan(struct verification *v);
void check_command(struct verification *v);
void check_result(struct verification *v);
void check_outputs(struct verification *v, const json_t *result);
void check_artifacts(struct verification *v, const json_t *result);

/* The value that stands at a path of the table, such as "probes", as denybox writes it: the keys of
 * each object in the order of the table. New reference; NULL when out of memory. */
json_t *schema_ordered(const char *path, const json_t *value);

/* What a batch shares: how old it is, a part of check_freshness, and whether it is what a batch
 * shares, of check_agreement. `started`: seconds since the epoch. */
void check_batch_age(struct verification *v, int64_t started);
void check_batch(struct verification *v);

/* The scan of the payload: parts of check_digests, check_probes and check_agreement. */
void check_scan_policy(struct verification *v);
void check_scan_findings(struct verification *v);
void check_scan_subject(struct verification *v);

/* Of check_digests: raw texts and outputs against their bytes; fills in v->findings.raw. */
void check_raw(struct verification *v);

#endif
