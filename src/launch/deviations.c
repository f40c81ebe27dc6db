/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/sandbox.h"
#include "launch/trees.h"

/* What the user named beyond the table of four. Each shows in mountinfo, and so in the evidence. */

/* Made inside, of this pid namespace; subset=pid leaves out everything that is not a process. */
static int new_proc(bool only_processes, unsigned attributes)
{
    int fs = sys_fsopen("proc");
    int mount = -1;

    if (fs >= 0 &&
        (!only_processes || sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid") == 0) &&
        sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        mount = sys_fsmount(fs, attributes);
    io_close(&fs);
    return mount;
}

static bool mount_proc(struct sandbox *s, struct error *e)
{
    int mount = new_proc(true, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                                   MOUNT_ATTR_RDONLY);

    if (mount < 0 || sys_move_mount(mount, s->root, "proc") < 0) {
        step_failed(e, "cannot mount /proc");
        io_close(&mount);
        return false;
    }
    io_close(&mount);
    return true;
}

static bool bind_device(int devices, const char *name, struct error *e)
{
    char path[32];
    int node;
    int tree;

    snprintf(path, sizeof path, "/dev/%s", name);
    node = sys_openat(devices, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (node < 0)
        return step_failed(e, "cannot make a place for a device");
    io_close(&node);
    tree = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        return step_failed(e, "cannot take a device of the host");
    if (!tree_restrict(tree, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e))
        return false;
    if (sys_move_mount(tree, devices, name) < 0)
        return step_failed(e, "cannot mount a device");
    io_close(&tree);
    return true;
}

static bool mount_dev(struct sandbox *s, struct error *e)
{
    static const char *const names[] = {"null", "zero", "full", "random", "urandom"};
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    int fs = sys_fsopen("tmpfs");
    int devices = -1;

    if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755") == 0 &&
        sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", "65536") == 0 &&
        sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "16") == 0 &&
        sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        devices = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    io_close(&fs);
    if (devices < 0 || sys_move_mount(devices, s->root, "dev") < 0)
        return step_failed(e, "cannot mount /dev");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!bind_device(devices, names[i], e))
            return false;
    }
    if (sys_mount_setattr(devices, "", AT_EMPTY_PATH, &read_only) < 0)
        return step_failed(e, "cannot make /dev read-only");
    io_close(&devices);
    return true;
}

static bool mount_binds(struct sandbox *s, struct error *e)
{
    const struct declared *d = &s->plan->declared;

    for (size_t i = 0; i < d->n_binds; i++) {
        if (!tree_restrict(s->tree_binds[i],
                           MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e))
            return false;
        if (sys_move_mount(s->tree_binds[i], s->root, d->binds[i].target + 1) < 0)
            return step_failed(e, "cannot mount what --ro-bind names");
        io_close(&s->tree_binds[i]);
    }
    return true;
}

bool step_mount_deviations(struct sandbox *s, struct error *e)
{
    const struct declared *d = &s->plan->declared;

    return (!d->proc || mount_proc(s, e)) && (!d->dev || mount_dev(s, e)) && mount_binds(s, e);
}

/*
 * A procfs for the probes, mounted nowhere, so that mountinfo keeps its four rows. Where a
 * container around us forbids a new one, the host's serves: taken before the pivot, read by the
 * same calls, and "self" is this process there too.
 */
bool step_open_proc(struct sandbox *s, struct error *e)
{
    s->proc = new_proc(false, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    s->own_proc = s->proc >= 0;
    if (!s->own_proc)
        s->proc = sys_fcntl(s->host_proc, F_DUPFD_CLOEXEC, 0);
    if (s->proc < 0)
        return step_failed(e, "cannot open a procfs for the probes");
    return true;
}
