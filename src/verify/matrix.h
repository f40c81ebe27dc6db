/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_MATRIX_H
#define DENYBOX_VERIFY_MATRIX_H

#include "base/error.h"
#include "base/sha256.h"
#include "rules/probe.h"
#include "json/json.h"

/*
 * The acceptance matrix: which row asks for what, and which probes are bound to it.
 *
 *   {"schema_version": 1, "rows": [{"row": 24, "requirement": "...", "source": "inferred",
 *     "bar": 3, "probes": ["PR-..."]}]}
 *
 * source: "packet" or "operator", the row's own text; "inferred", a text that was not handed down;
 * "unknown", none. bar, the row of the minimum bar, may be missing.
 */

#define MATRIX_ROWS_MAX 256

struct matrix_row {
    int row;
    int bar; /* 0: none */
    const char *requirement;
    const char *source;
    bool bound[N_PROBES];
};

struct matrix {
    json_t *document; /* owned; the strings of the rows are its */
    char sha256[DIGEST_TEXT_SIZE];
    struct matrix_row rows[MATRIX_ROWS_MAX];
    size_t n;
};

/* Reads the built-in matrix, or the file. False and *e. */
bool matrix_load(struct matrix *matrix, const char *file, struct error *e);

/* Reads a matrix from bytes. False and *e. */
bool matrix_read(struct matrix *matrix, const char *bytes, size_t length, struct error *e);

/* Has the row to be bound to a probe? Not where nobody knows what it says. */
bool matrix_row_binds(const struct matrix_row *row);

void matrix_free(struct matrix *matrix);

#endif
