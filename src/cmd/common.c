/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/common.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/attest.h"
#include "base/io.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/provide.h"
#include "evidence/inside.h"
#include "evidence/publish.h"
#include "evidence/table.h"
#include "host/requirement.h"
#include "launch/filters.h"
#include "plan/derive.h"
#include "plan/option.h"
#include "scan/policy.h"

static int show_help(enum command command)
{
    command_usage(command == COMMAND_RUN      ? "run"
                  : command == COMMAND_ATTEST ? "attest"
                  : command == COMMAND_BATCH  ? "batch"
                                              : "plan");
    option_help_of(command);
    return EXIT_OK;
}

static bool words_of_plan(enum command command, int argc, char **argv, struct error *e)
{
    static struct plan plan;
    bool ok = plan_init(&plan, command, e) && option_parse(&plan, argc, argv, e);

    plan_free(&plan);
    return ok;
}

bool words_run(int argc, char **argv, struct error *e)
{
    return words_of_plan(COMMAND_RUN, argc, argv, e);
}

bool words_attest(int argc, char **argv, struct error *e)
{
    return words_of_plan(COMMAND_ATTEST, argc, argv, e);
}

bool words_plan(int argc, char **argv, struct error *e)
{
    return words_of_plan(COMMAND_PLAN, argc, argv, e);
}

bool words_batch(int argc, char **argv, struct error *e)
{
    return words_of_plan(COMMAND_BATCH, argc, argv, e);
}

/* What a start reads after it was checked. A plan starts nothing, and of a batch each input would
 * fail by itself. */
static bool read_ahead(const struct plan *plan, struct error *e)
{
    static struct launch_result result;
    struct scan_policy policy = {0};
    struct sandbox s = {.plan = plan};
    const char *file = plan->declared.scan;
    bool ok = true;

    if (plan->command != COMMAND_PLAN && plan->command != COMMAND_BATCH)
        return true;
    if (file != NULL)
        ok = scan_policy_load(&policy, strcmp(file, "default") == 0 ? NULL : file, e);
    ok = ok && filters_prepare(&s, &result, e);
    scan_policy_free(&policy);
    filters_free(&s);
    return ok;
}

int prepare_plan(struct plan *plan, enum command command, int argc, char **argv)
{
    static const struct launch_result nothing;
    struct error e;
    bool ok = plan_init(plan, command, &e) && option_parse(plan, argc, argv, &e);

    if (ok && plan->declared.help)
        return show_help(command);
    if (ok && plan->declared.version) {
        puts("denybox " PACKAGE_VERSION);
        return EXIT_OK;
    }
    if (ok && !plan_possible(&e)) {
        host_explain(0, &e);
        return report_failure(plan, &nothing, &e);
    }
    if (ok && provide(plan, &e) && plan_derive(plan, &e) && read_ahead(plan, &e))
        return -1;
    error_print(&e);
    status_line(plan, json_pack("{s:s, s:s, s:i}", "event", "failed", "reason", e.text, "exit-code",
                                (int)e.exit));
    return (int)e.exit;
}

int report_failure(const struct plan *plan, const struct launch_result *r, const struct error *e)
{
    error_print(e);
    if (e->exit == EXIT_BLOCKED) {
        for (const char *line = buf_text(&r->reasons); *line != '\0';) {
            size_t length = strcspn(line, "\n");

            fprintf(stderr, "denybox: BLOCKED: %.*s\n", (int)length, line);
            line += length + (line[length] == '\n');
        }
        if (r->reasons.length == 0)
            fprintf(stderr, "denybox: BLOCKED: nothing was started\n");
    }
    status_line(plan, json_pack("{s:s, s:s, s:s, s:i}", "event",
                                e->exit == EXIT_BLOCKED ? "blocked" : "failed", "reason", e->text,
                                "walls", buf_text(&r->reasons), "exit-code", (int)e->exit));
    return (int)e->exit;
}

