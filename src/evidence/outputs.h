/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_OUTPUTS_H
#define DENYBOX_EVIDENCE_OUTPUTS_H

#include <stdbool.h>

#include "tree/audit.h"
#include "json/json.h"

enum outputs_state {
    OUTPUTS_DISCARDED, /* there is no --out */
    OUTPUTS_LEFT,      /* they are in --out, where the payload wrote them */
    OUTPUTS_PUBLISHED, /* with --out-size: they are in --out, but for what was refused */
    OUTPUTS_WITHHELD,  /* with --out-size: nothing is in --out */
};

/* What became of what a payload left. Zero-initialised it is nothing, of no --out. */
struct outputs {
    enum outputs_state state;
    bool unknown; /* it could not be looked at; the audit is empty */
    struct audit audit;
};

/* The name of a state, in the words of the bundle. */
const char *outputs_state_name(enum outputs_state state);

/* The members of `result` that tell of the outputs, added to the object, as by json_put. */
void outputs_add(json_t **result, const struct outputs *outputs);

#endif
