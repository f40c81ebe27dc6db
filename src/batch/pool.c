/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

struct pool {
    const struct pool_hooks *hooks;
    void *context;
    struct job job[POOL_JOBS_MAX];
    size_t n_jobs;
    size_t running;
    int signals;
    sigset_t mask; /* the caller's */
    int stopped;   /* the signal; 0: go on */
    bool failed;   /* *e is set */
};

static bool take_signals(struct pool *p, struct error *e)
{
    sigset_t set;

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

static void run_task(struct pool *p, size_t index, int report, pid_t parent)
    __attribute__((noreturn));

static void run_task(struct pool *p, size_t index, int report, pid_t parent)
{
    /* Dead between the fork and this: nobody would ever be told. */
    if (sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0) < 0 || getppid() != parent || setpgid(0, 0) < 0)
        _exit(EXIT_DENYBOX);
    io_close(&p->signals);
    for (size_t i = 0; i < p->n_jobs; i++) {
        io_close(&p->job[i].pidfd);
        io_close(&p->job[i].report);
    }
    sigprocmask(SIG_SETMASK, &p->mask, NULL);
    _exit(p->hooks->work(p->context, index, report));
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
        run_task(p, index, ends[1], parent);
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

/* One has ended. What is the matter with one is said by `ended`; the first matter ends the pool. */
static void finish(struct pool *p, struct job *job, struct error *e)
{
    struct buf report = {0};
    struct error own;
    struct pool_task task = {.index = job->index, .seconds = since(&job->start)};
    siginfo_t info;

    while (waitid(P_PIDFD, (id_t)job->pidfd, &info, WEXITED) < 0 && errno == EINTR)
        continue;
    task.status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    if (!io_read_all(job->report, POOL_REPORT_MAX, &report))
        buf_free(&report);
    task.report = buf_text(&report);
    io_close(&job->pidfd);
    io_close(&job->report);
    job->pid = 0;
    p->running--;
    if (!p->hooks->ended(p->context, &task, p->failed ? &own : e))
        p->failed = true;
    buf_free(&report);
}

static void kill_all(struct pool *p)
{
    for (size_t i = 0; i < p->n_jobs; i++) {
        if (p->job[i].pid > 0)
            sys_pidfd_send_signal(p->job[i].pidfd, SIGKILL);
    }
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
    struct pollfd fds[POOL_JOBS_MAX + 1];

    for (size_t i = 0; i < p->n_jobs; i++)
        fds[i] = (struct pollfd){.fd = p->job[i].pidfd, .events = POLLIN};
    fds[p->n_jobs] = (struct pollfd){.fd = p->signals, .events = POLLIN};
    if (poll(fds, p->n_jobs + 1, TICK_MS) < 0 && errno != EINTR)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot wait for the tasks");
    if (fds[p->n_jobs].revents != 0)
        take_signal(p);
    for (size_t i = 0; i < p->n_jobs; i++) {
        if (p->job[i].pid > 0 && fds[i].revents != 0)
            finish(p, &p->job[i], e);
    }
    p->hooks->tick(p->context, p->running);
    return true;
}

static void loop(struct pool *p, size_t n, struct error *e)
{
    size_t next = 0;

    for (;;) {
        bool more = next < n && p->stopped == 0 && !p->failed;

        for (size_t i = 0; more && i < p->n_jobs && next < n; i++) {
            if (p->job[i].pid == 0 && !start(p, &p->job[i], next++, e)) {
                p->failed = true;
                break;
            }
        }
        if (p->running == 0)
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
