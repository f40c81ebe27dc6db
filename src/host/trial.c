/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"

/* All that is tried takes milliseconds; a child that is stuck in the kernel is given up. */
#define PATIENCE_MS 10000

/* As in the sandbox: an id that exists nowhere else. */
#define INSIDE_ID 65532U

static bool refuse(struct trial *t, int number, int namespaces)
{
    t->number = number != 0 ? number : EIO;
    t->filtered = call_filtered(t->call, namespaces);
    /* Nothing to unshare is granted to everybody. */
    t->whole = t->call == CALL_UNSHARE && sys_unshare(0) < 0;
    return false;
}

/* One write, from outside, as the launcher does it. */
static bool write_map(const struct host *h, pid_t pid, const char *name, const char *text)
{
    char path[64];
    int fd;
    bool ok;

    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    fd = sys_openat(h->proc, path, O_WRONLY | O_CLOEXEC, 0);
    ok = fd >= 0 && sys_write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    io_close(&fd);
    return ok;
}

static bool map_ids(const struct host *h, const struct facts *f, pid_t pid)
{
    char uid[64];
    char gid[64];

    snprintf(uid, sizeof uid, "%u %u 1\n", INSIDE_ID, f->maps_others ? INSIDE_ID : geteuid());
    snprintf(gid, sizeof gid, "%u %u 1\n", INSIDE_ID, f->maps_others ? INSIDE_ID : getegid());
    return (f->maps_others || write_map(h, pid, "setgroups", "deny")) &&
           write_map(h, pid, "uid_map", uid) && write_map(h, pid, "gid_map", gid);
}

/* The child's half: asks for its maps and waits until they are there. */
static bool wait_for_map(int socket, struct trial *t)
{
    int answer = EIO;

    t->call = CALL_MAP;
    if (sys_write(socket, &answer, sizeof answer) == (ssize_t)sizeof answer &&
        sys_read(socket, &answer, sizeof answer) == (ssize_t)sizeof answer)
        errno = answer;
    return answer == 0;
}

/* Which of several kinds is refused shows when each is made by itself; in this order. */
static bool unshare_each(int namespaces, struct trial *t)
{
    t->call = CALL_UNSHARE;
    for (int i = 0; i < N_NAMESPACES; i++) {
        t->kind = (enum namespace_kind)i;
        if ((namespaces & namespace_flag(t->kind)) != 0 && sys_unshare(namespace_flag(t->kind)) < 0)
            return refuse(t, errno, namespace_flag(t->kind));
    }
    t->in_namespaces = true;
    return true;
}

static bool become_user(const struct facts *f, struct trial *t)
{
    t->call = CALL_MAP;
    return !f->maps_others || (sys_setgroups_none() == 0 && sys_setresgid(INSIDE_ID) == 0 &&
                               sys_setresuid(INSIDE_ID) == 0);
}

static void operate(int namespaces, trial_operation operation, struct trial *t)
{
    /* Changing ids has forgotten it: prctl(2). */
    sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
    t->call = CALL_NONE;
    t->ended = operation(t) || (refuse(t, errno, namespaces), true);
}

/* Waits for a child of the child, and tells of its end as of one's own. */
static void stand_for(pid_t child, struct trial *t)
{
    siginfo_t info = {0};

    if (child < 0) {
        refuse(t, errno, 0);
        t->ended = true;
        return;
    }
    sys_waitid(P_PID, (id_t)child, &info, WEXITED, NULL);
    t->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
}

/* What is left of `namespaces` is made here; then the maps, the user, and the operation: in a child
 * of its own where it has to be inside a pid namespace that was made here. */
static void act(int socket, const struct facts *f, int namespaces, trial_operation operation,
                struct trial *t)
{
    bool ok = unshare_each(namespaces, t);
    pid_t child = 0;

    if (ok && !(wait_for_map(socket, t) && become_user(f, t)))
        ok = refuse(t, errno, 0);
    t->ended = !ok;
    if (ok && (namespaces & CLONE_NEWPID) != 0) {
        t->call = CALL_FORK;
        child = sys_fork();
    }
    if (child != 0)
        stand_for(child, t);
    else if (ok)
        operate(namespaces, operation, t);
}

