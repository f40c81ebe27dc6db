/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "launch/channel.h"
#include "launch/prove.h"
#include "launch/weaken.h"

/*
 * A control: the same sandbox with walls taken away, in which the probes run and nothing else ever
 * does. Everything that weakens is in this file. What is left out is a step, by its name; what is
 * changed is changed after a step. No directory, no root and no variable of the caller is there,
 * and a payload is refused. Without the namespace of the network, or with the old root left, the
 * host's is in reach: of the probes, which run alone.
 */

struct weakening {
    uint64_t walls; /* that are taken away, as removal_walls says */
};

/* Steps of the payload-to-be alone: init, which no probe looks at, keeps all of its walls. */
static const struct {
    enum removal wall;
    const char *step;
} left_out[] = {
    {REMOVE_LANDLOCK, "landlock"},
    {REMOVE_NETWORK, "join-network"},
    {REMOVE_FILTER, "filter"},
    {REMOVE_SEAL, "seal"},
    {REMOVE_CAPABILITIES, "bounding-set"},
    {REMOVE_CAPABILITIES, "capabilities"},
    {REMOVE_SECUREBITS, "securebits"},
    {REMOVE_ROOT, "lock-root"},
    {REMOVE_OLD_ROOT, "leave-old-root"},
    {REMOVE_SESSION, "session"},
    {REMOVE_SIGNALS, "signals"},
    {REMOVE_LIMITS, "limits"},
    {REMOVE_LIMITS, "affinity"},
    /* Not by itself: the kernel then loads no filter. */
    {REMOVE_EVERYTHING, "no-new-privs"},
};

bool weakened(const struct sandbox *s, enum removal wall)
{
    return s->weakening != NULL && (s->weakening->walls >> wall & 1) != 0;
}

bool weakened_skips(const struct sandbox *s, const char *step)
{
    for (size_t i = 0; s->weakening != NULL && i < sizeof left_out / sizeof left_out[0]; i++) {
        if (weakened(s, left_out[i].wall) && strcmp(left_out[i].step, step) == 0)
            return true;
    }
    return false;
}

static bool make_file(int directory, const char *path, mode_t mode, struct error *e)
{
    int fd = sys_openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    if (fd < 0)
        return step_failed(e, "cannot make a file of the control's root");
    io_close(&fd);
    return true;
}

/* An empty /bin/ls, so that PR-EXEC-1 asks about something that is there; no program is. */
static bool fill_root(struct sandbox *s, struct error *e)
{
    if (sys_mkdirat(s->root, "bin", 0755) < 0 || sys_mkdirat(s->root, "extra", 0755) < 0)
        return step_failed(e, "cannot make the control's root");
    return make_file(s->root, "bin/ls", 0755, e);
}

static bool plant_socket(struct sandbox *s, struct error *e)
{
    if (sys_mkdirat(s->root, "var", 0755) < 0 || sys_mkdirat(s->root, "var/run", 0755) < 0)
        return step_failed(e, "cannot make the control's root");
    return make_file(s->root, "var/run/docker.sock", 0644, e);
}

static bool change_mount(struct sandbox *s, const char *at, struct mount_attr attr, struct error *e)
{
    if (sys_mount_setattr(s->root, at, 0, &attr) < 0)
        return step_failed(e, "cannot change a mount of the control");
    return true;
}

static bool open_in(struct sandbox *s, struct error *e)
{
    return change_mount(s, "in", (struct mount_attr){.attr_clr = MOUNT_ATTR_RDONLY}, e);
}

static bool close_out(struct sandbox *s, struct error *e)
{
    return change_mount(s, "out", (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY}, e);
}

static bool open_tmp(struct sandbox *s, struct error *e)
{
    return change_mount(s, "tmp", (struct mount_attr){.attr_clr = MOUNT_ATTR_NOEXEC}, e);
}

static bool add_mount(struct sandbox *s, struct error *e)
{
    int fs = sys_fsopen("tmpfs");
    int mount = -1;
    bool ok;

    if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        mount = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                    MOUNT_ATTR_NOEXEC);
    ok = mount >= 0 && sys_move_mount(mount, s->root, "extra") == 0;
    if (!ok)
        step_failed(e, "cannot make the extra mount of the control");
    io_close(&mount);
    io_close(&fs);
    return ok;
}

/* Made up: what the caller has in its environment is in no control. */
static bool pass_environment(struct sandbox *s, struct error *e)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char token[] = "DENYBOX_CONTROL_TOKEN=made-up";
    static char *environment[] = {path, token, NULL};

    (void)s;
    (void)e;
    environ = environment;
    return true;
}

static bool leave_open(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_fcntl(0, F_DUPFD, INSIDE_FREE) < 0)
        return step_failed(e, "cannot leave a descriptor open in the control");
    return true;
}

