/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "base/fault.h"
#include "base/sys.h"
#include "launch/sandbox.h"

/* The only door to libcap-ng. */

/* Everything that securebits can forbid, each with its lock; KEEP_CAPS is locked in the off state,
 * in which execve clears it: capabilities(7). */
#define SECUREBITS                                                                                 \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                               \
     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |       \
     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

bool step_securebits(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_SECUREBITS, SECUREBITS, 0) < 0)
        return step_failed(e, "cannot lock the securebits");
    return true;
}

/* One call for each capability that this kernel knows: libcap-ng would ask about each one first,
 * and look for a /proc that is not there, which costs more than everything else in this file. */
bool step_bounding_set(struct sandbox *s, struct error *e)
{
    (void)s;
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (sys_prctl(PR_CAPBSET_DROP, capability, 0) == 0)
            continue;
        if (errno == EINVAL && capability > CAP_LAST_CAP / 2)
            return true; /* past the newest */
        return step_failed(e, "cannot empty the bounding set");
    }
    return true;
}

bool step_capabilities(struct sandbox *s, struct error *e)
{
    int result;

    (void)s;
    if (fault_fails("capng_apply"))
        return step_failed(e, "cannot drop the capabilities");
    capng_clear(CAPNG_SELECT_ALL);
    result = capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
    if (result != 0)
        return error_set(e, EXIT_BLOCKED, "cannot drop the capabilities: libcap-ng says %d",
                         result);
    return true;
}

bool step_no_new_privs(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) < 0)
        return step_failed(e, "cannot set no_new_privs");
    return true;
}
