/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_MATRIX_H
#define DENYBOX_CMD_MATRIX_H

#include <stddef.h>

#include "rules/control.h"

/* Prints the matrix of n controls for people on standard error: a row a removal, a column a probe;
 * colours on a terminal. */
void print_matrix(const struct control *controls, size_t n);

#endif