void warn_of_rest(const struct plan *plan, const struct launch_result *r)
{
    if (r->cgroup_left[0] != '\0' && !plan->declared.quiet)
        fprintf(stderr,
                "denybox: warning: the cgroup %s could not be removed; the next start in the same "
                "place tries again\n",
                r->cgroup_left);
}

void print_probes(const struct launch_result *r)
{
    struct buf table = {0};

    table_add(&table, &r->inside, terminal_has_colour(2));
    io_write_all(2, buf_text(&table), table.length);
    buf_free(&table);
}

bool status_wanted(const struct plan *plan)
{
    return plan->declared.status_fd >= 0;
}

/* How often to look whether somebody asks this program to end. */
#define READER_MS 200

/* A pipe may be full, with nobody who reads it at the moment. Signals are blocked while a sandbox
 * starts, and would come to nothing in a write. */
static bool has_reader(int fd)
{
    struct pollfd line = {.fd = fd, .events = POLLOUT};

    while (poll(&line, 1, READER_MS) == 0) {
        if (signals_pending())
            return false;
    }
    return true;
}

void status_line(const struct plan *plan, json_t *object)
{
    int fd = (int)plan->declared.status_fd;
    char *text = status_wanted(plan) && object != NULL ? json_canonical(object) : NULL;

    /* Who asked for it may have gone away: the run does not depend on it. */
    if (text != NULL && has_reader(fd) && io_write_all(fd, text, strlen(text)))
        io_write_all(fd, "\n", 1);
    free(text);
    json_decref(object);
}

static bool deliver(const struct plan *plan, const json_t *bundle, struct error *e)
{
    char *text = json_pretty(bundle);
    bool ok;

    if (text == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot write the bundle: out of memory");
    if (plan->derived.evidence_dir >= 0) {
        ok = publish(plan->derived.evidence_dir, plan->derived.evidence_name, text, e);
        if (!ok && e->number != 0)
            error_errno(e, e->exit, e->number, "cannot write the bundle '%s'",
                        text_show(plan->declared.evidence));
    } else {
        ok = io_write_all(1, text, strlen(text)) && io_write_all(1, "\n", 1);
        if (!ok)
            error_errno(e, EXIT_DENYBOX, errno, "cannot write the bundle");
    }
    free(text);
    return ok;
}

bool write_bundle(const struct plan *plan, const struct binding *binding,
                  const struct launch_result *r, const struct outputs *outputs, struct error *e)
{
    json_t *bundle = bundle_json(plan, binding, r, outputs, e);
    bool ok = bundle != NULL && deliver(plan, bundle, e);

    json_decref(bundle);
    return ok;
}

static void probe(const struct plan *plan, int proc, struct findings *f)
{
    struct attest_config config = {
        .in = "/in",
        .out = "/out",
        .tmp = "/tmp",
        .proc = proc,
        .env = plan->declared.env,
        .target = "1.1.1.1",
        .report = plan->command == COMMAND_ATTEST,
    };

    attest_rest(&config, f);
}

/* Its status says why not: an errno, all of which are small. */
static int inside(const struct plan *plan, const struct findings *f)
{
    (void)plan;
    return inside_write("/out", f) ? EXIT_OK : errno != 0 ? errno : EXIT_DENYBOX;
}

/* As bubblewrap has it: with the namespaces, by their inodes. */
static json_t *child_line(const struct launch_result *r)
{
    json_t *line = json_pack("{s:i}", "child-pid", (int)r->child);
    char name[32];

    for (int i = 0; r->before.valid && i < N_NS; i++) {
        snprintf(name, sizeof name, "%s-namespace", ns_name((enum ns)i));
        json_put(&line, name, json_integer((json_int_t)r->before.ns[i]));
    }
    return line;
}

static void started(const struct plan *plan, const struct launch_result *result)
{
    if (plan->declared.verbose && plan->command == COMMAND_RUN)
        print_probes(result);
    if (status_wanted(plan))
        status_line(plan, child_line(result));
}

const struct launch_hooks command_hooks = {
    .started = started,
    .probe_forking = attest_forking,
    .probe = probe,
    .inside = inside,
};
