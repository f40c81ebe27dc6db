/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "batch/inputs.h"
#include "batch/pool.h"
#include "batch/progress.h"
#include "batch/results.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/run.h"
#include "evidence/document.h"
#include "plan/derive.h"

/* So many inputs that failed are named one by one on standard error; --json names all. */
#define NAMED 10

enum outcome {
#define OUTCOME(symbol, name, status, meaning) symbol,
#include "cmd/batch.def"
#undef OUTCOME
    N_OUTCOMES
};

static const struct {
    const char *name;
    int status;
} outcomes[] = {
#define OUTCOME(symbol, name, status, meaning) {name, status},
#include "cmd/batch.def"
#undef OUTCOME
};

/* What is prepared once. A task has a copy of it. */
struct batch {
    struct plan *plan;
    struct binding shared;
    struct stat payload; /* as it was when its digest was taken */
    struct results results;
    struct inputs inputs;
    struct progress progress;
    size_t count[N_OUTCOMES];
    size_t named;
    bool stopping; /* somebody has asked for it: what comes to no result now says nothing */
};

/* ---------------------------------------------------------------- a task, in a process of its own
 */

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
static bool payload_unchanged(const struct batch *b, struct error *e)
{
    const struct stat *then = &b->payload;
    struct stat now;

    if (sys_fstat(b->plan->derived.payload.fd, &now) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the payload");
    return (now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
            now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
            now.st_ctim.tv_nsec == then->st_ctim.tv_nsec) ||
           error_set(e, EXIT_DENYBOX, "cannot start the payload: it was changed during the batch");
}

static bool ready(struct batch *b, const char *name, struct error *e)
{
    int result = results_begin(&b->results, name, e);
    bool ok = result >= 0 && name_places(&b->plan->declared, b->results.path, name, e) &&
              plan_derive_places(b->plan, e) && payload_unchanged(b, e) && redirect(result, e);

    io_close(&result);
    return ok;
}

static int work(void *context, size_t index, int report)
{
    struct batch *b = context;
    struct error e;

    b->plan->command = COMMAND_RUN;
    b->plan->declared.status_fd = report;
    if (ready(b, b->inputs.todo[index], &e))
        return run_once(b->plan, &b->shared);
    status_line(b->plan, json_pack("{s:s, s:s, s:i}", "event", "failed", "reason", e.text,
                                   "exit-code", (int)e.exit));
    return (int)e.exit;
}

/* ---------------------------------------------------------------- what came of it */

/* The member of the last object of that event in a report, or NULL. New reference. */
static json_t *find_event(const char *report, const char *name)
{
    json_t *found = NULL;

    for (const char *line = report; *line != '\0';
         line += strcspn(line, "\n"), line += *line != '\0') {
        struct error e;
        json_t *object = json_parse(line, strcspn(line, "\n"), &e);
        const char *event = json_string_value(json_object_get(object, "event"));

        if (event != NULL && strcmp(event, name) == 0) {
            json_decref(found);
            found = json_incref(object);
        }
        json_decref(object);
    }
    return found;
}

/* Of the status line with which a payload ended. */
static void ending_of(const json_t *ended, char *out, size_t size)
{
    const char *how = json_string_value(json_object_get(ended, "how"));
    const char *limit = json_string_value(json_object_get(ended, "limit"));
    int number = (int)json_integer_value(json_object_get(ended, "number"));

    if (json_object_get(ended, "time-limit") != NULL)
        snprintf(out, size, "the payload was ended: its --timeout was over");
    else if (limit != NULL)
        snprintf(out, size, "the payload was ended by its limit: --%s", limit);
    else if (how != NULL && strcmp(how, "exited") == 0)
        snprintf(out, size, "the payload ended with status %d", number);
    else
        snprintf(out, size, "the payload was ended by signal %d", number);
}

static void reason_of(const struct pool_task *task, char *out, size_t size)
{
    json_t *failed = find_event(task->report, "failed");
    json_t *ended = find_event(task->report, "ended");
    const char *reason;

    if (failed == NULL)
        failed = find_event(task->report, "blocked");
    reason = json_string_value(json_object_get(failed, "reason"));
    if (task->status < 0)
        snprintf(out, size, "denybox itself was killed by signal %d; the next batch does it again",
                 -task->status);
    else if (reason != NULL)
        snprintf(out, size, "%s", reason);
    else if (ended != NULL)
        ending_of(ended, out, size);
    else
        snprintf(out, size, "denybox ended with status %d and said nothing", task->status);
    json_decref(failed);
    json_decref(ended);
}

static enum outcome outcome_of(struct batch *b, const struct pool_task *task, const char *name,
                               char *reason, size_t size)
{
    json_t *ended = task->status >= 0 ? find_event(task->report, "ended") : NULL;
    struct error e;

    reason[0] = '\0';
    if (ended != NULL && results_whole(&b->results, name)) {
        json_decref(ended);
        if (results_publish(&b->results, name, &e)) {
            if (task->status == 0)
                return OUTCOME_DONE;
            reason_of(task, reason, size);
            return OUTCOME_FAILED;
        }
        snprintf(reason, size, "%s", e.text);
    } else {
        json_decref(ended);
        reason_of(task, reason, size);
    }
    results_drop(&b->results, name);
    return OUTCOME_NO_RESULT;
}

static bool print_line(json_t *object, struct error *e)
{
    char *text = object != NULL ? json_canonical(object) : NULL;
    bool ok = text != NULL && io_write_all(1, text, strlen(text)) && io_write_all(1, "\n", 1);

    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write the summary");
    free(text);
    json_decref(object);
    return ok;
}

static void say(struct batch *b, const char *name, const char *reason)
{
    if (b->plan->declared.quiet || b->named > NAMED)
        return;
    progress_clear(&b->progress);
    if (b->named++ == NAMED)
        fprintf(stderr, "denybox: further ones are counted; --json names all of them\n");
    else
        fprintf(stderr, "denybox: %s: %s\n", text_show(name), reason);
}

static bool ended(void *context, const struct pool_task *task, struct error *e)
{
    struct batch *b = context;
    const char *name = b->inputs.todo[task->index];
    char reason[sizeof e->text + 64];
    enum outcome o = outcome_of(b, task, name, reason, sizeof reason);

    b->count[o]++;
    b->progress.done = b->count[OUTCOME_DONE];
    b->progress.failed = b->count[OUTCOME_FAILED];
    b->progress.broken = b->count[OUTCOME_NO_RESULT];
    if (o != OUTCOME_DONE)
        say(b, name, reason);
    if (b->plan->declared.json &&
        !print_line(json_pack("{s:s, s:o, s:s, s:i, s:I, s:o}", "event", "input", "input",
                              document_string(name), "outcome", outcomes[o].name, "exit-code",
                              task->status < 0 ? 128 - task->status : task->status, "microseconds",
                              (json_int_t)(task->seconds * 1e6), "reason",
                              document_string(reason[0] != '\0' ? reason : NULL)),
                    e))
        return false;
    /* What is wrong with the first is wrong with all of them: a host without namespaces, say. */
    if (o == OUTCOME_NO_RESULT && !b->stopping &&
        b->count[OUTCOME_DONE] + b->count[OUTCOME_FAILED] == 0)
        return error_set(e, EXIT_DENYBOX, "cannot go on: the first input came to no result: %s",
                         reason);
    return true;
}

static void tick(void *context, size_t running)
{
    struct batch *b = context;

    (void)running;
    progress_draw(&b->progress);
}

static void stopping(void *context, size_t running, bool killed)
{
    struct batch *b = context;

    b->stopping = true;
    progress_clear(&b->progress);
    fprintf(
        stderr,
        killed
            ? "denybox: killed those that were running: %zu\n"
            : "denybox: stopping; waiting for those that are running: %zu (again to kill them)\n",
        running);
}

/* ---------------------------------------------------------------- the command */

static int batch_status(const struct batch *b, int interrupted)
{
    int status = EXIT_OK;

    for (int i = 0; i < N_OUTCOMES; i++) {
        if (b->count[i] != 0)
            status = outcomes[i].status;
    }
    return interrupted != 0 ? 128 + interrupted : status;
}

static bool summary(const struct batch *b, bool interrupted, struct error *e)
{
    double seconds = progress_seconds(&b->progress);
    size_t inputs = b->inputs.n_todo + b->inputs.n_done;
    size_t ran = b->count[OUTCOME_DONE] + b->count[OUTCOME_FAILED] + b->count[OUTCOME_NO_RESULT];
    size_t left = b->inputs.n_todo - ran;

    if (b->plan->declared.json)
        return print_line(
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "event", "summary", "inputs",
                      (json_int_t)inputs, "done", (json_int_t)b->count[OUTCOME_DONE], "failed",
                      (json_int_t)b->count[OUTCOME_FAILED], "no-result",
                      (json_int_t)b->count[OUTCOME_NO_RESULT], "had-result",
                      (json_int_t)b->inputs.n_done, "not-started", (json_int_t)left, "microseconds",
                      (json_int_t)(seconds * 1e6), "interrupted", (int)interrupted),
            e);
    if (!b->plan->declared.quiet)
        printf("%zu inputs: %zu done, %zu failed, %zu without a result, %zu had one before, "
               "%zu not started; %.1f s, %.0f a second\n",
               inputs, b->count[OUTCOME_DONE], b->count[OUTCOME_FAILED],
               b->count[OUTCOME_NO_RESULT], b->inputs.n_done, left, seconds,
               seconds > 0 ? (double)ran / seconds : 0.0);
    return true;
}

