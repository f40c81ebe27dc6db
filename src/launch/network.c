/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sched.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/sandbox.h"

/*
 * A network namespace is the most expensive of the seven, and nothing else depends on it: init
 * makes it while the payload-to-be makes the mounts, and follows. Its only interface is lo, and
 * nobody brings that up.
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

/* setns(2) of a pidfd asks for what ptrace(2) calls access: init is still dumpable, and does not go
 * on before it is told of the root. */
bool step_join_network(struct sandbox *s, struct error *e)
{
    int init = sys_pidfd_open(1);
    bool ok = init >= 0 && sys_setns(init, CLONE_NEWNET) == 0;

    (void)s;
    if (!ok)
        step_failed(e, "cannot join the network namespace of the sandbox");
    io_close(&init);
    return ok;
}
