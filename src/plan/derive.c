/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/derive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan/cgroup.h"
#include "plan/object.h"
#include "plan/outplace.h"
#include "plan/overlap.h"
#include "plan/payload.h"

/* It would show the payload everything; an overlay of it cannot be made, and what is mounted in it
 * would be more rows than the mount table has. */
static bool refuse_host_root(const struct host_object *o, const char *option, const char *hint,
                             struct error *e)
{
    struct stat st;

    if (o->fd < 0 || fstatat(AT_FDCWD, "/", &st, 0) < 0 || st.st_dev != o->dev ||
        st.st_ino != o->ino)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': it is the host's own root", option,
              text_show(o->path));
    return error_hint(e, "%s", hint);
}

/* It has the processes of the host, and the payload among them: by its own directory there it would
 * come to its program and to what is open at 0, 1 and 2 on the host's mounts, as by no other. */
static bool refuse_host_proc(const struct host_object *o, const char *option, struct error *e)
{
    if (o->fd < 0 || !o->directory || !io_is_on(o->fd, PROC_SUPER_MAGIC))
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': it shows the processes of the host", option,
              text_show(o->path));
    return error_hint(e, "--proc mounts a /proc with those of the sandbox alone");
}

/* A root of the cache was found by descriptor, and is looked up by its path: whoever can write to a
 * directory above the cache could have put another in its place. */
