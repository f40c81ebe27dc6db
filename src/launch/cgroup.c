/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "launch/controllers.h"
#include "plan/cgroup.h"

/* How long to wait for a launcher that is about to end. */
#define ENDING_TRIES 20
#define ENDING_MS 10

/* "+memory +pids": the set in words, each with `sign` before it. Returns `out`. */
static char *words(char out[64], const char *sign, unsigned set)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < N_CONTROLLERS; i++) {
        if ((set & CONTROLLER_BIT(i)) != 0)
            used += (size_t)snprintf(out + used, 64 - used, "%s%s%s", used == 0 ? "" : " ", sign,
                                     controller_name((enum controller)i));
    }
    return out;
}

static bool refuse(const struct plan *plan, const char *what, struct error *e)
{
    const char *named = plan->derived.cgroup.path;

    if (named == NULL) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot %s in the cgroup that was found", what);
        return error_hint(e, "--cgroup off holds the limits without one");
    }
    return error_errno(e, EXIT_DENYBOX, errno, "cannot %s in --cgroup '%s'", what,
                       text_show(named));
}

/* All three are wanted of a directory that was named. */
static bool take_named(struct cgroup *c, const struct plan *plan, struct error *e)
{
    char missing[64];

    c->place = sys_openat(plan->derived.cgroup.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (c->place < 0)
        return refuse(plan, "read what is", e);
    c->controllers = controllers_of(c->place, "cgroup.controllers");
    if (c->controllers == CONTROLLERS_ALL)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --cgroup '%s': it has not the controllers %s",
              text_show(plan->derived.cgroup.path),
              words(missing, "", CONTROLLERS_ALL & ~c->controllers));
    return error_hint(e,
                      "whoever delegated it has to write '%s' into the cgroup.subtree_control "
                      "above it; of systemd: Delegate=yes",
                      words(missing, "+", CONTROLLERS_ALL & ~c->controllers));
}

/* Nothing to be had is no error. */
static void take_found(struct cgroup *c, const struct plan *plan, int proc)
{
    int mount = delegation_mount();
    struct delegation d = {.fd = -1};
    struct stat st;

    if (mount >= 0 && delegation_find(proc, mount, &d) && sys_fstat(d.fd, &st) == 0 &&
        plan_shows(plan, st.st_dev) == NULL) {
        c->place = d.fd;
        c->controllers = d.controllers;
        d.fd = -1;
    }
    io_close(&d.fd);
    io_close(&mount);
}

/* Out of the way: see cgroup.h. */
static bool move_home(struct cgroup *c, const struct plan *plan, struct error *e)
{
    if (!cgroup_make(c->place, &c->home) || !io_write_file(c->home.fd, "cgroup.procs", "0"))
        return refuse(plan, "make a cgroup for denybox itself", e);
    return true;
}

/* Makes the controllers work in what is made in the place. */
static bool enable(struct cgroup *c, const struct plan *plan, struct error *e)
{
    unsigned wanted = c->controllers & ~controllers_of(c->place, "cgroup.subtree_control");
    char text[64];
    char what[96];

    if (wanted == 0)
        return true;
    if (cgroup_alone(c->place) && !move_home(c, plan, e))
        return false;
    for (int i = 0; i < ENDING_TRIES; i++) {
        if (io_write_file(c->place, "cgroup.subtree_control", words(text, "+", wanted))) {
            c->enabled = wanted;
            return true;
        }
        /* Another launcher that has come back from its home may be about to end. */
        if (errno != EBUSY || poll(NULL, 0, ENDING_MS) != 0)
            break;
    }
    snprintf(what, sizeof what, "enable the controllers %s", words(text, "", wanted));
    if (errno != EBUSY)
        return refuse(plan, what, e);
    refuse(plan, what, e);
    return error_hint(e,
                      "other processes are in it, and the kernel wants them in a cgroup of their "
                      "own beneath it: name an empty one, or systemd-run --user --scope -p "
                      "Delegate=yes denybox ...");
}

