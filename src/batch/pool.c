/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/signals.h"
#include "base/sys.h"

#define TICK_MS 100

struct job {
    pid_t pid; /* 0: none */
    int pidfd;
    int report;
    size_t index;
    struct timespec start;
};

/* One that has ended and waits for a keeper, or has one. */
struct ended {
    struct pool_task task;
    struct buf report;
};

struct pool {
    const struct pool_hooks *hooks;
    void *context;
    struct job job[POOL_JOBS_MAX];
    size_t n_jobs;
    size_t running;
    struct ended ended[POOL_ENDED_MAX];
    size_t n_ended;
    size_t n_keeping;          /* the first of them: the keeper's */
    struct timespec first_end; /* of those that have none */
    pid_t keeper;              /* 0: none */
    int keeper_fd;
    int signals;
    sigset_t mask; /* the caller's */
    int stopped;   /* the signal; 0: go on */
    bool failed;   /* *e is set */
};

static bool take_signals(struct pool *p, struct error *e)
{
    sigset_t set;

    /* Ignored, as a caller may have left it, it would leave nobody to wait for. */
    signal(SIGCHLD, SIG_DFL);
    signals_to_end(&set);
    if (sigprocmask(SIG_BLOCK, &set, &p->mask) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot block the signals that end a batch");
    p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signals >= 0)
        return true;
    error_errno(e, EXIT_DENYBOX, errno, "cannot take the signals that end a batch");
    sigprocmask(SIG_SETMASK, &p->mask, NULL);
    return false;
}

/* In a child that is to die with this process, and is not to hear the terminal. */
static void become_child(struct pool *p, pid_t parent)
{
    /* Dead between the fork and this: nobody would ever be told. */
    if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0) < 0 || getppid() != parent || setpgid(0, 0) < 0)
        _exit(EXIT_DENYBOX);
    io_close(&p->signals);
    io_close(&p->keeper_fd);
    for (size_t i = 0; i < p->n_jobs; i++) {
        io_close(&p->job[i].pidfd);
        io_close(&p->job[i].report);
    }
    sigprocmask(SIG_SETMASK, &p->mask, NULL);
}

