/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_INSPECT_H
#define DENYBOX_CMD_INSPECT_H

#include "plan/plan.h"
#include "record/result.h"
#include "scan/report.h"

/* The scan of `run --scan`: the payload's program, and where that is an interpreter of Python, the
 * source that it is told to run. */
struct inspection {
    struct scan_policy policy;
    struct scan_report report;
};

/*
 * Scans the payload of a plan that was checked. False and *e when the policy cannot be used; that
 * something could not be scanned is part of the report. *record becomes what the gate has to know.
 */
bool inspect_payload(const struct plan *plan, struct inspection *i, struct scan_record *record,
                     struct error *e);

/* Says on standard error what was denied, or not scanned: a line each. */
void inspection_print(const struct inspection *i);

/* The member `scan` of the bundle; NULL: out of memory. */
json_t *inspection_json(const struct plan *plan, const struct inspection *i);

void inspection_free(struct inspection *i);

#endif
