/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/result.h"

#include <stdlib.h>

#include "base/io.h"

const char *ns_name(enum ns ns)
{
    static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

    return names[ns];
}

void observed_free(struct observed *o)
{
    free(o->mountinfo.bytes);
    free(o->net_dev.bytes);
    free(o->status.bytes);
    *o = (struct observed){0};
}

void launch_result_free(struct launch_result *result)
{
    findings_free(&result->inside);
    observed_free(&result->before);
    observed_free(&result->after);
    buf_free(&result->reasons);
    if (result->out > 0)
        io_close(&result->out);
    result->out = 0;
}

int launch_exit_status(const struct launch_result *result)
{
    return result->ending == ENDING_SIGNALLED ? 128 + result->number : result->number;
}