static bool refuse_another_root(const struct plan *plan, struct error *e)
{
    const struct host_object *root = &plan->derived.rootfs;
    struct stat st;

    if (plan->declared.rootfs != NULL || plan->provided.lock < 0)
        return true;
    if (fstatat(plan->provided.lock, PROVIDED_ROOT, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the root in the cache");
    if (st.st_dev == root->dev && st.st_ino == root->ino)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use '%s' of the cache: it was replaced meanwhile",
              text_show(root->path));
    return error_hint(e, "see who can write to the directories above it");
}

static bool open_root(struct plan *plan, struct error *e)
{
    const char *root = plan->declared.rootfs != NULL ? plan->declared.rootfs : plan->provided.root;
    struct host_object *o = &plan->derived.rootfs;

    return root == NULL ||
           (object_open(o, "rootfs", root, true, e) && refuse_another_root(plan, e) &&
            object_access(o, "rootfs", R_OK | X_OK, e) &&
            refuse_host_root(o, "rootfs",
                             "make a root that holds what the payload needs: "
                             "denybox pack -o DIR COMMAND",
                             e));
}

static bool open_binds(struct plan *plan, struct error *e)
{
    const struct declared *d = &plan->declared;
    struct derived *r = &plan->derived;

    if (d->n_binds == 0)
        return true;
    r->binds = calloc(d->n_binds, sizeof *r->binds);
    if (r->binds == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot note --ro-bind: out of memory");
    for (size_t i = 0; i < d->n_binds; i++)
        r->binds[i].fd = -1;
    for (size_t i = 0; i < d->n_binds; i++) {
        if (!object_open(&r->binds[i], "ro-bind", d->binds[i].source, false, e) ||
            !refuse_host_proc(&r->binds[i], "ro-bind", e))
            return false;
    }
    return true;
}

static bool open_in_and_out(struct plan *plan, struct error *e)
{
    const struct declared *d = &plan->declared;
    struct derived *r = &plan->derived;

    if (d->in != NULL && !object_open(&r->in, "in", d->in, true, e))
        return false;
    if (d->out_size != 0 ? !outplace_find(d, &r->place, e)
                         : d->out != NULL && !object_open(&r->out, "out", d->out, true, e))
        return false;
    return object_access(&r->in, "in", R_OK | X_OK, e) &&
           object_access(&r->out, "out", R_OK | W_OK | X_OK, e);
}

/* The bundle must be where the payload cannot write, and must not replace anything. */
static bool find_evidence_place(struct plan *plan, struct error *e)
{
    struct derived *r = &plan->derived;
    const char *path = plan->declared.evidence;
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    char directory[4096];
    struct host_object place = {.fd = -1};

    if (path == NULL)
        return true;
    r->evidence_name = slash != NULL ? slash + 1 : path;
    if (r->evidence_name[0] == '\0' || strcmp(r->evidence_name, ".") == 0 ||
        strcmp(r->evidence_name, "..") == 0)
        return error_set(e, EXIT_DENYBOX, "cannot use --evidence '%s': want the name of a file",
                         text_show(path));
    snprintf(directory, sizeof directory, "%.*s", (int)(r->evidence_name - path), path);
    if (!object_open(&place, "evidence", slash != NULL ? directory : ".", true, e))
        return false;
    r->evidence_dir = place.fd;
    if (faccessat(place.fd, r->evidence_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --evidence '%s': it exists", text_show(path));
        return error_hint(e, "evidence is never overwritten; choose another name or move it away");
    }
    if (faccessat(place.fd, ".", W_OK, AT_EACCESS) < 0) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot write --evidence '%s'", text_show(path));
        return error_hint(e, "name a file in a directory that you may write to");
    }
    place.path = path;
    return outplace_refuse_evidence(&r->place, &place, r->evidence_name, e) &&
           overlap_refuse_inside(&place, "--evidence", &r->out, "--out", e);
}

static void note_deviations(struct plan *plan)
{
    const struct declared *d = &plan->declared;

    plan->derived.deviations = (d->n_binds != 0 ? DEVIATION_RO_BIND : 0U) |
                               (d->proc ? DEVIATION_PROC : 0U) | (d->dev ? DEVIATION_DEV : 0U) |
                               (d->allow_exec ? DEVIATION_ALLOW_EXEC : 0U);
}

static bool choose_profile(struct plan *plan, struct error *e)
{
    const char *name = plan->declared.seccomp;
    size_t length = strlen(name);

    plan->derived.profile = "strict";
    if (strcmp(name, "targeted") == 0)
        plan->derived.profile = "targeted";
    if (strcmp(name, "targeted") == 0 || strcmp(name, "strict") == 0)
        return true;
    if (length < 6 || strcmp(name + length - 5, ".json") != 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --seccomp '%s': no such profile", text_show(name));
        return error_hint(e, "the profiles are strict and targeted; a file's name ends in .json");
    }
    plan->derived.stacked_json = name;
    return true;
}

static bool check_places(const struct plan *plan, struct error *e)
{
    const struct derived *r = &plan->derived;

    if (!refuse_host_root(&r->in, "in", "give the directory that holds what is to be read", e) ||
        !refuse_host_proc(&r->in, "in", e) || !refuse_host_proc(&r->rootfs, "rootfs", e) ||
        !refuse_host_root(&r->out, "out", "give a directory for the results alone", e) ||
        !overlap_refuse(&r->in, "--in", &r->out, "--out", e) ||
        !overlap_refuse(&r->rootfs, "--rootfs", &r->out, "--out", e) ||
        !outplace_refuse(&r->place, &r->in, "--in", e) ||
        !outplace_refuse(&r->place, &r->rootfs, "--rootfs", e))
        return false;
    for (size_t i = 0; i < plan->declared.n_binds; i++) {
        if (!overlap_refuse(&r->binds[i], "--ro-bind", &r->out, "--out", e) ||
            !outplace_refuse(&r->place, &r->binds[i], "--ro-bind", e))
            return false;
    }
    return true;
}

bool plan_possible(struct error *e)
{
    if (sys_openat2_form() < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot open any path by openat2");
    /* A file is opened by what /proc has of its handle: io_open_file. */
    if (access("/proc/self/fd", F_OK) < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot open any file by /proc/self/fd");
    return true;
}

bool plan_derive_places(struct plan *plan, struct error *e)
{
    return outplace_options(&plan->declared, e) && open_in_and_out(plan, e) &&
           check_places(plan, e) && plan_find_cgroup(plan, e) && find_evidence_place(plan, e);
}

static bool check_time(const struct declared *d, struct error *e)
{
    if (d->kill_after == 0 || d->timeout != 0)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --kill-after without --timeout");
    return error_hint(e, "give --timeout DURATION; --kill-after counts from its end");
}

/* Does who reads from `fd` read from this one of the payload's too? The same pipe, socket or file
 * may have several numbers, and a terminal several names; another device, as /dev/null, has no
 * reader. */
static bool has_reader_of(int own, int fd, const struct stat *status)
{
    struct stat st;

    if (S_ISCHR(status->st_mode))
        return isatty(fd) && isatty(own);
    return sys_fstat(own, &st) == 0 && st.st_dev == status->st_dev && st.st_ino == status->st_ino;
}

/* What the payload writes to, it can write such lines to. */
static bool check_status(const struct plan *plan, struct error *e)
{
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    int fd = (int)plan->declared.status_fd;
    struct stat status;
    int flags;

    if (fd < 0)
        return true;
    flags = sys_fcntl(fd, F_GETFL, 0);
    if (flags < 0 || sys_fstat(fd, &status) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at --json-status-fd %d", fd);
    for (int i = 0; plan->command != COMMAND_ATTEST && i < 3; i++) {
        if (fd != i && !has_reader_of(i, fd, &status))
            continue;
        error_set(e, EXIT_DENYBOX,
                  "cannot use --json-status-fd %d: it is the payload's %s too, which could write "
                  "such lines itself",
                  fd, names[i]);
        return error_hint(e, "give it one of its own, as in: --json-status-fd 3 3>FILE");
    }
    if ((flags & O_ACCMODE) != O_RDONLY)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --json-status-fd %d: it is not open for writing", fd);
    return error_hint(e, "as in: --json-status-fd 3 3>FILE");
}

/* By its own name for a file in the directory of --out the payload could write such lines as well.
 * What has no name, or none that leads anywhere from here, it does not come to. */
static bool refuse_status_in_out(const struct plan *plan, struct error *e)
{
    int fd = (int)plan->declared.status_fd;
    struct host_object above = {.fd = -1, .directory = true};
    char path[PATH_MAX];
    char *slash;
    struct stat st;
    bool ok = true;

    if (fd < 0 || plan->derived.out.fd < 0 || plan->command == COMMAND_ATTEST ||
        !io_place_of(fd, path, sizeof path) || path[0] != '/')
        return true;
    slash = strrchr(path, '/');
    slash[slash == path] = '\0';
    above.fd = sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (above.fd >= 0 && sys_fstat(above.fd, &st) == 0) {
        above.path = path;
        above.dev = st.st_dev;
        above.ino = st.st_ino;
        ok = overlap_refuse_inside(&above, "the file", &plan->derived.out, "--out", e);
    }
    io_close(&above.fd);
    if (ok)
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot use --json-status-fd %d: it is a file in --out '%s', where the payload could "
              "write such lines itself",
              fd, text_show(plan->derived.out.path));
    return error_hint(e, "as in: --json-status-fd 3 3>FILE, with a FILE elsewhere");
}

/* Of a batch, whose places are those of each input: what would be wrong with all of them alike. */
static bool derive_for_all(struct plan *plan, struct error *e)
{
    const struct declared *d = &plan->declared;

    return (d->out_each == NULL || outplace_options(d, e)) && plan_find_cgroup(plan, e);
}

bool plan_derive(struct plan *plan, struct error *e)
{
    if (!choose_profile(plan, e) || !check_time(&plan->declared, e) || !check_status(plan, e) ||
        !open_root(plan, e) || !open_binds(plan, e) ||
        !(plan->command == COMMAND_BATCH ? derive_for_all(plan, e) : plan_derive_places(plan, e)) ||
        !refuse_status_in_out(plan, e))
        return false;
    note_deviations(plan);
    if (plan->command == COMMAND_ATTEST) {
        if (plan->declared.n_command == 0)
            return true;
        error_set(e, EXIT_DENYBOX, "cannot attest '%s': attest runs no payload",
                  text_show(plan->declared.command[0]));
        return error_hint(e, "denybox run starts it, in a sandbox that is proved as well");
    }
    if (plan->declared.n_command == 0) {
        error_set(e, EXIT_DENYBOX, "cannot run: no command given");
        return error_hint(e, plan->command == COMMAND_BATCH
                                 ? "denybox batch --in-each DIR --out-each DIR -- COMMAND [ARG...]"
                                 : "denybox run --in DIR --out DIR -- COMMAND [ARG...]");
    }
    return payload_find(plan, e);
}