static const struct {
    enum removal wall;
    const char *step;
    bool (*change)(struct sandbox *s, struct error *e);
} changed[] = {
    {REMOVE_NOTHING, "make-root", fill_root},
    {REMOVE_SOCKET, "make-root", plant_socket},
    {REMOVE_IN, "mount-in", open_in},
    {REMOVE_OUT, "mount-out", close_out},
    {REMOVE_TMP, "mount-tmp", open_tmp},
    {REMOVE_MOUNTS, "mount-deviations", add_mount},
    {REMOVE_ENVIRONMENT, "defaults", pass_environment},
    {REMOVE_DESCRIPTORS, "descriptors", leave_open},
};

/* The test build: a control ends where its probes would begin. */
#define FAULT_DIES "control-end"

bool weakened_after(struct sandbox *s, const char *step, struct error *e)
{
    if (s->weakening != NULL && fault_skips(FAULT_DIES) && strcmp(step, "filter") == 0)
        _exit(EXIT_DENYBOX);
    for (size_t i = 0; s->weakening != NULL && i < sizeof changed / sizeof changed[0]; i++) {
        if (weakened(s, changed[i].wall) && strcmp(changed[i].step, step) == 0 &&
            !changed[i].change(s, e))
            return false;
    }
    return true;
}

/* Whatever comes by the socket, it is not waited for: the launcher of a control has nothing to say,
 * and end-of-file is the end. */
void weakened_end(const struct sandbox *s)
{
    if (s->weakening == NULL)
        return;
    message_wait(s->gate_socket[1], MESSAGE_OPEN);
    _exit(EXIT_DENYBOX);
}

void weakened_never(const struct sandbox *s)
{
    if (s->weakening != NULL)
        abort();
}

static bool refuse(const struct plan *plan, struct error *e)
{
    const struct derived *d = &plan->derived;

    if (plan->command != COMMAND_ATTEST || d->payload.fd >= 0 || plan->declared.n_command != 0)
        return error_set(e, EXIT_DENYBOX, "cannot weaken a sandbox that has a payload");
    if (d->in.fd >= 0 || d->out.fd >= 0 || d->rootfs.fd >= 0 || d->deviations != 0)
        return error_set(e, EXIT_DENYBOX, "cannot weaken a sandbox that has something of the host");
    return true;
}

/* The other end of a terminal of our own: the caller's is in no control. Nobody's controlling
 * terminal, and gone with *master. */
static int open_terminal(int *master, struct error *e)
{
    int unlock = 0;
    int fd = -1;

    *master = sys_openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (*master >= 0 && ioctl(*master, TIOCSPTLCK, &unlock) == 0)
        fd = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        step_failed(e, "cannot make a terminal for the control");
    return fd;
}

static bool carry_out(struct supervisor *sv, bool *noticed)
{
    struct sandbox *s = sv->s;
    struct launch_result *r = sv->result;
    bool holds;

    if (!prove_sandbox(sv))
        return false;
    holds = sv->gate.init_holds && sv->gate.limits_hold && sv->gate.name_holds;
    holds = observed_hold(s, &sv->gate.own, &r->before, &r->inside, &r->reasons) && holds;
    *noticed = !holds;
    return true;
}

/* The test build: nothing is taken away; what was taken away before does not come back. */
#define FAULT_KEEPS "control-removal"
#define FAULT_ADDS "control-restoration"

static uint64_t choose(enum removal removal)
{
    static uint64_t before;
    uint64_t walls = fault_skips(FAULT_KEEPS)
                         ? removal_walls(REMOVE_NOTHING)
                         : removal_walls(removal) | (fault_skips(FAULT_ADDS) ? before : 0);

    before = walls;
    return walls;
}

bool launch_control(const struct plan *plan, enum removal removal, const struct launch_hooks *hooks,
                    struct launch_result *result, bool *noticed, struct error *e)
{
    struct weakening weakening;
    static struct supervisor sv;
    int master = -1;
    int terminal = -1;
    bool ok;

    if (!refuse(plan, e))
        return false;
    weakening = (struct weakening){.walls = choose(removal)};
    prove_begin(&sv, plan, hooks, result, e);
    sv.s->weakening = &weakening;
    ok = prove_prepare(&sv);
    if (ok && weakened(sv.s, REMOVE_TERMINAL)) {
        terminal = open_terminal(&master, e);
        sv.s->stdio[0] = terminal;
        ok = terminal >= 0;
    }
    ok = ok && carry_out(&sv, noticed);
    prove_end(&sv);
    sv.s->weakening = NULL;
    io_close(&terminal);
    io_close(&master);
    return ok;
}
