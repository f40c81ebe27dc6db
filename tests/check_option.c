/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/option.h"
#include "support.h"

#define RUN COMMAND_RUN
#define ATTEST COMMAND_ATTEST
#define PLAN COMMAND_PLAN
#define BATCH COMMAND_BATCH
#define ALL (RUN | ATTEST | PLAN | BATCH)
/* batch says itself where they are. */
#define SINGLE (RUN | ATTEST | PLAN)
/* attest runs no payload, so it has none of the options that describe one. */
#define PAYLOAD (RUN | PLAN | BATCH)

/* Every option of the command line's specification, with a value that is right. */
static const struct known {
    const char *name;
    unsigned commands;
    const char *form; /* of the value, as messages show it */
    const char *value;
    const char *second;
    bool many;
    bool deviation;
} known[] = {
    {"in", SINGLE, "DIR", "a", NULL, false, false},
    {"out", SINGLE, "DIR", "a", NULL, false, false},
    {"in-each", BATCH, "DIR", "a", NULL, false, false},
    {"out-each", BATCH, "DIR", "a", NULL, false, false},
    {"jobs", BATCH, "N", "8", NULL, false, false},
    {"out-size", ALL, "SIZE", "1m", NULL, false, false},
    {"keep-failed", PAYLOAD, "", NULL, NULL, false, false},
    {"strict-out", PAYLOAD, "", NULL, NULL, false, false},
    {"rootfs", ALL, "DIR", "a", NULL, false, false},
    {"with", ALL, "PATH", "a", NULL, true, false},
    {"image", ALL, "FILE", "a", NULL, false, false},
    {"entrypoint", PAYLOAD, "PROGRAM", "a", NULL, false, false},
    {"ro-bind", ALL, "SRC DEST", "a", "/data", true, true},
    {"proc", ALL, "", NULL, NULL, false, true},
    {"dev", ALL, "", NULL, NULL, false, true},
    {"allow-exec", PAYLOAD, "", NULL, NULL, false, true},
    {"setenv", ALL, "NAME VALUE", "A", "b", true, false},
    {"chdir", PAYLOAD, "DIR", "/out", NULL, false, false},
    {"argv0", PAYLOAD, "NAME", "a", NULL, false, false},
    {"hostname", ALL, "NAME", "a", NULL, false, false},
    {"uid", ALL, "N", "1000", NULL, false, false},
    {"gid", ALL, "N", "1000", NULL, false, false},
    {"seccomp", ALL, "PROFILE", "targeted", NULL, false, false},
    {"seccomp-bpf", ALL, "FILE", "a", NULL, false, false},
    {"tmp-size", ALL, "SIZE", "8m", NULL, false, false},
    {"memory", ALL, "SIZE", "64m", NULL, false, false},
    {"pids-limit", ALL, "N", "8", NULL, false, false},
    {"cpus", ALL, "N", "2", NULL, false, false},
    {"nofile", ALL, "N", "64", NULL, false, false},
    {"fsize", ALL, "SIZE", "1g", NULL, false, false},
    {"timeout", PAYLOAD, "DURATION", "1m", NULL, false, false},
    {"kill-after", PAYLOAD, "DURATION", "1s", NULL, false, false},
    {"cgroup", ALL, "DIR", "off", NULL, false, false},
    {"scan", PAYLOAD, "POLICY", "a", NULL, false, false},
    {"evidence", SINGLE, "FILE", "a", NULL, false, false},
    {"venue", ALL, "NAME", "CI", NULL, false, false},
    {"run-date", ALL, "DATE", "2026-06-09", NULL, false, false},
    {"nonce", ALL, "TEXT", "12345678", NULL, false, false},
    {"run-id", SINGLE, "ID", "a", NULL, false, false},
    {"args", ALL, "FD", "0", NULL, true, false},
    {"json-status-fd", SINGLE, "FD", "1", NULL, false, false},
    {"json", BATCH, "", NULL, NULL, false, false},
    {"controls", ATTEST, "", NULL, NULL, false, false},
    {"quiet", ALL, "", NULL, NULL, false, false},
    {"verbose", ALL, "", NULL, NULL, false, false},
    {"help", ALL, "", NULL, NULL, false, false},
    {"version", ALL, "", NULL, NULL, false, false},
};

