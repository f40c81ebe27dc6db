/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/limits.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/io.h"
#include "base/sys.h"
#include "launch/controllers.h"

/*
 * The limits as rows: which resource, and what of the plan it holds.
 * NPROC counts per user namespace since Linux 5.14, and init is one of the processes it counts.
 * CORE is 1 and not 0: where core_pattern is a pipe the kernel dumps at 0, and not at 1.
 */
struct row {
    const char *name;
    int resource;
    enum controller exact;                       /* of a cgroup, where there is one */
    uint64_t (*value)(const struct declared *d); /* as the bundle states it */
    uint64_t extra;                              /* on top of it in the kernel's number */
    const char *scope;                           /* what the kernel counts */
};

static uint64_t pids_of(const struct declared *d)
{
    return d->pids;
}

static uint64_t memory_of(const struct declared *d)
{
    return d->memory;
}

static uint64_t fsize_of(const struct declared *d)
{
    return d->fsize;
}

static uint64_t core_of(const struct declared *d)
{
    (void)d;
    return 1;
}

static uint64_t nofile_of(const struct declared *d)
{
    return d->nofile;
}

static const struct row rows[] = {
    {"pids", RLIMIT_NPROC, CONTROLLER_PIDS, pids_of, 1, "the sandbox"},
    /* Shared mappings are not counted by it: exact only with a cgroup. */
    {"memory", RLIMIT_DATA, CONTROLLER_MEMORY, memory_of, 0, "each process, private memory"},
    {"fsize", RLIMIT_FSIZE, N_CONTROLLERS, fsize_of, 0, "each file"},
    {"core", RLIMIT_CORE, N_CONTROLLERS, core_of, 0, "each process"},
    {"nofile", RLIMIT_NOFILE, N_CONTROLLERS, nofile_of, 0, "each process"},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

/*
 * A caller whose own hard limit is 0 cannot be given 1. That is as good where cores are files;
 * where core_pattern is a pipe the kernel would dump all the same (core(5)), and nothing here could
 * keep the payload's memory from that program.
 */
static bool limit_core(const struct sandbox *s, struct error *e)
{
    struct rlimit have;
    struct buf pattern = {0};
    bool pipe;

    if (getrlimit(RLIMIT_CORE, &have) == 0 && have.rlim_max > 0) {
        if (sys_setrlimit(RLIMIT_CORE, 1, 1) < 0)
            return step_failed(e, "cannot set the limit core");
        return true;
    }
    pipe = !io_read_file(s->proc, "sys/kernel/core_pattern", 4096, &pattern) ||
           buf_text(&pattern)[0] == '|';
    buf_free(&pattern);
    if (!pipe)
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot keep the payload from dumping core: the hard limit is 0, "
              "and kernel.core_pattern is a pipe, which ignores that");
    return error_hint(e, "start denybox with a hard limit of 1 or more: ulimit -H -c 1");
}

/* The caller's own stays without --fsize. With 0 the probe that writes to /out would be killed, and
 * all that could be said is that the payload-to-be is gone. */
static bool keep_fsize(const struct sandbox *s, struct error *e)
{
    struct rlimit have;

    if (s->plan->declared.fsize != FSIZE_UNSET)
        return true;
    if (getrlimit(RLIMIT_FSIZE, &have) < 0)
        return step_failed(e, "cannot read the limit on the size of files");
    if (have.rlim_cur != 0)
        return true;
    error_set(e, EXIT_DENYBOX,
              "cannot write any file: the caller's limit on the size of files is 0");
    return error_hint(e, "raise it (ulimit -f unlimited), or give --fsize SIZE");
}

/* The kernel's own default: _STK_LIM. */
#define STACK_DEFAULT (8ULL << 20)

/*
 * What grows as a stack is not counted by RLIMIT_DATA: a payload that calls itself for ever would
 * have the memory of the host where the caller's limit has no end. The soft limit stays what it is
 * where it can: glibc makes the stacks of threads as large, and those RLIMIT_DATA counts.
 */
static bool limit_stack(const struct sandbox *s, struct error *e)
{
    rlim_t most = (rlim_t)s->plan->declared.memory;
    struct rlimit have;

    if (getrlimit(RLIMIT_STACK, &have) < 0)
        return step_failed(e, "cannot read the limit on the stack");
    if (have.rlim_max <= most)
        return true;
    if (have.rlim_cur > most)
        have.rlim_cur = STACK_DEFAULT < most ? STACK_DEFAULT : most;
    if (sys_setrlimit(RLIMIT_STACK, have.rlim_cur, most) < 0)
        return step_failed(e, "cannot set the limit on the stack");
    return true;
}

bool step_limits(struct sandbox *s, struct error *e)
{
    if (!limit_core(s, e) || !keep_fsize(s, e) || !limit_stack(s, e))
        return false;
    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t value = rows[i].value(&s->plan->declared);
        rlim_t limit = (rlim_t)(value + rows[i].extra);

        /* NOFILE belongs to the seal: step_descriptors. */
        if (rows[i].resource == RLIMIT_NOFILE || rows[i].resource == RLIMIT_CORE ||
            value == FSIZE_UNSET)
            continue;
        if (sys_setrlimit(rows[i].resource, limit, limit) < 0) {
            error_errno(e, EXIT_DENYBOX, errno, "cannot set the limit %s to %llu", rows[i].name,
                        (unsigned long long)value);
            return error_hint(e,
                              "a caller's own hard limit cannot be exceeded: ulimit -H shows it");
        }
    }
    return true;
}

