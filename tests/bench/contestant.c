// SPDX-License-Identifier: LGPL-2.1-or-later

#include "contestant.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a contestant's program comes from. */
enum source { FROM_PAYLOAD, FROM_TOOLS, FROM_OPTION, FROM_PATH };

struct recipe {
    const char *name;
    enum source source;
    const char *program;
    bool required;
    bool detailed;
    /* What follows the program, split at spaces; {in}, {out}, {payload}, {bundle} are replaced. */
    const char *args;
};

/* In the order of the enum in the header; after those, other launchers in any order. */
static const struct recipe recipes[CONTESTANTS] = {
    {"payload alone", FROM_PAYLOAD, NULL, true, true, ""},
    {"floor", FROM_TOOLS, "floor", true, true, "{in} {out} {payload}"},
    {"denybox run", FROM_OPTION, "denybox", true, true, "run --in {in} --out {out} -- {payload}"},
    /* The payload needs a mount of its own here, the others take it as a descriptor. */
    {"bubblewrap", FROM_PATH, "bwrap", true, true,
     "--unshare-all --unshare-user --uid 65532 --gid 65532 --tmpfs / --ro-bind {in} /in "
     "--bind {out} /out --tmpfs /tmp --ro-bind {payload} /payload --remount-ro / "
     "--die-with-parent --new-session --clearenv --cap-drop ALL -- /payload"},
    /* No mounts and five namespaces: less work than the others. */
    {"unshare", FROM_PATH, "unshare", false, false, "-Urmpn --fork {payload}"},
    {"nsjail", FROM_PATH, "nsjail", false, false,
     "-Mo --really_quiet --user 65532 --group 65532 --disable_proc --iface_no_lo -R {in}:/in "
     "-B {out}:/out -T /tmp -R {payload}:/payload -- /payload"},
    /* Setuid root, and cannot make this mount table. */
    {"firejail", FROM_PATH, "firejail", false, false,
     "--quiet --noprofile --net=none --caps.drop=all --nonewprivs --private-tmp {payload}"},
    {"crun", FROM_PATH, "crun", false, false,
     "--root {bundle}/state --cgroup-manager=disabled run --bundle {bundle} bench"},
};

static char *join(const char *directory, const char *name)
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
        found = join(*directory ? directory : ".", name);
        if (access(found, X_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    free(copy);
    return found;
}

static const char *lookup(const char *key, const struct places *places, const char *payload)
{
    if (strncmp(key, "in}", 3) == 0)
        return places->in;
    if (strncmp(key, "out}", 4) == 0)
        return places->out;
    if (strncmp(key, "bundle}", 7) == 0)
        return places->bundle;
    return payload;
}

/* An argument with its placeholder, of which there is at most one, replaced. */
static char *expand(const char *arg, const struct places *places, const char *payload)
{
    const char *open = strchr(arg, '{');
    char *result;

    if (!open)
        result = strdup(arg);
    else if (asprintf(&result, "%.*s%s%s", (int)(open - arg), arg,
                      lookup(open + 1, places, payload), strchr(open, '}') + 1) < 0)
        result = NULL;
    if (!result)
        err(1, "expanding %s", arg);
    return result;
}

static void command_line(char *argv[MAX_ARGS], const struct recipe *recipe, char *program,
                         const struct places *places, const char *payload)
{
    char *copy = strdup(recipe->args);
    char *rest = copy, *arg;
    int count = 0;

    if (!copy)
        err(1, "strdup");
    argv[count++] = program;
    while ((arg = strsep(&rest, " ")))
        if (*arg && count < MAX_ARGS - 1)
            argv[count++] = expand(arg, places, payload);
    argv[count] = NULL;
    free(copy);
}

static char *find_program(const struct recipe *recipe, const struct places *places)
{
    switch (recipe->source) {
    case FROM_PAYLOAD:
        return places->nothing;
    case FROM_TOOLS:
        return join(places->tools, recipe->program);
    case FROM_OPTION:
        return places->denybox ? strdup(places->denybox) : NULL;
    case FROM_PATH:
        break;
    }
    return find_in_path(recipe->program);
}

static const char *why_absent(const struct recipe *recipe, const char *program,
                              const struct places *places)
{
    if (!program)
        return recipe->source == FROM_OPTION ? "not given (--denybox PATH)" : "not installed";
    if (strcmp(recipe->name, "crun") == 0 && !places->bundle)
        return "no bundle given (--bundle DIR)";
    return NULL;
}

static void fill_in(struct contestant *one, const struct recipe *recipe,
                    const struct places *places)
{
    char *program = find_program(recipe, places);

    *one = (struct contestant){.name = recipe->name,
                               .required = recipe->required,
                               .detailed = recipe->detailed,
                               .absent = why_absent(recipe, program, places)};
    if (one->absent)
        return;
    command_line(one->start, recipe, program, places, places->nothing);
    if (recipe->detailed)
        command_line(one->syscost, recipe,
                     recipe->source == FROM_PAYLOAD ? places->syscost : program, places,
                     places->syscost);
    one->with_peak[0] = places->peak;
    memcpy(one->with_peak + 1, one->start, sizeof(one->start));
}

void contestants_find(struct contestant list[CONTESTANTS], struct places *places)
{
    places->nothing = join(places->tools, "nothing");
    places->syscost = join(places->tools, "syscost");
    places->peak = join(places->tools, "peak");
    for (int i = 0; i < CONTESTANTS; i++)
        fill_in(&list[i], &recipes[i], places);
}