static const enum command commands[] = {COMMAND_RUN, COMMAND_ATTEST, COMMAND_PLAN, COMMAND_BATCH};
static const char *const names[] = {"run", "attest", "plan", "batch"};

static struct plan plan;
static struct error e;

static void start(void)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    /* --args 0 of the tables reads nothing. */
    ck_assert_int_eq(dup2(null, 0), 0);
    close(null);
    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    memset(&e, 0, sizeof e);
}

static void finish(void)
{
    plan_free(&plan);
}

/* Parses the words, which end in NULL. */
static bool parse(enum command command, const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    plan.command = command;
    return option_parse(&plan, n, (char **)(uintptr_t)words, &e);
}

#define PARSE(...) parse(COMMAND_RUN, (const char *const[]){__VA_ARGS__, NULL})

static void refused(const char *text)
{
    ck_assert_str_eq(e.text, text);
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
}

START_TEST(the_table_is_the_specification)
{
    size_t n;
    const struct option_row *table = option_table(&n);

    ck_assert_uint_eq(n, N_ROWS(known));
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(table[i].name, known[i].name);
        ck_assert_str_eq(table[i].value, known[i].form);
        ck_assert_uint_eq(table[i].flags,
                          known[i].commands | (known[i].many ? (unsigned)OPTION_MANY : 0U) |
                              (known[i].deviation ? (unsigned)OPTION_DEVIATION : 0U));
    }
}
END_TEST

/* One line each, lower case, no full stop; a default wherever there is a value. */
START_TEST(the_help_is_for_people)
{
    size_t n;
    const struct option_row *row = &option_table(&n)[_i];
    size_t length = strlen(row->help);

    ck_assert_uint_gt(length, 5);
    ck_assert_uint_lt(length, 60);
    ck_assert_int_ne(row->help[length - 1], '.');
    ck_assert(!isupper((unsigned char)row->help[0]) || isupper((unsigned char)row->help[1]));
    for (const char *c = row->help; *c != '\0'; c++)
        ck_assert(*c >= ' ' && *c <= '~');
    ck_assert_uint_gt(strlen(row->default_text), 0);
    ck_assert_uint_lt(strlen(row->name) + strlen(row->value), 40);
}
END_TEST

/* Of the two that a batch has for each input, and the other commands for the one. */
static const char *counterpart(const char *name, enum command command, const char *other)
{
    if (command == COMMAND_BATCH)
        return strcmp(name, "in") == 0    ? "here it is --in-each DIR"
               : strcmp(name, "out") == 0 ? "here it is --out-each DIR"
                                          : other;
    return strcmp(name, "in-each") == 0    ? "here it is --in DIR"
           : strcmp(name, "out-each") == 0 ? "here it is --out DIR"
                                           : other;
}

START_TEST(an_option_is_of_its_commands)
{
    const struct known *k = &known[_i];
    char option[64];

    snprintf(option, sizeof option, "--%s", k->name);
    for (int i = 0; i < N_ROWS(commands); i++) {
        const char *words[] = {option, k->value, k->second, NULL};
        bool good = parse(commands[i], words);

        ck_assert_msg(good == ((k->commands & (unsigned)commands[i]) != 0), "%s: %s", option,
                      e.text);
        if (!good) {
            char text[128];

            snprintf(text, sizeof text, "cannot use '%s': there is no such option here", option);
            refused(text);
            snprintf(text, sizeof text,
                     "another command has it; denybox %s --help lists the "
                     "options here",
                     names[i]);
            ck_assert_str_eq(e.hint, counterpart(k->name, commands[i], text));
        }
        plan_free(&plan);
        ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    }
}
END_TEST

/* A command that knows the option: run, where it does. */
static enum command user_of(const struct known *k)
{
    return (k->commands & RUN) != 0      ? COMMAND_RUN
           : (k->commands & ATTEST) != 0 ? COMMAND_ATTEST
                                         : COMMAND_BATCH;
}

