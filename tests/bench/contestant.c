// SPDX-License-Identifier: LGPL-2.1-or-later

#include "contestant.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a contestant's program comes from. */
enum source { FROM_PAYLOAD, FROM_TOOLS, FROM_DENYBOX, FROM_FAULTY, FROM_PATH };

struct recipe {
    const char *name;
    enum source source;
    const char *program;
    bool required;
    bool detailed;
    int base;
    const char *cost;
    const char *variable;
    const char *leaves;
    /* What follows the program, split at spaces; {work} and {payload} are replaced. */
    const char *args;
};

#define RUN "run --in {work}/in --out {work}/out "
#define WITH_EVIDENCE "--evidence {work}/home/bundle.json "
#define LEAVES_EVIDENCE .leaves = "{work}/home/bundle.json"

/* Both read a variable, so that reading it is no part of the difference. */
#define TEST_BUILD_READS(steps) .source = FROM_FAULTY, .variable = "DENYBOX_FAULT=" steps

/* denybox run with more to do, in the same rounds. */
#define VARIANT .required = true, .source = FROM_DENYBOX

static const struct recipe recipes[CONTESTANTS] = {
    [PAYLOAD_ALONE] = {"payload alone", FROM_PAYLOAD, NULL, true, true, NOBODY, .args = ""},
    [FLOOR] = {"floor", FROM_TOOLS, "floor", true, true, NOBODY,
               .args = "{work}/in {work}/out {payload}"},
    [DENYBOX] = {"denybox run", FROM_DENYBOX, NULL, true, true, NOBODY, .args = RUN "-- {payload}"},
    /* The payload needs a mount of its own here, the others take it as a descriptor. */
    [BUBBLEWRAP] = {"bubblewrap", FROM_PATH, "bwrap", true, true, NOBODY,
                    .args = "--unshare-all --unshare-user --uid 65532 --gid 65532 --tmpfs / "
                            "--ro-bind {work}/in /in --bind {work}/out /out --tmpfs /tmp "
                            "--ro-bind {payload} /payload --remount-ro / --die-with-parent "
                            "--new-session --clearenv --cap-drop ALL -- /payload"},
    /* No mounts and five namespaces: less work than the others. */
    [UNSHARE] = {"unshare", FROM_PATH, "unshare", false, false, NOBODY,
                 .args = "-Urmpn --fork {payload}"},
    [NSJAIL] = {"nsjail", FROM_PATH, "nsjail", false, false, NOBODY,
                .args = "-Mo --really_quiet --user 65532 --group 65532 --disable_proc "
                        "--iface_no_lo -R {work}/in:/in -B {work}/out:/out -T /tmp "
                        "-R {payload}:/payload -- /payload"},
    /* Setuid root, and cannot make this mount table. */
    [FIREJAIL] = {"firejail", FROM_PATH, "firejail", false, false, NOBODY,
                  .args = "--quiet --noprofile --net=none --caps.drop=all --nonewprivs "
                          "--private-tmp {payload}"},
    [CRUN] = {"crun", FROM_PATH, "crun", false, false, NOBODY,
              .args = "--root {work}/crun/state --cgroup-manager=disabled run "
                      "--bundle {work}/crun bench"},
    /* With a mount more: it wants /proc. */
    [RUNC] = {"runc", FROM_PATH, "runc", false, false, NOBODY,
              .args = "--root {work}/runc/state --rootless=true run "
                      "--bundle {work}/runc bench"},
    /* It has no tmpfs for a root: the directory is that of the bundle. */
    [MINIJAIL] = {"minijail0", FROM_PATH, "minijail0", false, false, NOBODY,
                  .args = "-T static -U -m -M -v -I -e -l -N --uts -n -P {work}/crun/rootfs "
                          "-b {work}/in,/in -b {work}/out,/out,1 -k tmpfs,/tmp,tmpfs -- /payload"},

    [UNPROVED] = {"test build, no gate", TEST_BUILD_READS("skip:proof"), .base = NOBODY,
                  .required = true, .args = RUN "-- {payload}"},
    [TEST_BUILD] = {"test build", TEST_BUILD_READS("skip:none"), .base = UNPROVED, .required = true,
                    .cost = "probes and gate", .args = RUN "-- {payload}"},
    [EVIDENCE] = {"evidence", VARIANT, .base = DENYBOX, .cost = "--evidence", LEAVES_EVIDENCE,
                  .args = RUN WITH_EVIDENCE "-- {payload}"},
    [BIG] = {"6 MB", VARIANT, .base = DENYBOX, .cost = "a payload of 6 MB",
             .args = RUN "-- {work}/bin/nothing-6m"},
    [BIG_EVIDENCE] = {"6 MB, evidence", VARIANT, .base = BIG, .cost = "--evidence, with 6 MB",
                      LEAVES_EVIDENCE, .args = RUN WITH_EVIDENCE "-- {work}/bin/nothing-6m"},
    [ROOT_10] = {"root of 10", VARIANT, .base = DENYBOX, .cost = "--rootfs, of 10 files",
                 .args = RUN "--rootfs {work}/roots/10 -- /nothing"},
    [ROOT_1000] = {"root of 1000", VARIANT, .base = ROOT_10, .cost = "1000 files instead of 10",
                   .args = RUN "--rootfs {work}/roots/1000 -- /nothing"},
    [ROOT_10000] = {"root of 10000", VARIANT, .base = ROOT_10, .cost = "10000 files instead of 10",
                    .args = RUN "--rootfs {work}/roots/10000 -- /nothing"},
    [ROOT_1000_EVIDENCE] = {"root of 1000, evidence", VARIANT, .base = ROOT_1000,
                            .cost = "--evidence, with a root of 1000", LEAVES_EVIDENCE,
                            .args = RUN WITH_EVIDENCE "--rootfs {work}/roots/1000 -- /nothing"},
};

