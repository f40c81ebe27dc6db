/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/run.h"
#include "plan/derive.h"

/* A descriptor of the result's directory. What the payload prints goes there, and what denybox
 * says. */
static bool redirect(int result, struct error *e)
{
    static const char *const names[] = {NULL, RESULTS_STDOUT, RESULTS_STDERR};

    for (int i = 0; i < 3; i++) {
        int fd =
            i == 0
                ? sys_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0)
                : sys_openat(result, names[i],
                             O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

        if (fd < 0 || sys_dup3(fd, i, 0) < 0)
            return error_errno(e, EXIT_DENYBOX, errno, "cannot redirect the payload's %s",
                               i == 0 ? "standard input" : names[i]);
        io_close(&fd);
    }
    return true;
}

/* The strings live as long as the task. */
static bool name_places(struct declared *d, const char *results, const char *name, struct error *e)
{
    static char in[PATH_MAX];
    static char out[PATH_MAX];
    static char evidence[PATH_MAX];
    int n = snprintf(in, sizeof in, "%s/%s", d->in_each, name);
    int m = snprintf(evidence, sizeof evidence, "%s/" RESULTS_WORK "/%s/" RESULTS_BUNDLE, results,
                     name);

    if (n >= (int)sizeof in || m >= (int)sizeof evidence)
        return error_set(e, EXIT_DENYBOX, "cannot use '%s': its path is too long", text_show(name));
    snprintf(out, sizeof out, "%s/" RESULTS_WORK "/%s/" RESULTS_OUT, results, name);
    d->in = in;
    d->out = out;
    d->evidence = evidence;
    return true;
}

/* What was digested once for all of them must still be what is run. */
static bool payload_unchanged(const struct groundwork *g, struct error *e)
{
    const struct stat *then = &g->payload;
    struct stat now;

    if (sys_fstat(g->plan->derived.payload.fd, &now) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the payload");
    return (now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
            now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
            now.st_ctim.tv_nsec == then->st_ctim.tv_nsec) ||
           error_set(e, EXIT_DENYBOX, "cannot start the payload: it was changed during the batch");
}

static bool is_named(int dirfd, const char *name, dev_t dev, ino_t ino)
{
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == dev &&
           st.st_ino == ino;
}

/* They were found by their paths, as those of a single run. Whoever can write to a directory on the
 * way may have put something else there since the inputs were listed: a link to what only the
 * caller can read. */
static bool are_where_they_were(const struct groundwork *g, const char *name, int result,
                                struct error *e)
{
    const struct derived *r = &g->plan->derived;
    struct stat evidence;

    if (!is_named(g->inputs.dir, name, r->in.dev, r->in.ino))
        return error_set(e, EXIT_DENYBOX, "cannot use '%s' of --in-each: it was replaced meanwhile",
                         text_show(name));
    if (sys_fstat(r->evidence_dir, &evidence) < 0 ||
        !is_named(result, ".", evidence.st_dev, evidence.st_ino) ||
        (r->out.fd >= 0 && !is_named(result, RESULTS_OUT, r->out.dev, r->out.ino)))
        return error_set(e, EXIT_DENYBOX, "cannot use --out-each '%s': it was replaced meanwhile",
                         text_show(g->results.path));
    return true;
}

static bool ready(struct groundwork *g, const char *name, struct error *e)
{
    int result = results_begin(&g->results, name, e);
    bool ok = result >= 0 && name_places(&g->plan->declared, g->results.path, name, e) &&
              plan_derive_places(g->plan, e) && are_where_they_were(g, name, result, e) &&
              payload_unchanged(g, e) && redirect(result, e);

    io_close(&result);
    return ok;
}

int task_run(struct groundwork *g, const char *name, int report)
{
    struct error e;
    bool interrupted;

    g->plan->command = COMMAND_RUN;
    g->plan->declared.status_fd = report;
    if (ready(g, name, &e))
        return run_once(g->plan, &g->shared, &interrupted);
    status_line(g->plan, json_pack("{s:s, s:s, s:i}", "event", "failed", "reason", e.text,
                                   "exit-code", (int)e.exit));
    return (int)e.exit;
}
