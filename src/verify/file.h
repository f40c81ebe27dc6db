/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_FILE_H
#define DENYBOX_VERIFY_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* What a bundle may be at most. Larger than any real one, and small enough that a made one costs
 * little: the document and its canonical form are in memory at the same time. */
#define FILE_MAX_SIZE (8 << 20)
#define FILE_MAX_VALUES 100000
#define FILE_MAX_STRING (1 << 20)

/* Is it within the bounds on depth, values and strings? A look at the bytes, before a parser that
 * calls itself sees them; what is not JSON may be either. */
bool file_shallow(const char *bytes, size_t length);

#endif