START_TEST(an_option_is_given_once)
{
    const struct known *k = &known[_i];
    char option[64];
    char text[128];
    const char *words[8] = {NULL};
    int n = 0;

    snprintf(option, sizeof option, "--%s", k->name);
    for (int i = 0; i < 2; i++) {
        words[n++] = option;
        if (k->value != NULL)
            words[n++] = k->value;
        if (k->second != NULL)
            words[n++] = i == 0 ? k->second : "/other";
    }
    snprintf(text, sizeof text, "cannot use --%s twice", k->name);
    ck_assert_msg(parse(user_of(k), words) == k->many, "%s: %s", option, e.text);
    if (!k->many)
        refused(text);
}
END_TEST

START_TEST(a_value_is_not_left_out)
{
    const struct known *k = &known[_i];
    char option[64];
    char text[128];
    const char *words[] = {option, NULL, NULL};

    snprintf(option, sizeof option, "--%s", k->name);
    if (k->value == NULL) { /* a flag takes none: the next word is the command */
        words[1] = "ls";
        ck_assert(parse(user_of(k), words));
        ck_assert_str_eq(plan.declared.command[0], "ls");
        return;
    }
    snprintf(text, sizeof text, "cannot use --%s: want --%s %s", k->name, k->name, k->form);
    ck_assert(!parse(user_of(k), words));
    refused(text);
    if (k->second == NULL)
        return;
    plan_free(&plan);
    ck_assert(plan_init(&plan, user_of(k), &e));
    words[1] = k->value;
    ck_assert(!parse(user_of(k), words));
    refused(text);
}
END_TEST

/* --option=value: for all that take one, refused for all that do not. */
START_TEST(a_value_may_be_attached)
{
    const struct known *k = &known[_i];
    char option[128];
    char text[128];
    const char *words[] = {option, k->second, NULL};

    snprintf(option, sizeof option, "--%s=%s", k->name, k->value != NULL ? k->value : "yes");
    snprintf(text, sizeof text, "cannot use --%s: it takes no value", k->name);
    ck_assert_msg(parse(user_of(k), words) == (k->value != NULL), "%s: %s", option, e.text);
    if (k->value == NULL)
        refused(text);
}
END_TEST

START_TEST(help_has_a_short_form)
{
    ck_assert(PARSE("-h", "ls"));
    ck_assert(plan.declared.help);
    plan_free(&plan);
    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert(PARSE("ls", "-h"));
    ck_assert(!plan.declared.help);
    ck_assert(!PARSE("-h", "--help", "ls"));
    refused("cannot use --help twice");
}
END_TEST

/* DEST is what is missing, not what it is called. */
START_TEST(a_second_word_is_not_the_end_of_the_options)
{
    ck_assert(!PARSE("--ro-bind", "a", "--", "ls"));
    refused("cannot use --ro-bind: want --ro-bind SRC DEST");
    ck_assert(!PARSE("--setenv=A", "--", "ls"));
    refused("cannot use --setenv: want --setenv NAME VALUE");
}
END_TEST

#define UNKNOWN(word) "cannot use '" word "': there is no such option here"
#define ONE_DASH(word) "cannot use '" word "': options have two dashes"

static const struct stranger {
    const char *word;
    const char *text;
} strangers[] = {
    {"--nope", UNKNOWN("--nope")},
    {"--i", UNKNOWN("--i")},
    {"--inn", UNKNOWN("--inn")},
    {"--IN", UNKNOWN("--IN")},
    {"--in ", UNKNOWN("--in ")},
    {"---in", UNKNOWN("---in")},
    {"--=x", UNKNOWN("--=x")},
    {"--ro_bind", UNKNOWN("--ro_bind")},
    {"--bind", UNKNOWN("--bind")},
    {"--unshare-all", UNKNOWN("--unshare-all")},
    {"--out-sizes", UNKNOWN("--out-sizes")},
    {"--no-proc", UNKNOWN("--no-proc")},
    {"--\x1b[31m", UNKNOWN("--\\x1b[31m")},
    {"-H", ONE_DASH("-H")},
    {"-hh", ONE_DASH("-hh")},
    {"-o", ONE_DASH("-o")},
    {"-in", ONE_DASH("-in")},
    {"-x\n", ONE_DASH("-x\\x0a")},
};

START_TEST(a_stranger_is_refused)
{
    ck_assert(!PARSE(strangers[_i].word, "a"));
    refused(strangers[_i].text);
}
END_TEST

