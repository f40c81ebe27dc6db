/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "launch/sandbox.h"

/*
 * An additional layer, independent of mounts and filters, where the kernel has it: what may be
 * read, written and executed where. It is recorded with its version and proves nothing alone.
 */

/* From newer headers than the oldest that are supported; the numbers are the kernel's. */
#define FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define NET_BIND_CONNECT 3ULL     /* version 4 */
#define SCOPE_ALL 3ULL            /* version 6: abstract sockets, signals */

#define ASK_VERSION 1U /* LANDLOCK_CREATE_RULESET_VERSION */

/* Version 1 denies every rename between directories, which /out and /tmp must allow. */
#define OLDEST 2

struct ruleset_attributes { /* struct landlock_ruleset_attr of version 6 */
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                      \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
#define SPECIAL                                                                                    \
    (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define EXECUTE LANDLOCK_ACCESS_FS_EXECUTE

static uint64_t all_rights(int abi)
{
    return READ | WRITE | SPECIAL | EXECUTE | (abi >= 3 ? FS_TRUNCATE : 0) |
           (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static bool allow_fd(int ruleset, int fd, uint64_t rights, struct error *e)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};

    if (sys_landlock_add(ruleset, &rule) < 0)
        return step_failed(e, "cannot add a Landlock rule");
    return true;
}

static bool allow_path(int ruleset, const char *path, uint64_t rights, struct error *e)
{
    int fd = sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    bool ok = fd >= 0 ? allow_fd(ruleset, fd, rights, e)
                      : step_failed(e, "cannot open a directory for Landlock");

    io_close(&fd);
    return ok;
}

static bool add_rules(struct sandbox *s, int ruleset, struct error *e)
{
    uint64_t write = WRITE | (s->landlock_abi >= 3 ? FS_TRUNCATE : 0);
    const struct plan *plan = s->plan;
    bool payload = plan->derived.payload.fd >= 0;

    return allow_path(ruleset, "/", READ | EXECUTE, e) &&
           allow_path(ruleset, "/out", READ | write, e) &&
           allow_path(ruleset, "/tmp", READ | write, e) &&
           (!plan->declared.dev ||
            allow_path(ruleset, "/dev", READ | LANDLOCK_ACCESS_FS_WRITE_FILE, e)) &&
           (s->proc < 0 || allow_fd(ruleset, s->proc, READ, e)) &&
           /* The payload is opened on the host, beneath none of these. */
           (!payload ||
            allow_fd(ruleset, SEALED_FD(plan), EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE, e));
}

int landlock_version(void)
{
    int abi = fault_skips("landlock") ? 0 : sys_landlock_create(NULL, 0, ASK_VERSION);

    /* ENOSYS: not built in. EOPNOTSUPP: not enabled at boot. Anything else is a fault. */
    if (abi < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1;
    return abi < OLDEST ? 0 : abi;
}

bool step_landlock(struct sandbox *s, struct error *e)
{
    struct ruleset_attributes attributes;
    size_t size = sizeof attributes.fs;
    int abi = landlock_version();
    int ruleset;
    bool ok;

    if (abi < 0)
        return step_failed(e, "cannot ask for Landlock");
    if (sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0) != 1)
        return error_set(e, EXIT_BLOCKED, "cannot go on: no_new_privs is not set");
    s->landlock_abi = abi;
    if (abi == 0)
        return true;
    attributes = (struct ruleset_attributes){
        .fs = all_rights(abi),
        .net = abi >= 4 ? NET_BIND_CONNECT : 0,
        .scoped = abi >= 6 ? SCOPE_ALL : 0,
    };
    size = abi >= 6 ? sizeof attributes : abi >= 4 ? 2 * sizeof attributes.fs : size;
    ruleset = sys_landlock_create(&attributes, size, 0);
    if (ruleset < 0)
        return step_failed(e, "cannot make a Landlock ruleset");
    ok = add_rules(s, ruleset, e);
    if (ok && sys_landlock_restrict(ruleset) < 0)
        ok = step_failed(e, "cannot enforce Landlock");
    io_close(&ruleset);
    return ok;
}
