/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "launch/output.h"
#include "launch/sandbox.h"
#include "launch/trees.h"

#define ROOT_FLAGS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define DATA_FLAGS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* What every sandbox has in its root. /app, /etc and /root are there so that writing to them fails
 * because of a wall, and not because there is nothing to write to. */
static const char *const skeleton[] = {"app", "etc", "root", "in", "out", "tmp"};

static bool set_string(int fs, const char *key, const char *value)
{
    return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value) == 0;
}

static bool set_number(int fs, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return set_string(fs, key, text);
}

/* A new tmpfs, mounted nowhere yet. Returns the mount, or -1 and *e. */
static int new_tmpfs(uint64_t size, uint64_t inodes, const char *mode, uint64_t attributes,
                     struct error *e)
{
    int fs = sys_fsopen("tmpfs");
    int mount = -1;

    if (fs >= 0 && set_string(fs, "mode", mode) && set_number(fs, "size", size) &&
        set_number(fs, "nr_inodes", inodes) &&
        sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        mount = sys_fsmount(fs, (unsigned)attributes);
    if (mount < 0)
        step_failed(e, "cannot make a tmpfs");
    io_close(&fs);
    return mount;
}

static bool make_skeleton(int directory, struct error *e)
{
    for (size_t i = 0; i < sizeof skeleton / sizeof skeleton[0]; i++) {
        if (sys_mkdirat(directory, skeleton[i], 0755) < 0)
            return step_failed(e, "cannot make the skeleton of the root");
    }
    return true;
}

/* Makes the directories above, and a directory or an empty file at, one declared mount point. */
static bool make_mount_point(int directory, const char *path, bool is_directory, struct error *e)
{
    char part[4096];

    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        size_t length = slash != NULL ? (size_t)(slash - path - 1) : strlen(path + 1);
        int fd = -1;

        memcpy(part, path + 1, length);
        part[length] = '\0';
        if (slash == NULL && !is_directory)
            fd = sys_openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        else if (sys_mkdirat(directory, part, 0755) < 0 && errno != EEXIST)
            return step_failed(e, "cannot make a mount point");
        if (slash == NULL && !is_directory && fd < 0 && errno != EEXIST)
            return step_failed(e, "cannot make a mount point");
        io_close(&fd);
        if (slash == NULL)
            return true;
    }
}

static bool make_declared_points(const struct plan *plan, int directory, struct error *e)
{
    const struct declared *d = &plan->declared;

    if ((d->proc && !make_mount_point(directory, "/proc", true, e)) ||
        (d->dev && !make_mount_point(directory, "/dev", true, e)))
        return false;
    for (size_t i = 0; i < d->n_binds; i++) {
        if (!make_mount_point(directory, d->binds[i].target, plan->derived.binds[i].directory, e))
            return false;
    }
    return true;
}

/* Puts a mount over the old root; from then on it can itself be mounted upon. */
static bool attach_over_root(int mount, struct error *e)
{
    if (sys_move_mount(mount, AT_FDCWD, "/") < 0)
        return step_failed(e, "cannot attach the new root");
    return true;
}

/*
 * The skeleton as the upper of two read-only layers over the declared root: one row in mountinfo,
 * the declared directory needs no mount points, and whatever it has at /in, /out, /tmp or /etc, a
 * link above all, is hidden by the skeleton's directory of that name. The names of the layers are
 * relative to the staging tmpfs: fsconfig(2) takes 255 bytes, and no path of the host shows.
 */
static bool make_overlay(struct sandbox *s, int staging, struct error *e)
{
    int fs = -1;

    if (!tree_restrict(s->tree_rootfs, MOUNT_ATTR_RDONLY | ROOT_FLAGS, e))
        return false;
    if (sys_move_mount(s->tree_rootfs, staging, "root") < 0 || sys_fchdir(staging) < 0)
        return step_failed(e, "cannot stage the root directory");
    fs = sys_fsopen("overlay");
    if (fs < 0 || !set_string(fs, "source", "denybox") ||
        !set_string(fs, "lowerdir", "skeleton:root") ||
        sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0) {
        step_failed(e, "cannot make an overlay of the root directory");
        io_close(&fs);
        return error_hint(e, "the file system of --rootfs cannot be a layer of an overlay: copy it "
                             "to ext4, xfs, btrfs or tmpfs");
    }
    s->root = sys_fsmount(fs, ROOT_FLAGS | MOUNT_ATTR_RDONLY);
    io_close(&fs);
    if (s->root < 0)
        return step_failed(e, "cannot mount the overlay of the root directory");
    return attach_over_root(s->root, e);
}