/* Words, how many of them are the command, and the first of those. */
static const struct ending {
    const char *words[6];
    size_t n_command;
    const char *first;
    bool proc;
} endings[] = {
    {{"ls"}, 1, "ls", false},
    {{"--proc", "ls", "-l"}, 2, "ls", true},
    {{"ls", "--proc"}, 2, "ls", false},
    {{"ls", "--nope", "--"}, 3, "ls", false},
    {{"--", "--proc"}, 1, "--proc", false},
    {{"--proc", "--", "--", "ls"}, 2, "--", true},
    {{"--proc", "--"}, 0, NULL, true},
    {{"--proc"}, 0, NULL, true},
    {{NULL}, 0, NULL, false},
    {{"-", "--proc"}, 2, "-", false},
    {{"", "--proc"}, 2, "", false},
    {{"--in=--proc", "ls"}, 1, "ls", false},
    {{"--in=--", "--proc", "ls"}, 1, "ls", true},
    {{"--in=", "ls"}, 0, NULL, false}, /* refused: an empty path */
};

START_TEST(the_command_begins_somewhere)
{
    struct ending row = endings[_i];

    if (!parse(COMMAND_RUN, row.words)) {
        ck_assert_str_eq(row.words[0], "--in=");
        refused("cannot use --in '': want a path");
        return;
    }
    ck_assert_uint_eq(plan.declared.n_command, row.n_command);
    if (row.first != NULL)
        ck_assert_str_eq(plan.declared.command[0], row.first);
    else
        ck_assert_ptr_null(plan.declared.command[0]);
    ck_assert_ptr_null(plan.declared.command[row.n_command]);
    ck_assert_int_eq(plan.declared.proc, row.proc);
}
END_TEST

START_TEST(the_defaults_are_the_specification)
{
    const struct declared *d = &plan.declared;

    ck_assert(parse(COMMAND_RUN, (const char *const[]){NULL}));
    ck_assert_ptr_null(d->in);
    ck_assert_ptr_null(d->out);
    ck_assert_ptr_null(d->rootfs);
    ck_assert_ptr_null(d->image);
    ck_assert_ptr_null(d->entrypoint);
    ck_assert_uint_eq(d->n_binds, 0);
    ck_assert(!d->proc && !d->dev && !d->allow_exec);
    ck_assert_uint_eq(d->n_env, 4);
    ck_assert_str_eq(plan_getenv(&plan, "PATH"), "/usr/local/bin:/usr/bin:/bin");
    ck_assert_str_eq(plan_getenv(&plan, "HOME"), "/tmp");
    ck_assert_str_eq(plan_getenv(&plan, "TMPDIR"), "/tmp");
    ck_assert_str_eq(plan_getenv(&plan, "LANG"), "C.UTF-8");
    ck_assert_ptr_null(plan_getenv(&plan, "PAT"));
    ck_assert_ptr_null(plan_getenv(&plan, "USER"));
    ck_assert_str_eq(d->chdir, "/");
    ck_assert_ptr_null(d->argv0);
    ck_assert_str_eq(d->hostname, "denybox");
    ck_assert_uint_eq(d->uid, 65532);
    ck_assert_uint_eq(d->gid, 65532);
    ck_assert_str_eq(d->seccomp, "strict");
    ck_assert_ptr_null(d->seccomp_bpf);
    ck_assert_uint_eq(d->tmp_size, 16777216);
    ck_assert_uint_eq(d->memory, 268435456);
    ck_assert_uint_eq(d->pids, 64);
    ck_assert_uint_eq(d->cpus, 1);
    ck_assert_uint_eq(d->nofile, 1024);
    ck_assert_uint_eq(d->fsize, FSIZE_UNSET);
    ck_assert_str_eq(d->cgroup, "auto");
    ck_assert_ptr_null(d->evidence);
    ck_assert_ptr_null(d->nonce);
    ck_assert_int_eq(d->status_fd, -1);
    ck_assert(!d->quiet && !d->verbose && !d->help && !d->version);
}
END_TEST

