/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_ROWS_H
#define DENYBOX_VERIFY_ROWS_H

#include "verify/verification.h"

/* What a bundle comes to for one row of the matrix. */
enum row_result {
    ROW_PASS,     /* every required probe that is bound to it passes */
    ROW_FAIL,     /* one does not */
    ROW_NOT_RUN,  /* none is required, and one was not run */
    ROW_NO_PROBE, /* none is bound to it */
};

/* "pass", "FAIL", "not run" or "no probe" */
const char *row_result_name(enum row_result result);

/* The result of a row. */
enum row_result row_judge(const struct verification *v, const struct matrix_row *row);

/* The word for one probe in a row: its verdict, as it was recomputed, or "not listed". */
const char *row_probe_word(const struct verification *v, enum probe probe);

#endif
