/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/channel.h"
#include "launch/sandbox.h"

/*
 * A network namespace is the most expensive of the seven, and nothing else depends on it: init
 * makes it while the payload-to-be makes the mounts, and follows. Its only interface is lo, and
 * nobody brings that up.
 */
bool step_new_network(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_unshare(CLONE_NEWNET) < 0)
        return step_failed(e, "cannot make the network namespace of the sandbox");
    return true;
}

/* The namespace itself goes to the payload-to-be, by descriptor: to take it from init by pidfd it
 * would need the access that ptrace(2) needs, which Landlock has denied it by then. */
bool step_tell_network(struct sandbox *s, struct error *e)
{
    int network = sys_openat(s->host_proc, "thread-self/ns/net", O_RDONLY | O_CLOEXEC, 0);
    bool ok = network >= 0 && message_send_descriptor(s->pair[0], MESSAGE_NETWORK, network);

    if (!ok)
        step_failed(e, "cannot hand the network namespace to the payload-to-be");
    io_close(&network);
    return ok;
}

bool step_join_network(struct sandbox *s, struct error *e)
{
    bool ok = sys_setns(s->network, CLONE_NEWNET) == 0;

    if (!ok)
        step_failed(e, "cannot join the network namespace of the sandbox");
    io_close(&s->network);
    return ok;
}
