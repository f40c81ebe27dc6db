// SPDX-License-Identifier: LGPL-2.1-or-later
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

void progress(const char *what, int done, int all)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (done == all)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r%s: %d of %d\033[K", what, done + 1, all);
}