static size_t processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

/* A root of the cache is not changed by anybody, and is locked against being pruned; one of the
 * user's may be, and is digested for each run. */
static bool take_shared(struct batch *b, struct error *e)
{
    struct binding *shared = &b->shared;

    shared->shared_at = time(NULL);
    shared->shared_root = b->plan->provided.root != NULL;
    if (!binding_take(b->plan, shared, e))
        return false;
    if (!shared->shared_root)
        shared->rootfs[0] = '\0';
    return true;
}

static bool prepare(struct batch *b, struct error *e)
{
    const struct declared *d = &b->plan->declared;

    if (d->in_each == NULL || d->out_each == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot start a batch: no --%s given",
                  d->in_each == NULL ? "in-each" : "out-each");
        return error_hint(e,
                          "denybox batch --in-each INPUTS --out-each RESULTS -- COMMAND [ARG...]");
    }
    if (!results_open(&b->results, d->out_each, e) ||
        !inputs_list(&b->inputs, d->in_each, &b->results, e))
        return false;
    if (b->inputs.n_todo == 0)
        return true;
    if (sys_fstat(b->plan->derived.payload.fd, &b->payload) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the payload");
    return take_shared(b, e);
}

static int carry_out(struct batch *b)
{
    static const struct pool_hooks hooks = {work, ended, tick, stopping};
    const struct declared *d = &b->plan->declared;
    size_t jobs = d->jobs != 0 ? (size_t)d->jobs : processors();
    struct error e;
    int interrupted;
    int status;
    bool ok;

    if (!prepare(b, &e)) {
        error_print(&e);
        return (int)e.exit;
    }
    progress_begin(&b->progress, b->inputs.n_todo, !d->quiet);
    ok = pool_run(b->inputs.n_todo, jobs, &hooks, b, &interrupted, &e);
    progress_clear(&b->progress);
    status = batch_status(b, interrupted);
    if (!ok) {
        error_print(&e);
        status = (int)e.exit;
    }
    if (!summary(b, interrupted != 0, &e)) {
        error_print(&e);
        status = (int)e.exit;
    }
    return status;
}

int command_batch(int argc, char **argv)
{
    static struct plan plan;
    static struct batch b;
    int status = prepare_plan(&plan, COMMAND_BATCH, argc, argv);

    if (status >= 0) {
        plan_free(&plan);
        return status;
    }
    b = (struct batch){.plan = &plan, .results = {.dir = -1, .work = -1}};
    status = carry_out(&b);
    inputs_free(&b.inputs);
    results_close(&b.results);
    plan_free(&plan);
    return status;
}
