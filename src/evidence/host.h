/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_EVIDENCE_HOST_H
#define DENYBOX_EVIDENCE_HOST_H

#include "json/json.h"

/* What can be told of the host: the field venue_identity, and the field host. New references. */
json_t *venue_identity_json(void);
json_t *host_json(void);

/* "sha256:..." of the host's boot id, or null where it cannot be read. */
json_t *host_boot_json(void);

#endif
