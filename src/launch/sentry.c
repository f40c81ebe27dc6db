/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/sandbox.h"

/*
 * Stops the payload inside its own exec, before its first instruction, without a tracer.
 *
 * The payload-to-be is the only writer of a pipe, by a close-on-exec descriptor, and is to be told
 * of events at the other end by SIGSTOP (fcntl(2), F_SETSIG and F_SETOWN). The exec closes the
 * descriptor; the last writer is gone, the kernel signals the owner; both happen on the way back to
 * user space, in the task itself (pipe_release, task_work), so the signal is always taken before
 * the new program runs. Verified on 6.18. The launcher looks, and sends SIGCONT.
 *
 * init keeps the reading end open; the payload has neither end afterwards.
 */
bool step_sentry(struct sandbox *s, struct error *e)
{
    if (sys_fcntl(s->sentry[0], F_SETSIG, SIGSTOP) < 0 ||
        sys_fcntl(s->sentry[0], F_SETOWN, getpid()) < 0 ||
        sys_fcntl(s->sentry[0], F_SETFL, O_ASYNC) < 0)
        return step_failed(e, "cannot arrange to be stopped in the exec");
    io_close(&s->sentry[0]);
    return true;
}
