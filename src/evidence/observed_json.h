/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_OBSERVED_JSON_H
#define DENYBOX_EVIDENCE_OBSERVED_JSON_H

#include "record/result.h"
#include "json/json.h"

/* What the launcher saw from outside, before the exec and in it: the field observed. New reference.
 */
json_t *observations_json(const struct launch_result *r);

#endif
