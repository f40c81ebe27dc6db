/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/channel.h"
#include "launch/sandbox.h"

/*
 * A network namespace is the most expensive of the seven, and nothing else depends on it: the
 * payload-to-be makes it while init makes the mounts, and init follows into it. Its only interface
 * is lo, and nobody brings that up.
 */
bool step_new_network(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_unshare(CLONE_NEWNET) < 0) {
        step_failed(e, "cannot make the network namespace of the sandbox");
        return error_hint(e, "look at the sysctl user.max_net_namespaces");
    }
    return true;
}

/* Not before this process is dumpable again, which a change of ids ends: setns(2) of a pidfd asks
 * for what ptrace(2) calls access. */
bool step_tell_network(struct sandbox *s, struct error *e)
{
    if (!message_send(s->pair[1], MESSAGE_GO, 0, NULL, 0))
        return step_failed(e, "cannot tell init of the network namespace");
    return true;
}

bool step_join_network(struct sandbox *s, struct error *e)
{
    int payload;
    bool ok;

    if (!message_wait_go(s->pair[0]))
        return error_set(e, EXIT_DENYBOX, "cannot go on: the payload-to-be is gone");
    payload = sys_pidfd_open(s->payload);
    ok = payload >= 0 && sys_setns(payload, CLONE_NEWNET) == 0;
    if (!ok)
        step_failed(e, "cannot join the network namespace of the sandbox");
    io_close(&payload);
    return ok;
}
