/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_CONTROLS_JSON_H
#define DENYBOX_EVIDENCE_CONTROLS_JSON_H

#include "record/result.h"
#include "rules/control.h"
#include "json/json.h"

/* The member `controls` of a bundle: null where none were run. */
json_t *controls_json(const struct control_record *record);

/* The matrix of n controls, denybox-evidence(5). It is no bundle: its profile is "weakened". */
json_t *controls_matrix_json(const struct control *controls, size_t n,
                             const struct control_record *record, const char *profile);

#endif
