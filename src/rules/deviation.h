/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_DEVIATION_H
#define DENYBOX_RULES_DEVIATION_H

#include "rules/probe.h"

/* What a user may name to get less than the strict profile: one bit each, enum deviation of the
 * plan. */

/* The name in the bundle of deviation number `index`, or NULL past the last. */
const char *deviation_name(unsigned index);

/* May this probe FAIL where these deviations (bits) were named? */
bool deviation_excuses(unsigned deviations, enum probe probe);

#endif
