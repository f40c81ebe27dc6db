/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/option.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/print.h"
#include "host/requirement.h"
#include "json/json.h"

struct options {
    bool json;
    bool quiet;
    bool help;
    bool version;
};

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct options, __VA_ARGS__),
#include "cmd/check.def"
#undef OPTION
};

static const struct option_set set = {
    .program = "denybox check",
    .rows = table,
    .n_rows = sizeof table / sizeof table[0],
    .order = OTHERS_NONE,
    .others = "check looks at this host, and takes options alone",
};

static bool parse(struct options *o, int argc, char **argv, struct error *e)
{
    struct option_reader r = {.set = &set, .target = o};
    char **others;
    int n;

    return option_read(&r, argc, argv, &others, &n, e) &&
           option_exclude(o->quiet, "quiet", o->json, "json", e);
}

bool words_check(int argc, char **argv, struct error *e)
{
    struct options o = {0};

    return parse(&o, argc, argv, e);
}

static int show_help(void)
{
    command_usage("check");
    puts("Is this host able to? Tries each requirement, and says what mends a failure.\n");
    option_help(&set);
    puts("\nExit status: 0 able, 3 not able, 125 misused. Manual: denybox-check(1).");
    return EXIT_OK;
}

static const char *colour(enum state state, bool terminal)
{
    static const char *const colours[N_STATES] = {
        [STATE_OK] = "\033[32m",   [STATE_MISSING] = "\033[31m",
        [STATE_LESS] = "\033[33m", [STATE_UNTRIED] = "\033[31m",
        [STATE_INFO] = "",
    };

    return terminal ? colours[state] : "";
}

static void print_mend(const struct survey *s, const struct finding *f)
{
    struct diagnosis d;

    obstacle_text(f->obstacle, &s->facts, &f->refusal, &d);
    printf("      why:  %s\n      mend: %s\n", d.why, d.mend);
    if (d.lasting[0] != '\0')
        printf("      also: %s\n", d.lasting);
}

/* "; less: overlay, landlock" */
static void print_names(const struct survey *s, enum state state)
{
    const char *before = "; ";
    const char *word = state_name(state);
    const char *between = ": ";

    for (int i = 0; i < N_REQUIREMENTS; i++) {
        if (s->findings[i].state != state)
            continue;
        printf("%s%s%s%s", before, word, between, requirement_row((enum requirement)i)->name);
        before = ", ";
        word = between = "";
    }
}

static void print_summary(const struct survey *s)
{
    int needed = 0;
    int there = 0;

    for (int i = 0; i < N_REQUIREMENTS; i++) {
        if (requirement_row((enum requirement)i)->need != NEED_NEEDED)
            continue;
        needed++;
        there += s->findings[i].state == STATE_OK;
    }
    printf("denybox %s start here: %d of %d needed are there", survey_able(s) ? "can" : "cannot",
           there, needed);
    print_names(s, STATE_MISSING);
    print_names(s, STATE_UNTRIED);
    print_names(s, STATE_LESS);
    putchar('\n');
}

static void print_table(const struct survey *s, bool quiet)
{
    bool terminal = terminal_has_colour(1);

    for (int i = 0; i < N_REQUIREMENTS; i++) {
        const struct finding *f = &s->findings[i];

        if (quiet && f->state != STATE_MISSING)
            continue;
        printf("  %-18s %s%-9s%s %s\n", requirement_row((enum requirement)i)->name,
               colour(f->state, terminal), state_name(f->state), terminal ? "\033[0m" : "",
               f->found);
        if (f->obstacle != OBSTACLE_NONE)
            print_mend(s, f);
    }
    if (!quiet || !survey_able(s))
        print_summary(s);
}

static json_t *diagnosis_json(const struct survey *s, const struct finding *f)
{
    struct diagnosis d;
    char call[64];

    if (f->obstacle == OBSTACLE_NONE)
        return json_null();
    obstacle_text(f->obstacle, &s->facts, &f->refusal, &d);
    return json_pack("{s:s, s:s?, s:s, s:s, s:s, s:s?}", "call", refusal_call(&f->refusal, call),
                     "errno", f->refusal.number != 0 ? error_name(f->refusal.number) : NULL,
                     "layer", d.name, "why", d.why, "mend", d.mend, "also",
                     d.lasting[0] != '\0' ? d.lasting : NULL);
}

static json_t *document(const struct survey *s)
{
    json_t *rows = json_array();

    for (int i = 0; i < N_REQUIREMENTS; i++) {
        const struct requirement_row *row = requirement_row((enum requirement)i);
        const struct finding *f = &s->findings[i];

        json_append(&rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", row->name, "need",
                                     need_name(row->need), "purpose", row->purpose, "state",
                                     state_name(f->state), "found", f->found, "diagnosis",
                                     diagnosis_json(s, f)));
    }
    return json_pack("{s:i, s:s, s:b, s:o}", "schema_version", 1, "launcher_version",
                     PACKAGE_VERSION, "able", survey_able(s), "requirements", rows);
}

static bool check(const struct options *o, bool *able, struct error *e)
{
    static struct survey survey;
    struct host host;
    bool ok = true;

    if (!host_open(&host, e))
        return false;
    survey_take(&host, &survey);
    host_close(&host);
    *able = survey_able(&survey);
    if (o->json)
        ok = print_document(document(&survey), true, e);
    else
        print_table(&survey, o->quiet);
    if (ok && fflush(stdout) != 0)
        ok = error_errno(e, EXIT_DENYBOX, errno, "cannot write the result");
    return ok;
}

int command_check(int argc, char **argv)
{
    struct options o = {0};
    struct error e;
    bool able = false;

    if (parse(&o, argc, argv, &e)) {
        if (o.help)
            return show_help();
        if (o.version) {
            puts("denybox " PACKAGE_VERSION);
            return EXIT_OK;
        }
        if (check(&o, &able, &e))
            return able ? EXIT_OK : EXIT_BLOCKED;
    }
    error_print(&e);
    return (int)e.exit;
}