bool step_make_root(struct sandbox *s, struct error *e)
{
    bool overlay = s->tree_rootfs >= 0;
    int staging = new_tmpfs(65536, 512, "0755", ROOT_FLAGS, e);
    int directory = staging;
    bool ok;

    if (staging < 0 || !attach_over_root(staging, e))
        return false;
    if (overlay) {
        if (sys_mkdirat(staging, "skeleton", 0755) < 0 || sys_mkdirat(staging, "root", 0755) < 0)
            return step_failed(e, "cannot stage the root directory");
        directory = sys_openat(staging, "skeleton", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        if (directory < 0)
            return step_failed(e, "cannot stage the root directory");
    }
    ok = make_skeleton(directory, e) && make_declared_points(s->plan, directory, e);
    if (!overlay) {
        s->root = staging;
        return ok;
    }
    io_close(&directory);
    ok = ok && make_overlay(s, staging, e);
    io_close(&staging);
    return ok;
}

/* Mounts a tree, or else a fresh tmpfs, at one place of the root. */
static bool mount_data(struct sandbox *s, int tree, const char *at, uint64_t size,
                       uint64_t attributes, struct error *e)
{
    const char *mode = strcmp(at, "tmp") == 0 ? "01777" : "0755";

    if (fault_skips(at)) /* the test build: a data mount without its restrictions */
        attributes = 0;
    if (tree < 0)
        tree = new_tmpfs(size, tmpfs_inodes(size), mode, attributes, e);
    else if (!tree_restrict(tree, attributes, e))
        return false;
    if (tree < 0)
        return false;
    if (sys_move_mount(tree, s->root, at) < 0)
        return step_failed(e, "cannot mount in the new root");
    return true;
}

bool step_mount_in(struct sandbox *s, struct error *e)
{
    return mount_data(s, s->tree_in, "in", 4096, DATA_FLAGS | MOUNT_ATTR_RDONLY, e);
}

bool step_mount_out(struct sandbox *s, struct error *e)
{
    const struct declared *d = &s->plan->declared;
    uint64_t size = d->out_size != 0 && !fault_skips("out-size") ? d->out_size : d->tmp_size;

    return mount_data(s, s->tree_out, "out", size, DATA_FLAGS, e);
}

bool step_mount_tmp(struct sandbox *s, struct error *e)
{
    return mount_data(s, -1, "tmp", s->plan->declared.tmp_size, DATA_FLAGS, e);
}

bool step_lock_root(struct sandbox *s, struct error *e)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

    /* Not recursive: /out and /tmp stay writable. An overlay was made read-only. */
    if (sys_mount_setattr(s->root, "", AT_EMPTY_PATH, &attr) < 0)
        return step_failed(e, "cannot make the root read-only");
    return true;
}

/* Everything in this mount namespace whose root was the old one, init too, is moved: pivot_root(2).
 */
bool step_enter_root(struct sandbox *s, struct error *e)
{
    if (sys_fchdir(s->root) < 0 || sys_pivot_root() < 0)
        return step_failed(e, "cannot enter the new root");
    io_close(&s->root);
    return true;
}

/* The old root lies on the new one, where this process is, and on it whatever was attached over it:
 * the staging tmpfs of an overlay is a mount of its own, detached first. */
bool step_leave_old_root(struct sandbox *s, struct error *e)
{
    bool overlay = s->plan->derived.rootfs.fd >= 0;

    if ((overlay && sys_umount_detach() < 0) || sys_umount_detach() < 0)
        return step_failed(e, "cannot leave the old root");
    return true;
}

/* The pivot moves the root of init as well, but not a directory beneath the old one. */
bool step_init_directory(struct sandbox *s, struct error *e)
{
    (void)s;
    if (sys_chdir("/") < 0)
        return step_failed(e, "cannot change to the new root");
    return true;
}
