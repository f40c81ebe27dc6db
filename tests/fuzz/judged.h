/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_FUZZ_JUDGED_H
#define DENYBOX_TESTS_FUZZ_JUDGED_H

#include "json/json.h"

/*
 * What no bundle of a strict sandbox may lack that is called acceptable, written down from
 * denybox-evidence(5) and denybox-probes(7) a second time, without anything of src/verify: aborts
 * on the first that is not so.
 */
void judged_again(const json_t *bundle);

/* "a.b.c" in nested objects; NULL: not there. */
json_t *judged_at(const json_t *bundle, const char *path);

#endif