void contestants_plain(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            *text = '?';
}

char *contestants_path(const char *directory, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        err(1, "asprintf");
    return path;
}

/* The first executable of that name in PATH, or NULL. */
static char *find_in_path(const char *name)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path ? path : "/usr/bin:/bin");
    char *rest = copy, *directory, *found = NULL;

    while (copy && !found && (directory = strsep(&rest, ":"))) {
        found = contestants_path(*directory ? directory : ".", name);
        if (access(found, X_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    free(copy);
    return found;
}

/* An argument with its placeholder, of which there is at most one, replaced. */
static char *expand(const char *arg, const struct places *places, const char *payload)
{
    const char *open = strchr(arg, '{');
    char *result;

    if (!open)
        result = strdup(arg);
    else if (asprintf(&result, "%.*s%s%s", (int)(open - arg), arg,
                      strncmp(open, "{work}", 6) == 0 ? places->work : payload,
                      strchr(open, '}') + 1) < 0)
        result = NULL;
    if (!result)
        err(1, "expanding %s", arg);
    return result;
}

static struct command command_line(const struct recipe *recipe, char *program,
                                   const struct places *places, const char *payload)
{
    struct command command = {0};
    char *copy = strdup(recipe->args);
    char *rest = copy, *arg;
    int count = 0;

    if (!copy)
        err(1, "strdup");
    command.argv[count++] = program;
    while ((arg = strsep(&rest, " ")))
        if (*arg && count < MAX_ARGS)
            command.argv[count++] = expand(arg, places, payload);
    free(copy);
    if (recipe->variable)
        command.variable = expand(recipe->variable, places, payload);
    if (recipe->leaves)
        command.leaves = expand(recipe->leaves, places, payload);
    return command;
}

static struct command under_peak(const struct command *start, char *peak)
{
    struct command command = *start;

    memmove(command.argv + 1, start->argv, (MAX_ARGS + 1) * sizeof(start->argv[0]));
    command.argv[0] = peak;
    return command;
}

static char *find_program(const struct recipe *recipe, const struct places *places)
{
    switch (recipe->source) {
    case FROM_PAYLOAD:
        return places->nothing;
    case FROM_TOOLS:
        return contestants_path(places->tools, recipe->program);
    case FROM_DENYBOX:
        return places->denybox ? strdup(places->denybox) : NULL;
    case FROM_FAULTY:
        return places->faulty ? strdup(places->faulty) : NULL;
    case FROM_PATH:
        break;
    }
    return find_in_path(recipe->program);
}

static const char *why_absent(enum source source)
{
    switch (source) {
    case FROM_DENYBOX:
        return "not given (--denybox PATH)";
    case FROM_FAULTY:
        return "not given (--faulty PATH)";
    default:
        return "not installed";
    }
}

static void fill_in(struct contestant *one, const struct recipe *recipe,
                    const struct places *places)
{
    char *program = find_program(recipe, places);

    *one = (struct contestant){.name = recipe->name,
                               .base = recipe->base,
                               .cost = recipe->cost,
                               .required = recipe->required,
                               .detailed = recipe->detailed,
                               .absent = program ? NULL : why_absent(recipe->source)};
    if (one->absent)
        return;
    one->start = command_line(recipe, program, places, places->nothing);
    one->syscost = command_line(recipe, recipe->source == FROM_PAYLOAD ? places->syscost : program,
                                places, places->syscost);
    one->with_peak = under_peak(&one->start, places->peak);
}

void contestants_find(struct contestant list[CONTESTANTS], struct places *places)
{
    places->nothing = contestants_path(places->tools, "nothing");
    places->syscost = contestants_path(places->tools, "syscost");
    places->peak = contestants_path(places->tools, "peak");
    for (int i = 0; i < CONTESTANTS; i++)
        fill_in(&list[i], &recipes[i], places);
}