static bool start(struct pool *p, struct job *job, size_t index, struct error *e)
{
    pid_t parent = getpid();
    int ends[2];

    /* A report that does not fit is lost; a task that waited for its reader would never end. */
    if (sys_pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot make the pipe of a task");
    clock_gettime(CLOCK_MONOTONIC, &job->start);
    job->pid = sys_fork();
    if (job->pid == 0) {
        io_close(&ends[0]);
        become_child(p, parent);
        _exit(p->hooks->work(p->context, index, ends[1]));
    }
    io_close(&ends[1]);
    job->report = ends[0];
    job->index = index;
    job->pidfd = job->pid > 0 ? sys_pidfd_open(job->pid) : -1;
    if (job->pidfd >= 0) {
        p->running++;
        return true;
    }
    error_errno(e, EXIT_DENYBOX, errno, "cannot start a task");
    if (job->pid > 0) {
        kill(job->pid, SIGKILL);
        waitpid(job->pid, NULL, 0);
    }
    io_close(&job->report);
    job->pid = 0;
    return false;
}

static double since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* The exit status, or minus the signal; what nothing is known of counts as killed. */
static int wait_for(int pidfd)
{
    siginfo_t info;
    int result;

    do
        result = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return -SIGKILL;
    return info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}

/* What is the matter with one is said by the hook; the first matter ends the pool. */
static void tell(struct pool *p, struct ended *one, struct error *e)
{
    struct error own;

    one->task.report = buf_text(&one->report);
    if (!p->hooks->ended(p->context, &one->task, p->failed ? &own : e))
        p->failed = true;
    buf_free(&one->report);
}

static void finish(struct pool *p, struct job *job, struct error *e)
{
    struct ended one = {.task = {.index = job->index, .seconds = since(&job->start)}};

    one.task.status = wait_for(job->pidfd);
    if (!io_read_all(job->report, POOL_REPORT_MAX, &one.report))
        buf_free(&one.report);
    one.task.report = buf_text(&one.report);
    io_close(&job->pidfd);
    io_close(&job->report);
    job->pid = 0;
    p->running--;
    if (p->hooks->lasts == NULL || !p->hooks->lasts(p->context, &one.task)) {
        tell(p, &one, e);
        return;
    }
    if (p->n_ended == p->n_keeping)
        clock_gettime(CLOCK_MONOTONIC, &p->first_end);
    p->ended[p->n_ended++] = one;
}

/* ---------------------------------------------------------------- the keeper */

/* Milliseconds until one is due, at most `most`; 0: now. */
static int until_keeper(const struct pool *p, int most)
{
    size_t waiting = p->n_ended - p->n_keeping;
    int left;

    if (waiting == 0 || p->keeper != 0)
        return most;
    if (waiting >= POOL_KEEP_MANY || p->running == 0)
        return 0;
    left = POOL_KEEP_MS - (int)(since(&p->first_end) * 1000);
    return left < 0 ? 0 : left < most ? left : most;
}

/* They were kept, or failed to be by that errno. */
static void tell_kept(struct pool *p, int unkept, struct error *e)
{
    size_t n = p->n_keeping;

    for (size_t i = 0; i < n; i++) {
        p->ended[i].task.kept = unkept == 0;
        p->ended[i].task.unkept = unkept;
        tell(p, &p->ended[i], e);
    }
    p->n_ended -= n;
    p->n_keeping = 0;
    memmove(p->ended, p->ended + n, p->n_ended * sizeof p->ended[0]);
    clock_gettime(CLOCK_MONOTONIC, &p->first_end);
}

static void start_keeper(struct pool *p, struct error *e)
{
    pid_t parent = getpid();

    p->n_keeping = p->n_ended;
    p->keeper = sys_fork();
    if (p->keeper == 0) {
        become_child(p, parent);
        _exit(p->hooks->keep(p->context));
    }
    p->keeper_fd = p->keeper > 0 ? sys_pidfd_open(p->keeper) : -1;
    if (p->keeper_fd >= 0)
        return;
    tell_kept(p, errno, e);
    if (p->keeper > 0) {
        kill(p->keeper, SIGKILL);
        waitpid(p->keeper, NULL, 0);
    }
    p->keeper = 0;
}

static void end_keeper(struct pool *p, struct error *e)
{
    int status = wait_for(p->keeper_fd);

    io_close(&p->keeper_fd);
    p->keeper = 0;
    tell_kept(p, status < 0 ? EINTR : status, e);
}

/* ---------------------------------------------------------------- waiting */

static void kill_all(struct pool *p)
{
    for (size_t i = 0; i < p->n_jobs; i++) {
        if (p->job[i].pid > 0)
            sys_pidfd_send_signal(p->job[i].pidfd, SIGKILL);
    }
    if (p->keeper > 0)
        sys_pidfd_send_signal(p->keeper_fd, SIGKILL);
}

static void take_signal(struct pool *p)
{
    struct signalfd_siginfo info;
    bool again = p->stopped != 0;

    if (read(p->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (again)
        kill_all(p);
    else
        p->stopped = (int)info.ssi_signo;
    p->hooks->stopping(p->context, p->running, again);
}

static bool wait_for_some(struct pool *p, struct error *e)
{
    struct pollfd fds[POOL_JOBS_MAX + 2];
    struct pollfd *signals = &fds[p->n_jobs];
    struct pollfd *keeper = &fds[p->n_jobs + 1];

    for (size_t i = 0; i < p->n_jobs; i++)
        fds[i] = (struct pollfd){.fd = p->job[i].pidfd, .events = POLLIN};
    *signals = (struct pollfd){.fd = p->signals, .events = POLLIN};
    *keeper = (struct pollfd){.fd = p->keeper_fd, .events = POLLIN};
    if (poll(fds, p->n_jobs + 2, until_keeper(p, TICK_MS)) < 0 && errno != EINTR)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot wait for the tasks");
    if (signals->revents != 0)
        take_signal(p);
    if (p->keeper > 0 && keeper->revents != 0)
        end_keeper(p, e);
    for (size_t i = 0; i < p->n_jobs; i++) {
        if (p->job[i].pid > 0 && fds[i].revents != 0)
            finish(p, &p->job[i], e);
    }
    if (until_keeper(p, TICK_MS) == 0)
        start_keeper(p, e);
    p->hooks->tick(p->context, p->running);
    return true;
}

/* Each that runs may have to wait for a keeper when it ends. */
static bool may_start(const struct pool *p)
{
    return p->stopped == 0 && !p->failed && p->n_ended + p->running < POOL_ENDED_MAX;
}

static void loop(struct pool *p, size_t n, struct error *e)
{
    size_t next = 0;

    for (;;) {
        for (size_t i = 0; i < p->n_jobs && next < n && may_start(p); i++) {
            if (p->job[i].pid == 0 && !start(p, &p->job[i], next++, e))
                p->failed = true;
        }
        if (p->running == 0 && p->n_ended == 0)
            return;
        if (!wait_for_some(p, e)) {
            p->failed = true;
            kill_all(p);
        }
    }
}

bool pool_run(size_t n, size_t jobs, const struct pool_hooks *hooks, void *context,
              int *interrupted, struct error *e)
{
    static struct pool p;

    p = (struct pool){
        .hooks = hooks,
        .context = context,
        .n_jobs = jobs < POOL_JOBS_MAX ? jobs : POOL_JOBS_MAX,
        .keeper_fd = -1,
    };
    for (size_t i = 0; i < POOL_JOBS_MAX; i++)
        p.job[i].pidfd = p.job[i].report = -1;
    *interrupted = 0;
    if (!take_signals(&p, e))
        return false;
    loop(&p, n, e);
    *interrupted = p.stopped;
    io_close(&p.signals);
    sigprocmask(SIG_SETMASK, &p.mask, NULL);
    return !p.failed;
}
