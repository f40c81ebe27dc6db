/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/io.h"
#include "base/sys.h"
#include "host/requirement.h"
#include "launch/weaken.h"

bool ids_choose(struct sandbox *s, struct error *e)
{
    const struct declared *d = &s->plan->declared;
    struct buf map = {0};

    s->host_uid = geteuid();
    s->host_gid = getegid();
    if (s->host_uid != 0)
        return true;
    if (!io_read_file(s->host_proc, "self/uid_map", 4096, &map)) {
        buf_free(&map);
        return error_errno(e, EXIT_BLOCKED, errno, "cannot read /proc/self/uid_map");
    }
    /* A root that is alone in its user namespace is an ordinary user of the host. */
    s->privileged = strstr(buf_text(&map), " 1\n") == NULL;
    buf_free(&map);
    if (s->privileged) {
        s->host_uid = (uid_t)d->uid;
        s->host_gid = (gid_t)d->gid;
    }
    return true;
}

bool ids_refuse_root(const struct sandbox *s, struct error *e)
{
    struct stat st;

    if (s->host_uid != 0)
        return true;
    /* /proc is that root's; where the namespace does not map it, the id shown is nobody's. */
    if (sys_fstat(s->host_proc, &st) < 0)
        return error_errno(e, EXIT_BLOCKED, errno, "cannot look at /proc of the host");
    if (st.st_uid != 0)
        return true;
    error_set(e, EXIT_BLOCKED,
              "cannot start the payload: it would be root outside of the user namespace that "
              "denybox is in");
    return host_hint(OBSTACLE_ROOT_PIDS, e);
}

static bool write_map(int proc, pid_t pid, const char *name, const char *text, struct error *e)
{
    char path[64];

    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    /* One write: the kernel takes a map whole or not at all. */
    return io_write_file(proc, path, text) ||
           error_errno(e, EXIT_BLOCKED, errno, "cannot map ids: cannot write /proc/%s", path);
}

static bool write_id_map(int proc, pid_t pid, const char *name, unsigned inside, unsigned outside,
                         struct error *e)
{
    char text[64];

    snprintf(text, sizeof text, "%u %u 1\n", inside, outside);
    return write_map(proc, pid, name, text, e);
}

/* An id inside, which a control makes root's. */
static unsigned inside_id(const struct sandbox *s, uint64_t id)
{
    return weakened(s, REMOVE_IDS) ? 0 : (unsigned)id;
}

bool ids_map(const struct sandbox *s, pid_t pid, struct error *e)
{
    const struct declared *d = &s->plan->declared;

    /* Without privilege a gid map may be written only after setgroups is denied; with it, init
     * must still drop root's groups, and denies it itself by dropping CAP_SETGID. */
    return (s->privileged || write_map(s->host_proc, pid, "setgroups", "deny", e)) &&
           write_id_map(s->host_proc, pid, "uid_map", inside_id(s, d->uid), s->host_uid, e) &&
           write_id_map(s->host_proc, pid, "gid_map", inside_id(s, d->gid), s->host_gid, e);
}

int ids_namespace(uid_t from_uid, gid_t from_gid, uid_t to_uid, gid_t to_gid, struct error *e)
{
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    int proc = sys_openat(AT_FDCWD, "/proc", O_PATH | O_CLOEXEC | O_DIRECTORY, 0);
    char path[64];
    int fd = -1;
    pid_t launcher = getpid();
    pid_t child = proc < 0 ? -1 : sys_clone3(&args);

    if (child == 0) {
        /* It only keeps the namespace alive until its descriptor is taken, and must not outlive a
         * launcher that is killed before. */
        if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0) < 0)
            _exit(EXIT_DENYBOX);
        while (getppid() == launcher)
            pause();
        _exit(EXIT_DENYBOX);
    }
    if (child < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot make a user namespace for the mounts");
        io_close(&proc);
        return -1;
    }
    if (write_id_map(proc, child, "uid_map", from_uid, to_uid, e) &&
        write_id_map(proc, child, "gid_map", from_gid, to_gid, e)) {
        snprintf(path, sizeof path, "%d/ns/user", (int)child);
        fd = sys_openat(proc, path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0)
            error_errno(e, EXIT_BLOCKED, errno, "cannot open /proc/%s", path);
    }
    /* One that cannot be killed ends with this process, and is not waited for. */
    if (kill(child, SIGKILL) == 0) {
        sys_waitid(P_PID, (id_t)child, NULL, WEXITED, NULL);
    } else {
        error_errno(e, EXIT_DENYBOX, errno, "cannot end the user namespace for the mounts");
        io_close(&fd);
    }
    io_close(&proc);
    return fd;
}

/* Only where the caller is root is there anything to change: an ordinary caller is mapped. */
bool step_take_ids(struct sandbox *s, struct error *e)
{
    const struct declared *d = &s->plan->declared;

    if (!s->privileged)
        return true;
    /* The kernel clears no capability here: uid 0 does not exist in this user namespace. */
    if (sys_setgroups_none() < 0 || sys_setresgid(inside_id(s, d->gid)) < 0 ||
        sys_setresuid(inside_id(s, d->uid)) < 0)
        return step_failed(e, "cannot become the sandbox's user");
    return true;
}