START_TEST(every_value_finds_its_field)
{
    const struct declared *d = &plan.declared;

    ck_assert(PARSE("--in", "i", "--out=o", "--rootfs", "r", "--ro-bind", "s", "/t", "--proc",
                    "--dev", "--allow-exec", "--setenv", "A", "b", "--chdir", "/out", "--argv0",
                    "zero", "--hostname", "h", "--uid", "11", "--gid", "12", "--seccomp", "x.json",
                    "--seccomp-bpf", "f", "--tmp-size", "1m", "--memory", "2m", "--pids-limit", "3",
                    "--cpus", "4", "--nofile", "99", "--fsize", "6k", "--cgroup", "c", "--evidence",
                    "e", "--venue", "VPS", "--run-date", "2026-01-02", "--nonce", "nonsense",
                    "--run-id", "id", "--json-status-fd", "2", "--verbose", "--help", "--version",
                    "cmd", "arg"));
    ck_assert_str_eq(d->in, "i");
    ck_assert_str_eq(d->out, "o");
    ck_assert_str_eq(d->rootfs, "r");
    ck_assert_str_eq(d->binds[0].source, "s");
    ck_assert_str_eq(d->binds[0].target, "/t");
    ck_assert(d->proc && d->dev && d->allow_exec);
    ck_assert_str_eq(plan_getenv(&plan, "A"), "b");
    ck_assert_str_eq(d->chdir, "/out");
    ck_assert_str_eq(d->argv0, "zero");
    ck_assert_str_eq(d->hostname, "h");
    ck_assert_uint_eq(d->uid, 11);
    ck_assert_uint_eq(d->gid, 12);
    ck_assert_str_eq(d->seccomp, "x.json");
    ck_assert_str_eq(d->seccomp_bpf, "f");
    ck_assert_uint_eq(d->tmp_size, 1048576);
    ck_assert_uint_eq(d->memory, 2097152);
    ck_assert_uint_eq(d->pids, 3);
    ck_assert_uint_eq(d->cpus, 4);
    ck_assert_uint_eq(d->nofile, 99);
    ck_assert_uint_eq(d->fsize, 6144);
    ck_assert_str_eq(d->cgroup, "c");
    ck_assert_str_eq(d->evidence, "e");
    ck_assert_str_eq(d->venue, "VPS");
    ck_assert_str_eq(d->run_date, "2026-01-02");
    ck_assert_str_eq(d->nonce, "nonsense");
    ck_assert_str_eq(d->run_id, "id");
    ck_assert_int_eq(d->status_fd, 2);
    ck_assert(d->verbose && d->help && d->version && !d->quiet);
    ck_assert_uint_eq(d->n_command, 2);
    ck_assert_str_eq(d->command[1], "arg");
}
END_TEST

/* The caller's environment reaches nothing: neither an option nor the payload's. */
START_TEST(the_environment_is_not_read)
{
    setenv("PATH", "/evil", 1);
    setenv("GITHUB_TOKEN", "x", 1);
    setenv("DENYBOX_OPTIONS", "--allow-exec", 1);
    plan_free(&plan);
    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert(PARSE("ls"));
    ck_assert_uint_eq(plan.declared.n_env, 4);
    ck_assert_str_eq(plan_getenv(&plan, "PATH"), "/usr/local/bin:/usr/bin:/bin");
    ck_assert_ptr_null(plan_getenv(&plan, "GITHUB_TOKEN"));
    ck_assert(!plan.declared.allow_exec);
}
END_TEST

START_TEST(a_bad_value_is_named)
{
    ck_assert(!PARSE("--uid", "0", "ls"));
    refused("cannot use --uid '0': want a number from 1 to 4294967294");
    ck_assert(!PARSE("--setenv", "DB_PASSWORD", "x", "ls"));
    refused("cannot use --setenv 'DB_PASSWORD': the name looks like a secret (passw)");
    ck_assert_str_eq(e.hint, "a payload gets no secret; what is none can have a name without "
                             "'passw', or come as a file in --in");
    ck_assert(!PARSE("--setenv=A=B", "c"));
    refused("cannot use --setenv 'A=B': want a name of letters, digits and '_'");
}
END_TEST

START_TEST(quiet_is_not_verbose)
{
    ck_assert(!PARSE("--quiet", "--verbose", "ls"));
    refused("cannot use --quiet with --verbose");
}
END_TEST

