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

/*
 * A copy of the tree at o->path, in this mount namespace. The launcher's descriptor cannot be used:
 * it refers to a mount of the host's namespace, which open_tree(2) refuses to copy into another
 * (EINVAL). So the path is looked up a second time, and what is found must be the device and inode
 * that the launcher checked: swapped in between is refused. Returns the tree, or -1 and *e.
 */
static int copy_tree(const struct host_object *o, struct error *e)
{
    struct stat st;
    int tree = sys_open_tree(AT_FDCWD, o->path, CLONE_TREE);

    if (tree < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot take '%s' into the sandbox",
                    text_show(o->path));
        return -1;
    }
    if (sys_fstat(tree, &st) < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot look at '%s' in the sandbox",
                    text_show(o->path));
        io_close(&tree);
    } else if (st.st_dev != o->dev || st.st_ino != o->ino) {
        error_set(e, EXIT_BLOCKED, "cannot take '%s' into the sandbox: it was replaced meanwhile",
                  text_show(o->path));
        io_close(&tree);
    }
    return tree;
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

bool trees_prepare(struct sandbox *s, struct error *e)
{
    const struct derived *r = &s->plan->derived;
    int userns;
    bool ok;

    s->idmapped_in = s->idmapped_out = s->detached_rootfs = -1;
    if (!s->privileged)
        return true;
    /* The cache is closed to everybody but its owner; in the tree itself all may read all. */
    if (s->plan->provided.root != NULL) {
        s->detached_rootfs = copy_tree(&r->rootfs, e);
        if (s->detached_rootfs < 0)
            return false;
    }
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
}
