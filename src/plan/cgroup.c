/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/cgroup.h"

#include <linux/magic.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "plan/object.h"

const char *plan_shows(const struct plan *plan, dev_t dev)
{
    const struct derived *r = &plan->derived;
    const struct {
        const struct host_object *object;
        const char *option;
    } seen[] = {{&r->in, "--in"}, {&r->out, "--out"}, {&r->rootfs, "--rootfs"}};

    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        if (seen[i].object->fd >= 0 && seen[i].object->dev == dev)
            return seen[i].option;
    }
    for (size_t i = 0; r->binds != NULL && i < plan->declared.n_binds; i++) {
        if (r->binds[i].fd >= 0 && r->binds[i].dev == dev)
            return "--ro-bind";
    }
    return NULL;
}

static bool open_place(struct plan *plan, struct error *e)
{
    struct host_object *o = &plan->derived.cgroup;
    const char *path = plan->declared.cgroup;

    bool is = object_open(o, "cgroup", path, false, e);

    if (is && o->directory && io_is_on(o->fd, CGROUP2_SUPER_MAGIC))
        return true;
    if (is)
        error_set(e, EXIT_DENYBOX, "cannot use --cgroup '%s': it is no cgroup of version 2",
                  text_show(path));
    return error_hint(e, "findmnt -t cgroup2 shows where they are; denybox check names one of the "
                         "caller's");
}

bool plan_find_cgroup(struct plan *plan, struct error *e)
{
    const char *path = plan->declared.cgroup;
    const char *option;

    if (strcmp(path, CGROUP_AUTO) == 0 || strcmp(path, CGROUP_OFF) == 0)
        return true;
    if (plan->derived.cgroup.fd < 0 && !open_place(plan, e))
        return false;
    option = plan_shows(plan, plan->derived.cgroup.dev);
    if (option == NULL)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --cgroup '%s': %s shows cgroups to the payload",
              text_show(path), option);
    return error_hint(e, "take %s from another file system", option);
}
