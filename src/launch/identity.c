/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "launch/sandbox.h"

bool step_session(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_setsid() < 0)
        return step_failed(e, "cannot start a new session");
    return true;
}

/*
 * An ignored signal stays ignored across an exec, and a mask is kept: both are the caller's. By the
 * raw call: libc's refuses its own two (32 and 33), which posix_spawn(3) leaves ignored.
 */
bool step_signals(struct sandbox *s, struct error *e)
{
    static const unsigned long reset[4]; /* the kernel's struct sigaction: SIG_DFL, nothing set */
    sigset_t none;

    (void)s;
    for (long n = 1; n < NSIG; n++) {
        if (n != SIGKILL && n != SIGSTOP &&
            syscall(SYS_rt_sigaction, n, reset, NULL, (long)sizeof(unsigned long)) < 0)
            return step_failed(e, "cannot reset the signals");
    }
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
        return step_failed(e, "cannot reset the signals");
    return true;
}

/* The umask and the personality are the caller's, and an exec keeps both. */
bool step_defaults(struct sandbox *s, struct error *e)
{
    (void)s;
    umask(022);
    if (sys_personality(0) < 0)
        return step_failed(e, "cannot reset the personality");
    return true;
}

/* The NIS domain is the host's until it is set. */
bool step_host_name(struct sandbox *s, struct error *e)
{
    if (sys_sethostname(s->plan->declared.hostname) < 0 || sys_setdomainname("(none)") < 0)
        return step_failed(e, "cannot set the host name");
    return true;
}

/* The caller's session keyring would be inherited; a kernel without keys has none to inherit. One
 * for init and payload: it counts as a key of the user's, who has not many. */
bool step_keyring(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING) >= 0 || errno == ENOSYS)
        return true;
    step_failed(e, "cannot start a session keyring");
    return e->number != EDQUOT
               ? false
               : error_hint(e, "the user has as many keys as it may, and each sandbox has one: end "
                               "some, or sudo sysctl -w kernel.keys.maxkeys=2000 "
                               "kernel.keys.maxbytes=200000");
}
