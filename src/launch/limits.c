/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/limits.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/sys.h"

/*
 * The limits as rows: which resource, and what of the plan it holds.
 * NPROC counts per user namespace since Linux 5.14, and init is one of the processes it counts.
 * CORE is 1 and not 0: where core_pattern is a pipe the kernel dumps at 0, and not at 1.
 */
struct row {
    const char *name;
    int resource;
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
    {"pids", RLIMIT_NPROC, pids_of, 1, "the sandbox"},
    /* Shared mappings are not counted by it: exact only with a cgroup. */
    {"memory", RLIMIT_DATA, memory_of, 0, "each process, private memory"},
    {"fsize", RLIMIT_FSIZE, fsize_of, 0, "each file"},
    {"core", RLIMIT_CORE, core_of, 0, "each process"},
    {"nofile", RLIMIT_NOFILE, nofile_of, 0, "each process"},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

bool step_limits(struct sandbox *s, struct error *e)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t value = rows[i].value(&s->plan->declared);
        rlim_t limit = (rlim_t)(value + rows[i].extra);

        /* NOFILE belongs to the seal: step_descriptors. */
        if (rows[i].resource == RLIMIT_NOFILE || value == FSIZE_UNSET)
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
    cpu_set_t have;
    cpu_set_t take;
    int first = sched_getcpu();

    if (sched_getaffinity(0, sizeof have, &have) < 0 || first < 0)
        return step_failed(e, "cannot read the processors of this process");
    if ((uint64_t)CPU_COUNT(&have) <= want)
        return true;
    CPU_ZERO(&take);
    for (int i = 0; i < CPU_SETSIZE && want > 0; i++) {
        int cpu = (first + i) % CPU_SETSIZE;

        if (CPU_ISSET(cpu, &have)) {
            CPU_SET(cpu, &take);
            want--;
        }
    }
    if (sys_sched_setaffinity(&take) < 0)
        return step_failed(e, "cannot set the processors of the payload");
    return true;
}

static void note(struct launch_result *result, struct limit_row row)
{
    if (result->n_limits < LIMITS_MAX)
        result->limits[result->n_limits++] = row;
}

bool limits_observe(const struct sandbox *s, pid_t pid, struct launch_result *result)
{
    bool ok = true;
    cpu_set_t cpus;

    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t value = rows[i].value(&s->plan->declared);
        struct rlimit limit;

        if (value == FSIZE_UNSET)
            continue;
        if (prlimit(pid, (__rlimit_resource_t)rows[i].resource, NULL, &limit) < 0 ||
            limit.rlim_cur != value + rows[i].extra || limit.rlim_max != limit.rlim_cur) {
            buf_printf(&result->reasons, "the limit %s is not in force\n", rows[i].name);
            ok = false;
            continue;
        }
        note(result, (struct limit_row){rows[i].name, value, "rlimit", rows[i].scope});
    }
    if (sched_getaffinity(pid, sizeof cpus, &cpus) < 0 ||
        (uint64_t)CPU_COUNT(&cpus) > s->plan->declared.cpus) {
        buf_puts(&result->reasons, "the limit cpus is not in force\n");
        return false;
    }
    note(result,
         (struct limit_row){"cpus", (uint64_t)CPU_COUNT(&cpus), "affinity", "each process"});
    return ok;
}