/* --args: what the descriptor holds, and what comes of it; NULL where it is right. */
static const struct arguments {
    const char *bytes;
    size_t length;
    const char *text;
    const char *in;
    bool proc;
} arguments[] = {
    {BYTES(""), NULL, NULL, false},
    {BYTES("--proc\0"), NULL, NULL, true},
    {BYTES("--proc"), NULL, NULL, true},
    {BYTES("--in\0/a b\n\0--proc\0"), NULL, "/a b\n", true},
    {BYTES("--in=/a\0--proc"), NULL, "/a", true},
    {BYTES("--in\0--proc\0"), "cannot use --in: want --in DIR", NULL, false},
    {BYTES("--in=--proc\0"), NULL, "--proc", false},
    {BYTES("--\0"), NULL, NULL, false},
    {BYTES("--proc\0--\0"), NULL, NULL, true},
    {BYTES("--in\0\0"), "cannot use --in '': want a path", NULL, false},
    {BYTES("--in\0"), "cannot use --in: want --in DIR", NULL, false},
    {BYTES("--in"), "cannot use --in: want --in DIR", NULL, false},
    {BYTES("\0"), "cannot use '' in --args: only options go there", NULL, false},
    {BYTES("--proc\0ls\0"), "cannot use 'ls' in --args: only options go there", NULL, false},
    {BYTES("--\0ls\0"), "cannot use 'ls' in --args: only options go there", NULL, false},
    {BYTES("--\0--proc\0"), "cannot use '--proc' in --args: only options go there", NULL, false},
    {BYTES("--proc\n--dev\n"), UNKNOWN("--proc\\x0a--dev\\x0a"), NULL, false},
    {BYTES("-x\0"), ONE_DASH("-x"), NULL, false},
    {BYTES("--nope\0"), UNKNOWN("--nope"), NULL, false},
    {BYTES("--proc\0--proc\0"), "cannot use --proc twice", NULL, false},
    {BYTES("--hostname\0x\0"), "cannot use --hostname twice", NULL, false},
    {BYTES("--args\0"
           "0\0"),
     "cannot use --args in --args", NULL, false},
    {BYTES("--json-status-fd\0"
           "1048576\0"),
     "cannot use --json-status-fd '1048576': no such descriptor is open", NULL, false},
    {BYTES("\xff\xfe\0"), "cannot use '\\xff\\xfe' in --args: only options go there", NULL, false},
};

START_TEST(more_words_come_from_a_descriptor)
{
    const struct arguments *row = &arguments[_i];
    int fd = support_memfd(row->bytes, row->length);
    char number[16];

    snprintf(number, sizeof number, "%d", fd);
    ck_assert_msg(PARSE("--hostname", "h", "--args", number, "--dev", "ls") == (row->text == NULL),
                  "%s", e.text);
    if (row->text != NULL) {
        refused(row->text);
        return;
    }
    close(fd); /* the words must outlive it */
    ck_assert_int_eq(plan.declared.proc, row->proc);
    ck_assert(plan.declared.dev);
    ck_assert_uint_eq(plan.declared.n_command, 1);
    ck_assert_str_eq(plan.declared.command[0], "ls");
    if (row->in != NULL)
        ck_assert_str_eq(plan.declared.in, row->in);
    else
        ck_assert_ptr_null(plan.declared.in);
}
END_TEST

START_TEST(descriptors_may_be_several)
{
    const char *const parts[] = {"--setenv\0AAA\0b\0--proc", "--setenv\0AAA\0c\0--dev\0"};
    int first = support_memfd(parts[0], 21);
    int second = support_memfd(parts[1], 21);
    char number[2][16];

    snprintf(number[0], sizeof number[0], "%d", first);
    snprintf(number[1], sizeof number[1], "%d", second);
    ck_assert_msg(PARSE("--args", number[0], "--args", number[1], "ls"), "%s", e.text);
    close(first);
    close(second);
    ck_assert_str_eq(plan_getenv(&plan, "AAA"), "c");
    ck_assert(plan.declared.proc && plan.declared.dev);
}
END_TEST

START_TEST(what_is_behind_a_bad_option_is_read)
{
    ck_assert(!PARSE("--nonsense", "--memory", "x", "--json-status-fd", "2", "--", "--quiet"));
    refused("cannot use '--nonsense': there is no such option here");
    ck_assert_int_eq(plan.declared.status_fd, 2);
    ck_assert(!plan.declared.quiet);
}
END_TEST