bool cgroup_settle(struct cgroup *c, const struct plan *plan, int proc, struct error *e)
{
    if (plan->derived.cgroup.fd >= 0) {
        if (!take_named(c, plan, e))
            return false;
    } else if (strcmp(plan->declared.cgroup, CGROUP_AUTO) == 0) {
        take_found(c, plan, proc);
    }
    if (c->place < 0)
        return true;
    if (!place_enter(c->place)) {
        bool kept = errno == EWOULDBLOCK;

        refuse(plan, "take the lock", e);
        return kept ? error_hint(e, "another process keeps it for itself: lslocks shows which")
                    : false;
    }
    cgroup_sweep(c->place);
    return enable(c, plan, e);
}

bool cgroup_open(struct cgroup *c, const struct plan *plan, int proc, struct error *e)
{
    if (!cgroup_settle(c, plan, proc, e))
        return false;
    if (c->place < 0)
        return true;
    if (!cgroup_make(c->place, &c->box))
        return refuse(plan, "make a cgroup", e);
    return controllers_set(c->box.fd, c->controllers, &plan->declared, e);
}

bool cgroup_refused(const struct plan *plan, int number, struct error *e)
{
    if (number != EACCES && number != EBUSY && number != ENODEV && number != EOPNOTSUPP)
        return false;
    errno = number;
    refuse(plan, "start the sandbox", e);
    if (number == EACCES && plan->derived.cgroup.path != NULL)
        error_hint(e, "the kernel moves nobody who starts outside of what is delegated: start "
                      "denybox in a cgroup beneath the same one, or systemd-run --user --scope -p "
                      "Delegate=yes denybox ...");
    return true;
}

bool cgroup_has(const struct cgroup *c, int proc, pid_t pid)
{
    struct buf b = {0};
    char file[32];
    char path[4096];
    const char *slash = NULL;
    bool same;

    snprintf(file, sizeof file, "%d/cgroup", (int)pid);
    if (io_read_file(proc, file, 1U << 16, &b) &&
        cgroup_line(buf_text(&b), HIERARCHY_V2, path, sizeof path))
        slash = strrchr(path, '/');
    same = slash != NULL && strcmp(slash + 1, c->box.name) == 0;
    buf_free(&b);
    return same;
}

bool cgroup_dies_first(const struct cgroup *c, int proc, pid_t pid)
{
    struct buf own = {0};
    char file[32];
    bool known = c->box.fd >= 0 || io_read_file(proc, "self/oom_score_adj", 16, &own);
    bool spared = known && buf_text(&own)[0] == '-';

    buf_free(&own);
    snprintf(file, sizeof file, "%d/oom_score_adj", (int)pid);
    if (c->box.fd < 0 && !spared)
        return known;
    return io_write_file(proc, file, spared ? "0" : "1000");
}

void cgroup_events(const struct cgroup *c, struct events *events)
{
    *events = (struct events){-1, -1};
    if (c->box.fd < 0)
        return;
    if ((c->controllers & CONTROLLER_BIT(CONTROLLER_MEMORY)) != 0)
        events->oom_kills = controller_event(c->box.fd, "memory.events", "oom_kill");
    if ((c->controllers & CONTROLLER_BIT(CONTROLLER_PIDS)) != 0)
        events->pids_refused = controller_event(c->box.fd, "pids.events", "max");
}

const char *cgroup_lost(const struct cgroup *c, const struct declared *d)
{
    for (int i = 0; c->box.fd >= 0 && i < N_CONTROLLERS; i++) {
        if ((c->controllers & CONTROLLER_BIT(i)) != 0 &&
            !controller_holds(c->box.fd, (enum controller)i, d))
            return controller_name((enum controller)i);
    }
    return NULL;
}

/* Back to where it was found, which takes the controllers away from there first: only when nobody
 * else is in the place, whose walls they would be. Who stays at home instead leaves an empty cgroup
 * there by ending, and the next launcher sweeps it. */
static void leave_home(struct cgroup *c)
{
    char text[64];

    if (!place_leave(c->place))
        return;
    if (c->enabled != 0)
        io_write_file(c->place, "cgroup.subtree_control", words(text, "-", c->enabled));
    if (io_write_file(c->place, "cgroup.procs", "0"))
        cgroup_remove(c->place, &c->home);
}

bool cgroup_close(struct cgroup *c)
{
    bool gone = c->box.fd < 0 || cgroup_remove(c->place, &c->box);

    if (c->home.fd >= 0)
        leave_home(c);
    io_close(&c->box.fd);
    io_close(&c->home.fd);
    io_close(&c->place);
    return gone;
}
