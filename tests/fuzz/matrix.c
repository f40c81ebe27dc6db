/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An acceptance matrix: denybox verify --matrix. */
#include "verify/matrix.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct matrix matrix;
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);

    matrix = (struct matrix){0};
    if (matrix_read(&matrix, bytes, size, &e)) {
        FUZZ_REQUIRE(matrix.n <= MATRIX_ROWS_MAX);
        for (size_t i = 0; i < matrix.n; i++) {
            FUZZ_REQUIRE(matrix.rows[i].requirement != NULL && matrix.rows[i].source != NULL);
            matrix_row_binds(&matrix.rows[i]);
        }
    } else {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
    }
    matrix_free(&matrix);
    free(bytes);
    return 0;
}
