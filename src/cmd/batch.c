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

#include "base/buf.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "batch/pool.h"
#include "batch/progress.h"
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/print.h"
#include "cmd/task.h"
#include "evidence/document.h"
#include "launch/cgroup.h"

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

struct batch {
    struct groundwork ground;
    struct progress progress;
    struct cgroup cgroup; /* the place of all, and the home of this process */
    size_t count[N_OUTCOMES];
    size_t named;
    struct buf unsaid; /* lines for standard error, which took none when they came */
    size_t whole;      /* results that were made; not all of them have their names yet */
    bool stopping;     /* somebody has asked for it: what comes to no result now says nothing */
};

static int work(void *context, size_t index, int report)
{
    struct batch *b = context;

    return task_run(&b->ground, b->ground.inputs.todo[index], report);
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

/* Has the payload ended, and denybox done all that came after it? Then it is a result, once the
 * disk has it. */
static bool is_whole(void *context, const struct pool_task *task)
{
    struct batch *b = context;
    json_t *ended = find_event(task->report, "ended");
    json_t *failed = find_event(task->report, "failed");
    bool whole = task->status >= 0 && ended != NULL && failed == NULL &&
                 results_whole(&b->ground.results, b->ground.inputs.todo[task->index]);

    b->whole += whole ? 1 : 0;
    json_decref(ended);
    json_decref(failed);
    return whole;
}

static int keep(void *context)
{
    const struct batch *b = context;

    return results_keep(&b->ground.results);
}

static enum outcome outcome_of(const struct batch *b, const struct pool_task *task,
                               const char *name, char *reason, size_t size)
{
    struct error e;

    reason[0] = '\0';
    if (task->unkept != 0) {
        snprintf(reason, size, "cannot keep the result: %s", strerror(task->unkept));
    } else if (!task->kept) {
        reason_of(task, reason, size);
    } else if (!results_publish(&b->ground.results, name, &e)) {
        snprintf(reason, size, "%s", e.text);
    } else if (task->status == 0) {
        return OUTCOME_DONE;
    } else {
        reason_of(task, reason, size);
        return OUTCOME_FAILED;
    }
    results_drop(&b->ground.results, name);
    return OUTCOME_NO_RESULT;
}

static bool print_line(json_t *object, struct error *e)
{
    char *text = object != NULL ? json_canonical(object) : NULL;
    bool ok = text != NULL && io_write_all(1, text, strlen(text)) && io_write_all(1, "\n", 1);

    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot write to standard output");
    free(text);
    json_decref(object);
    return ok;
}

static void say_all(struct batch *b)
{
    if (b->unsaid.length == 0)
        return;
    progress_clear(&b->progress);
    fputs(buf_text(&b->unsaid), stderr);
    buf_free(&b->unsaid);
}

/* What is said waits for a terminal that takes nothing; the work does not. */
static void say(struct batch *b, const char *name, const char *reason)
{
    if (b->ground.plan->declared.quiet || b->named > NAMED)
        return;
    if (b->named++ == NAMED)
        buf_puts(&b->unsaid, "denybox: further ones are counted; --json names all of them\n");
    else
        buf_printf(&b->unsaid, "denybox: %s: %s\n", text_show(name), reason);
    if (progress_taken())
        say_all(b);
}

/* Where the first came to no result, all would not: a host without namespaces, say. */
static bool none_at_all(const struct pool_task *task, const char *reason, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot go on: the first input came to no result: %s", reason);
    return task->status != EXIT_BLOCKED ? false
                                        : error_hint(e, "denybox check says what is missing on "
                                                        "this host, and what mends it");
}

static bool ended(void *context, const struct pool_task *task, struct error *e)
{
    struct batch *b = context;
    const char *name = b->ground.inputs.todo[task->index];
    char reason[sizeof e->text + 64];
    enum outcome o = outcome_of(b, task, name, reason, sizeof reason);

    b->count[o]++;
    b->progress.done = b->count[OUTCOME_DONE];
    b->progress.failed = b->count[OUTCOME_FAILED];
    b->progress.broken = b->count[OUTCOME_NO_RESULT];
    if (o != OUTCOME_DONE)
        say(b, name, reason);
    if (b->ground.plan->declared.json &&
        !print_line(json_pack("{s:s, s:o, s:s, s:i, s:I, s:o}", "event", "input", "input",
                              document_string(name), "outcome", outcomes[o].name, "exit-code",
                              task->status < 0 ? 128 - task->status : task->status, "microseconds",
                              (json_int_t)(task->seconds * 1e6), "reason",
                              document_string(reason[0] != '\0' ? reason : NULL)),
                    e))
        return false;
    if (o == OUTCOME_NO_RESULT && !b->stopping && b->ground.inputs.n_done == 0 &&
        b->count[OUTCOME_DONE] + b->count[OUTCOME_FAILED] == 0 &&
        (b->whole == 0 || task->unkept != 0))
        return none_at_all(task, reason, e);
    return true;
}

static void tick(void *context, size_t running)
{
    struct batch *b = context;

    (void)running;
    if (progress_taken())
        say_all(b);
    progress_draw(&b->progress);
}

static void stopping(void *context, size_t running, bool killed)
{
    struct batch *b = context;

    b->stopping = true;
    if (!progress_taken())
        return;
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
    size_t inputs = b->ground.inputs.n_todo + b->ground.inputs.n_done;
    size_t ran = b->count[OUTCOME_DONE] + b->count[OUTCOME_FAILED] + b->count[OUTCOME_NO_RESULT];
    size_t left = b->ground.inputs.n_todo - ran;

    if (b->ground.plan->declared.json)
        return print_line(
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "event", "summary", "inputs",
                      (json_int_t)inputs, "done", (json_int_t)b->count[OUTCOME_DONE], "failed",
                      (json_int_t)b->count[OUTCOME_FAILED], "no-result",
                      (json_int_t)b->count[OUTCOME_NO_RESULT], "had-result",
                      (json_int_t)b->ground.inputs.n_done, "not-started", (json_int_t)left,
                      "microseconds", (json_int_t)(seconds * 1e6), "interrupted", (int)interrupted),
            e);
    if (!b->ground.plan->declared.quiet)
        printf("%zu inputs: %zu done, %zu failed, %zu without a result, %zu had one before, "
               "%zu not started; %.1f s, %.0f a second\n",
               inputs, b->count[OUTCOME_DONE], b->count[OUTCOME_FAILED],
               b->count[OUTCOME_NO_RESULT], b->ground.inputs.n_done, left, seconds,
               seconds > 0 ? (double)ran / seconds : 0.0);
    return print_end(e);
}

