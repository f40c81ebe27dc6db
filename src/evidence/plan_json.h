/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_PLAN_JSON_H
#define DENYBOX_EVIDENCE_PLAN_JSON_H

#include "plan/plan.h"
#include "json/json.h"

/* The plan as `denybox plan` prints it and the bundle carries it: what would be done, whole. New
 * reference, NULL when out of memory. */
json_t *plan_json(const struct plan *plan);

/* The deviations that the user named, as an array of names. New reference. */
json_t *deviations_json(const struct plan *plan);

#endif
