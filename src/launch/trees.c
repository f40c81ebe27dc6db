/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/trees.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "host/requirement.h"
#include "launch/ids.h"
#include "plan/world.h"

#define CLONE_TREE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)

bool step_private_mounts(struct sandbox *s, struct error *e)
{
    struct mount_attr attr = {.propagation = MS_PRIVATE};

    (void)s;
    /* What the host mounts from now on does not come in, and nothing of ours goes out. */
    if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
        return step_failed(e, "cannot make the mounts private");
    return true;
}

bool tree_restrict(int tree, uint64_t attributes, struct error *e)
{
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};

    if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
        return step_failed(e, "cannot restrict a mount");
    return true;
}

/* What was found at o->path, when it is the object that the launcher has checked. -1 and *e. */
static int same_object(int found, const struct host_object *o, struct error *e)
{
    struct stat st;

    if (found < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot take '%s' into the sandbox",
                    text_show(o->path));
        return -1;
    }
    if (sys_fstat(found, &st) < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot look at '%s' in the sandbox",
                    text_show(o->path));
        io_close(&found);
    } else if (st.st_dev != o->dev || st.st_ino != o->ino) {
        error_set(e, EXIT_BLOCKED, "cannot take '%s' into the sandbox: it was replaced meanwhile",
                  text_show(o->path));
        io_close(&found);
    }
    return found;
}

/*
 * A copy of the tree at o->path, in this mount namespace. The launcher's descriptor cannot be used:
 * it refers to a mount of the host's namespace, which open_tree(2) refuses to copy into another
 * (EINVAL). So the path is looked up a second time, and what is found must be the device and inode
 * that the launcher checked: swapped in between is refused. Returns the tree, or -1 and *e.
 */
static int copy_tree(const struct host_object *o, struct error *e)
{
    return same_object(sys_open_tree(AT_FDCWD, o->path, CLONE_TREE), o, e);
}

/* The tree that root's launcher has mapped already, or a copy made here; -1 for no object. */
static bool take_tree(int *tree, int idmapped, const struct host_object *o, struct error *e)
{
    *tree = -1;
    if (o->fd < 0)
        return true;
    *tree = idmapped >= 0 ? idmapped : copy_tree(o, e);
    return *tree >= 0;
}

bool step_open_trees(struct sandbox *s, struct error *e)
{
    const struct derived *r = &s->plan->derived;
    size_t n = s->plan->declared.n_binds;

    if (!take_tree(&s->tree_in, s->idmapped_in, &r->in, e) ||
        !take_tree(&s->tree_out, s->idmapped_out, &r->out, e) ||
        !take_tree(&s->tree_rootfs, s->detached_rootfs, &r->rootfs, e))
        return false;
    if (n == 0)
        return true;
    s->tree_binds = calloc(n, sizeof *s->tree_binds);
    if (s->tree_binds == NULL)
        return error_set(e, EXIT_BLOCKED, "cannot take the trees: out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!take_tree(&s->tree_binds[i], -1, &r->binds[i], e))
            return false;
    }
    return true;
}

/* The payload's file, where it has to be on a mount of the sandbox's own; else there is no path. */
static bool describe_program(const struct sandbox *s, struct host_object *o, struct error *e)
{
    const struct payload *p = &s->plan->derived.payload;
    struct stat st;

    *o = (struct host_object){.fd = p->fd};
    if (!s->plan->declared.proc || p->fd < 0)
        return true;
    if (sys_fstat(p->fd, &st) < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot look at '%s'", text_show(p->path));
    o->path = p->path;
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    return true;
}

/*
 * With --proc the payload comes to its own program by /proc/self/exe, on the mount that it was
 * executed on. The host's may be writable: there the mode and the times of a file of the caller's
 * could be changed, which are nothing to Landlock.
 */
bool step_own_program(struct sandbox *s, struct error *e)
{
    struct host_object o;

    if (!describe_program(s, &o, e))
        return false;
    if (o.path == NULL)
        return true;
    if (!world_is_outside(s->plan, o.path)) {
        s->program =
            same_object(sys_openat2(s->tree_rootfs, o.path, O_PATH | O_CLOEXEC,
                                    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV),
                        &o, e);
        return s->program >= 0;
    }
    return take_tree(&s->program, s->detached_program, &o, e) &&
           tree_restrict(s->program, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, e);
}

static bool map_tree(int *tree, const struct host_object *o, int userns, struct error *e)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

    if (o->fd < 0)
        return true;
    *tree = copy_tree(o, e);
    if (*tree < 0)
        return false;
    if (sys_mount_setattr(*tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot map the owner of '%s' to the sandbox's user",
                    text_show(o->path));
        return host_hint(OBSTACLE_IDMAP, e);
    }
    return true;
}

/* The cache is closed to everybody but its owner; in the tree itself all may read all. A program of
 * the host may lie where root alone can come to it as well. */
static bool detach(struct sandbox *s, struct error *e)
{
    struct host_object program;

    if (s->plan->provided.root != NULL &&
        (s->detached_rootfs = copy_tree(&s->plan->derived.rootfs, e)) < 0)
        return false;
    if (!describe_program(s, &program, e))
        return false;
    return program.path == NULL || !world_is_outside(s->plan, program.path) ||
           (s->detached_program = copy_tree(&program, e)) >= 0;
}

bool trees_prepare(struct sandbox *s, struct error *e)
{
    const struct derived *r = &s->plan->derived;
    int userns;
    bool ok;

    s->idmapped_in = s->idmapped_out = s->detached_rootfs = s->detached_program = -1;
    if (!s->privileged)
        return true;
    if (!detach(s, e))
        return false;
    if (r->in.fd < 0 && r->out.fd < 0)
        return true;
    userns = ids_namespace(0, 0, s->host_uid, s->host_gid, e);
    if (userns < 0)
        return false;
    ok = map_tree(&s->idmapped_in, &r->in, userns, e) &&
         map_tree(&s->idmapped_out, &r->out, userns, e);
    io_close(&userns);
    return ok;
}

void trees_close(struct sandbox *s)
{
    io_close(&s->idmapped_in);
    io_close(&s->idmapped_out);
    io_close(&s->detached_rootfs);
    io_close(&s->detached_program);
}
