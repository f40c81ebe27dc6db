/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_COLLECT_COPY_H
#define DENYBOX_COLLECT_COPY_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the file `name` in the directory `to` of the first `size` bytes of the open file `from`,
 * with holes where it has holes, and mode 0755 or 0644. False with errno set: EINTR when `stop`
 * said so, EIO when the file is shorter. */
bool copy_file(int from, int to, const char *name, uint64_t size, bool executable,
               bool (*stop)(void));

#endif