static size_t processors(void)
{
    struct processors have;

    return sched_getaffinity(0, sizeof have, have.set) == 0
               ? (size_t)CPU_COUNT_S(sizeof have, have.set)
               : 1;
}

/* A root of the cache is not changed by anybody, and is locked against being pruned; one of the
 * user's may be, and is digested for each run. */
static bool take_shared(struct batch *b, struct error *e)
{
    struct binding *shared = &b->ground.shared;

    shared->shared_at = time(NULL);
    shared->shared_root = b->ground.plan->provided.root != NULL;
    if (!binding_take(b->ground.plan, shared, e))
        return false;
    if (!shared->shared_root)
        shared->rootfs[0] = '\0';
    return true;
}

/* Where its tasks would find this process in the way of their cgroups, it moves: once, with the
 * place taken for as long as the batch takes. They are born in its home, beside which they are. */
static bool settle(struct batch *b, struct error *e)
{
    int proc = sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    bool ok = proc >= 0 ? cgroup_settle(&b->cgroup, b->ground.plan, proc, e)
                        : error_errno(e, EXIT_DENYBOX, errno, "cannot open /proc");

    io_close(&proc);
    return ok;
}

static bool prepare(struct batch *b, struct error *e)
{
    const struct declared *d = &b->ground.plan->declared;

    if (d->in_each == NULL || d->out_each == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot start a batch: no --%s given",
                  d->in_each == NULL ? "in-each" : "out-each");
        return error_hint(e,
                          "denybox batch --in-each INPUTS --out-each RESULTS -- COMMAND [ARG...]");
    }
    if (!results_open(&b->ground.results, d->out_each, e) ||
        !inputs_list(&b->ground.inputs, d->in_each, &b->ground.results, e))
        return false;
    if (b->ground.inputs.n_todo == 0)
        return true;
    if (sys_fstat(b->ground.plan->derived.payload.fd, &b->ground.payload) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the payload");
    return take_shared(b, e) && settle(b, e);
}

static int carry_out(struct batch *b)
{
    static const struct pool_hooks hooks = {work, is_whole, keep, ended, tick, stopping};
    const struct declared *d = &b->ground.plan->declared;
    size_t jobs = d->jobs != 0 ? (size_t)d->jobs : processors();
    struct error e;
    int interrupted;
    int status;
    bool ok;

    if (!prepare(b, &e)) {
        error_print(&e);
        return (int)e.exit;
    }
    progress_begin(&b->progress, b->ground.inputs.n_todo, !d->quiet);
    ok = pool_run(b->ground.inputs.n_todo, jobs, &hooks, b, &interrupted, &e);
    progress_clear(&b->progress);
    status = batch_status(b, interrupted);
    if (!ok) {
        error_print(&e);
        status = (int)e.exit;
    }
    if (!results_keep_names(&b->ground.results, &e)) {
        error_print(&e);
        status = (int)e.exit;
    }
    say_all(b);
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
    b = (struct batch){
        .ground = {.plan = &plan, .results = {.dir = -1, .work = -1}, .inputs = {.dir = -1}},
        .cgroup = CGROUP_NONE};
    status = carry_out(&b);
    cgroup_close(&b.cgroup);
    inputs_free(&b.ground.inputs);
    results_close(&b.ground.results);
    plan_free(&plan);
    return status;
}