/*
 * As a launch does it: all of them at once by clone3, and the network by unshare. Where that is
 * refused, one after the other tells which is; and without clone3, which has a row of its own, the
 * others are found all the same. The kernel writes t->pid before the child runs.
 */
static void act_in_namespaces(int socket, const struct facts *f, int namespaces,
                              trial_operation operation, struct trial *t)
{
    struct clone_args args = {
        .flags = (uint64_t)(namespaces & ~CLONE_NEWNET) | CLONE_PARENT_SETTID,
        .parent_tid = (uint64_t)(uintptr_t)&t->pid,
        .exit_signal = SIGCHLD,
    };
    pid_t child;

    t->call = CALL_CLONE3;
    child = sys_clone3(&args);
    if (child > 0) {
        stand_for(child, t);
        return;
    }
    if (child < 0)
        t->pid = getpid();
    else
        sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
    act(socket, f, child == 0 ? namespaces & CLONE_NEWNET : namespaces, operation, t);
}

static void trial_child(int socket, const struct facts *f, int namespaces,
                        trial_operation operation, struct trial *t)
{
    sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
    if (namespaces != 0)
        act_in_namespaces(socket, f, namespaces, operation, t);
    else
        operate(0, operation, t);
    _exit(0);
}

/* Waits until the child has something to say: 1, or has ended: 0. -1 when it takes too long. */
static int wait_for(int socket)
{
    struct pollfd p = {.fd = socket, .events = POLLIN};
    int request;
    int ready = sys_poll(&p, 1, PATIENCE_MS);

    while (ready < 0 && errno == EINTR)
        ready = sys_poll(&p, 1, PATIENCE_MS);
    if (ready <= 0)
        return -1;
    return sys_read(socket, &request, sizeof request) == (ssize_t)sizeof request;
}

/* Gives the child its maps when it asks for them, and waits for its end. False: it hangs. */
static bool attend(const struct host *h, const struct facts *f, int socket, const struct trial *t)
{
    int asked;

    while ((asked = wait_for(socket)) == 1) {
        int answer = map_ids(h, f, t->pid) ? 0 : errno != 0 ? errno : EIO;

        /* A child that is gone shows in the next turn. */
        (void)!sys_write(socket, &answer, sizeof answer);
    }
    return asked == 0;
}

static void end_child(pid_t child, bool hung, struct trial *t)
{
    siginfo_t info = {0};
    /* One that hangs and cannot be killed dies with this process, and is not waited for. */
    int options = WEXITED | (hung && kill(child, SIGKILL) < 0 ? WNOHANG : 0);

    while (sys_waitid(P_PID, (id_t)child, &info, options, NULL) < 0 && errno == EINTR)
        continue;
    t->hung = hung;
    if (!hung && info.si_code != 0 && info.si_code != CLD_EXITED)
        t->signal = info.si_status;
    if (!t->ended && t->number == 0)
        t->number = hung ? ETIMEDOUT : EIO;
    t->filtered = t->filtered || t->signal == SIGSYS;
}

/* The child writes into memory of both: what it was about to call is known also when it is killed
 * for it. */
static void run_child(const struct host *h, const struct facts *f, int namespaces,
                      trial_operation operation, struct trial *t)
{
    int sockets[2];
    pid_t child;
    bool hung;

    if (sys_socketpair(SOCK_STREAM, sockets) < 0) {
        refuse(t, errno, 0);
        return;
    }
    child = sys_fork();
    if (child == 0) {
        io_close(&sockets[0]);
        trial_child(sockets[1], f, namespaces, operation, t);
    }
    if (child < 0)
        refuse(t, errno, 0);
    io_close(&sockets[1]);
    if (child > 0) {
        hung = !attend(h, f, sockets[0], t);
        end_child(child, hung, t);
    }
    io_close(&sockets[0]);
}

bool trial_run(const struct host *h, const struct facts *f, int namespaces,
               trial_operation operation, struct trial *t)
{
    struct trial *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    *t = (struct trial){.call = CALL_FORK};
    if (shared == MAP_FAILED)
        return refuse(t, errno, 0);
    *shared = *t;
    run_child(h, f, namespaces, operation, shared);
    *t = *shared;
    munmap(shared, sizeof *shared);
    return t->number == 0 && t->signal == 0 && !t->hung;
}
