/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_SHEBANG_H
#define DENYBOX_PLAN_SHEBANG_H

#include <stdbool.h>

#include "base/error.h"

/* BINPRM_BUF_SIZE of the kernel: a longer first line is an error there, and here. */
#define SHEBANG_MAX 256

struct shebang {
    char interpreter[SHEBANG_MAX];
    char argument[SHEBANG_MAX]; /* empty: none */
};

/*
 * Reads the first line by the rules of execve(2): an absolute interpreter, then at most one
 * argument, which is the rest of the line without blanks around it. *script becomes false when the
 * file does not begin with "#!". Errors: exit 126.
 */
bool shebang_read(int fd, const char *path, struct shebang *line, bool *script, struct error *e);

#endif