/* As many processors as the plan says, beginning with the one this process is on. */
bool step_affinity(struct sandbox *s, struct error *e)
{
    uint64_t want = s->plan->declared.cpus;
    struct processors have;
    struct processors take = {0};
    int first = sched_getcpu();

    if (sched_getaffinity(0, sizeof have, have.set) < 0 || first < 0)
        return step_failed(e, "cannot read the processors of this process");
    if ((uint64_t)CPU_COUNT_S(sizeof have, have.set) <= want)
        return true;
    for (int i = 0; i < PROCESSORS_MAX && want > 0; i++) {
        int cpu = (first + i) % PROCESSORS_MAX;

        if (CPU_ISSET_S(cpu, sizeof have, have.set)) {
            CPU_SET_S(cpu, sizeof take, take.set);
            want--;
        }
    }
    if (sys_sched_setaffinity(&take) < 0)
        return step_failed(e, "cannot set the processors of the payload");
    return true;
}

static bool is_real_time(int policy)
{
    policy &= ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

/* The caller's real-time policy, which an exec keeps, stays with launcher and init, and its leave
 * to take one or a lower nice value (getrlimit(2)). A process gives its processor to nobody of its
 * own priority or less: a payload that had theirs would be ended by nobody, neither at the end of
 * its time nor when the launcher is killed. */
bool step_real_time(struct sandbox *s, struct error *e)
{
    int policy = sched_getscheduler(0);

    (void)s;
    if (policy < 0)
        return step_failed(e, "cannot ask for the scheduling policy");
    if (is_real_time(policy) && sys_sched_setscheduler(SCHED_OTHER) < 0)
        return step_failed(e, "cannot leave the caller's real-time policy");
    if (sys_setrlimit(RLIMIT_RTPRIO, 0, 0) < 0 || sys_setrlimit(RLIMIT_NICE, 0, 0) < 0)
        return step_failed(e, "cannot keep the payload from higher priorities");
    return true;
}

/* Is the resource of this row held to its value? Of core, 0 holds as well: see limit_core. */
static bool in_force(const struct row *row, pid_t pid, uint64_t value)
{
    struct rlimit limit;

    if (prlimit(pid, row->resource, NULL, &limit) < 0 || limit.rlim_max != limit.rlim_cur)
        return false;
    return limit.rlim_cur == value + row->extra ||
           (row->resource == RLIMIT_CORE && limit.rlim_cur == 0);
}

void limits_note(struct launch_result *result, struct limit_row row)
{
    if (result->n_limits < LIMITS_MAX)
        result->limits[result->n_limits++] = row;
}

/* Whatever holds a limit besides, where there is a cgroup with the controller it holds it too. */
static bool note(const struct sandbox *s, enum controller exact, struct limit_row row,
                 struct launch_result *result)
{
    const struct declared *d = &s->plan->declared;

    if (exact != N_CONTROLLERS && (s->cgroup.controllers & CONTROLLER_BIT(exact)) != 0) {
        if (!controller_holds(s->cgroup.box.fd, exact, d)) {
            buf_printf(&result->reasons, "the limit %s of the cgroup is not in force\n", row.name);
            return false;
        }
        row = (struct limit_row){row.name, controller_value(exact, d), "cgroup", "the sandbox"};
    }
    limits_note(result, row);
    return true;
}

static bool observe_cpus(const struct sandbox *s, pid_t pid, struct launch_result *result)
{
    struct processors has;
    int n = sched_getaffinity(pid, sizeof has, has.set) < 0 ? -1 : CPU_COUNT_S(sizeof has, has.set);

    if (n < 0 || (uint64_t)n > s->plan->declared.cpus) {
        buf_puts(&result->reasons, "the limit cpus is not in force\n");
        return false;
    }
    return note(s, CONTROLLER_CPU,
                (struct limit_row){"cpus", (uint64_t)n, "affinity", "each process"}, result);
}

static bool observe_policy(pid_t pid, struct launch_result *result)
{
    int policy = sched_getscheduler(pid);
    struct rlimit priority;
    struct rlimit nice;

    if (policy >= 0 && !is_real_time(policy) && prlimit(pid, RLIMIT_RTPRIO, NULL, &priority) == 0 &&
        prlimit(pid, RLIMIT_NICE, NULL, &nice) == 0 && priority.rlim_max == 0 && nice.rlim_max == 0)
        return true;
    buf_puts(&result->reasons, "the payload is not kept from higher priorities\n");
    return false;
}

static bool observe_stack(const struct sandbox *s, pid_t pid, struct launch_result *result)
{
    struct rlimit stack;

    if (prlimit(pid, RLIMIT_STACK, NULL, &stack) == 0 && stack.rlim_max <= s->plan->declared.memory)
        return true;
    buf_puts(&result->reasons, "the limit on the stack is not in force\n");
    return false;
}

bool limits_observe(const struct sandbox *s, pid_t pid, struct launch_result *result)
{
    bool ok = observe_policy(pid, result);

    ok = observe_stack(s, pid, result) && ok;
    if (s->cgroup.box.fd >= 0 && !cgroup_has(&s->cgroup, s->host_proc, pid)) {
        buf_puts(&result->reasons, "the payload is not in its cgroup\n");
        ok = false;
    }
    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t value = rows[i].value(&s->plan->declared);

        if (value == FSIZE_UNSET)
            continue;
        if (!in_force(&rows[i], pid, value)) {
            buf_printf(&result->reasons, "the limit %s is not in force\n", rows[i].name);
            ok = false;
            continue;
        }
        ok = note(s, rows[i].exact,
                  (struct limit_row){rows[i].name, value, "rlimit", rows[i].scope}, result) &&
             ok;
    }
    if (s->plan->declared.timeout != 0)
        limits_note(result,
                    (struct limit_row){"time", s->plan->declared.timeout, "timer", "the payload"});
    return observe_cpus(s, pid, result) && ok;
}
