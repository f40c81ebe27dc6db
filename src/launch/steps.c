/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/fault.h"
#include "launch/sandbox.h"
#include "launch/weaken.h"

/* Past the last wall nothing privileged may be tried any more. */
static bool ended;

void steps_end(void)
{
    ended = true;
}

bool run_steps(const struct step *steps, size_t n, struct sandbox *s, struct error *e)
{
    if (ended)
        abort();
    for (size_t i = 0; i < n; i++) {
        const char *name = steps[i].name;

        if (!fault_skips(name) && !weakened_skips(s, name) && !steps[i].run(s, e))
            return false;
        if (!weakened_after(s, name, e))
            return false;
    }
    return true;
}

bool step_failed(struct error *e, const char *what)
{
    return error_errno(e, EXIT_BLOCKED, errno, "%s", what);
}
