/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/result.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
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

const char *time_limit_name(enum time_limit limit)
{
    static const char *const names[] = {NULL, "terminated", "killed"};

    return names[limit];
}

static bool has_limit(const struct launch_result *result, const char *name)
{
    for (int i = 0; i < result->n_limits; i++) {
        if (strcmp(result->limits[i].name, name) == 0)
            return true;
    }
    return false;
}

const char *launch_limit(const struct launch_result *result)
{
    if (result->ending != ENDING_SIGNALLED || result->time_limit != TIME_KEPT)
        return NULL;
    if (result->number == SIGKILL && result->events.oom_kills > 0)
        return "memory";
    return result->number == SIGXFSZ && has_limit(result, "fsize") ? "fsize" : NULL;
}

int64_t launch_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* As timeout(1): 124 whatever the payload made of SIGTERM, and 137 where that was not enough. */
int launch_exit_status(const struct launch_result *result)
{
    if (result->time_limit == TIME_TERMINATED)
        return EXIT_TIMED_OUT;
    return result->ending == ENDING_SIGNALLED ? 128 + result->number : result->number;
}
