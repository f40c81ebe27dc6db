/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_PYC_H
#define DENYBOX_ROOT_PYC_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Compiled Python (PEP 3147, PEP 552): its head says of which source it is. */

enum pyc {
    PYC_STALE,   /* of another state of the source; python would not use it */
    PYC_BY_TIME, /* it names the source's time and size, and they are these */
    PYC_BY_HASH, /* it names a hash of the source, or nobody looks */
};

/* "DIR/__pycache__/NAME.TAG.pyc" is of "DIR/NAME.py". False for any other path. */
bool pyc_source(const char *path, char source[PATH_MAX]);

enum pyc pyc_check(int fd, const struct stat *source);

#endif
