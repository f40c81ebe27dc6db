/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_PATIENCE_H
#define DENYBOX_BASE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What reads or copies much, and takes longer than a second, says so on a terminal at standard
 * error: a line that counts, and is gone when it is done. One thing at a time, in one process.
 */

/* From here on bytes are counted. `what` is done with them, and is not copied; NULL: nothing is to
 * be said. */
void patience_begin(const char *what);

/* So many more were read or copied. Does nothing when none are counted. */
void patience_add(uint64_t bytes);

void patience_end(void);

#endif
