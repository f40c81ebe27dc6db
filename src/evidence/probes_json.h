/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_PROBES_JSON_H
#define DENYBOX_EVIDENCE_PROBES_JSON_H

#include "rules/probe.h"
#include "json/json.h"

/* Every probe with what was expected, what was found and the verdict, in the order of the table.
 * `artifacts`: name the line of /out/attest.jsonl as the artefact. New reference. */
json_t *probes_json(const struct findings *f, bool artifacts);

/* The raw texts that were read inside. New reference. */
json_t *raw_json(const struct findings *f);

#endif