START_TEST(what_is_behind_a_bad_option_may_be_the_command)
{
    ck_assert(!PARSE("--nonsense", "ls", "--json-status-fd", "2"));
    ck_assert_int_eq(plan.declared.status_fd, -1);
}
END_TEST

START_TEST(a_descriptor_has_a_bound)
{
    const size_t bound = 1U << 20;
    char *bytes = calloc(1, bound + 1);
    char number[16];
    char text[80];
    int fd;

    /* As many as fit: --setenv A b, over and over, and one that fills it up. */
    for (size_t at = 0; at < bound; at += 16)
        memcpy(bytes + at, "--setenv\0AAA\0bb", 16);
    fd = support_memfd(bytes, bound);
    snprintf(number, sizeof number, "%d", fd);
    ck_assert_msg(PARSE("--args", number), "%s", e.text);
    ck_assert_str_eq(plan_getenv(&plan, "AAA"), "bb");
    close(fd);
    fd = support_memfd(bytes, bound + 1);
    snprintf(number, sizeof number, "%d", fd);
    snprintf(text, sizeof text, "cannot read the options from descriptor %d: File too large", fd);
    plan_free(&plan);
    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert(!PARSE("--args", number));
    refused(text);
    free(bytes);
}
END_TEST

START_TEST(a_descriptor_may_not_be_readable)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char number[16];
    char text[80];

    snprintf(number, sizeof number, "%d", fd);
    snprintf(text, sizeof text, "cannot read the options from descriptor %d: Is a directory", fd);
    ck_assert(!PARSE("--args", number));
    refused(text);
}
END_TEST

START_TEST(help_lists_what_the_command_has)
{
    char *text;

    support_capture(1);
    option_help_of(commands[_i]);
    text = support_captured();
    for (int i = 0; i < N_ROWS(known); i++) {
        char line[80];
        bool listed;

        snprintf(line, sizeof line, "  --%s %s", known[i].name, known[i].form);
        listed = strstr(text, line) != NULL;
        ck_assert_msg(listed == ((known[i].commands & (unsigned)commands[_i]) != 0), "%s", line);
    }
    ck_assert_ptr_nonnull(strstr(text, " [65532]\n"));
    ck_assert_ptr_nonnull(strstr(text, " [16m]\n"));
    ck_assert_ptr_nonnull(strstr(text, " (deviation)\n"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("option");
    TCase *c = tcase_create("option");

    tcase_add_checked_fixture(c, start, finish);
    tcase_add_test(c, the_table_is_the_specification);
    tcase_add_loop_test(c, the_help_is_for_people, 0, N_ROWS(known));
    tcase_add_loop_test(c, an_option_is_of_its_commands, 0, N_ROWS(known));
    tcase_add_loop_test(c, an_option_is_given_once, 0, N_ROWS(known));
    tcase_add_loop_test(c, a_value_is_not_left_out, 0, N_ROWS(known));
    tcase_add_loop_test(c, a_value_may_be_attached, 0, N_ROWS(known));
    tcase_add_test(c, help_has_a_short_form);
    tcase_add_test(c, a_second_word_is_not_the_end_of_the_options);
    tcase_add_loop_test(c, a_stranger_is_refused, 0, N_ROWS(strangers));
    tcase_add_loop_test(c, the_command_begins_somewhere, 0, N_ROWS(endings));
    tcase_add_test(c, the_defaults_are_the_specification);
    tcase_add_test(c, every_value_finds_its_field);
    tcase_add_test(c, the_environment_is_not_read);
    tcase_add_test(c, a_bad_value_is_named);
    tcase_add_test(c, quiet_is_not_verbose);
    tcase_add_loop_test(c, more_words_come_from_a_descriptor, 0, N_ROWS(arguments));
    tcase_add_test(c, descriptors_may_be_several);
    tcase_add_test(c, what_is_behind_a_bad_option_is_read);
    tcase_add_test(c, what_is_behind_a_bad_option_may_be_the_command);
    tcase_add_test(c, a_descriptor_has_a_bound);
    tcase_add_test(c, a_descriptor_may_not_be_readable);
    tcase_add_loop_test(c, help_lists_what_the_command_has, 0, N_ROWS(commands));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
