/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "base/patience.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/kept.h"
#include "cmd/print.h"
#include "cmd/verb.h"
#include "store/store.h"

/* What is asked for, and what came of it. */
struct errand {
    const char *command;
    const char *verb;
    unsigned kinds;
    int argc; /* the ids; none: all */
    char **argv;
    bool *found; /* of each id: is it there? */
    bool as_json;
    json_t *list; /* as JSON; NULL: out of memory */
    size_t met;   /* entries that were asked for */
    int status;
    struct error unfound; /* why a part of the cache cannot be opened; said once for all of them */
};

/* One entry, locked against pruning. */
struct item {
    const struct kept *kind;
    int area;
    int entry;
    const char *name;
    struct timespec used;
    json_t *about;    /* NULL: damaged, and why */
    struct error why; /* valid without about */
    char id[DIGEST_TEXT_SIZE];
};

typedef void action(struct errand *errand, struct item *item);

static void fail(struct errand *errand, const struct error *e)
{
    error_print(e);
    if (errand->status == EXIT_OK)
        errand->status = (int)e->exit;
}

/* ---------------------------------------------------------------- each entry */

static bool is_wanted(struct errand *errand, const struct item *item)
{
    bool is = errand->argc == 0;

    for (int i = 0; i < errand->argc; i++) {
        if (strcmp(errand->argv[i], item->id) == 0 || strcmp(errand->argv[i], item->name) == 0)
            is = errand->found[i] = true;
    }
    return is;
}

static void visit(struct errand *errand, struct item *item, action *act)
{
    struct error e;

    item->entry = store_use(item->area, item->name);
    if (item->entry < 0 && errno == ENOENT) /* pruned meanwhile */
        return;
    if (item->entry < 0) {
        error_errno(&e, EXIT_DENYBOX, errno, "cannot use the %s %s in the cache", item->kind->name,
                    item->name);
        fail(errand, &e);
        return;
    }
    item->about = item->kind->about(item->entry, item->name, &item->why);
    item->kind->identify(item->name, item->about, item->id);
    if (is_wanted(errand, item)) {
        errand->met++;
        act(errand, item);
    }
    json_decref(item->about);
    io_close(&item->entry);
}

static void visit_kind(struct errand *errand, const struct kept *kind, action *act)
{
    struct store_entry *list = NULL;
    struct error e;
    size_t n = 0;
    int area = store_look(kind->area, &e);

    if (area < 0 && e.text[0] != '\0' && strcmp(e.text, errand->unfound.text) != 0) {
        fail(errand, &e);
        errand->unfound = e;
    }
    if (area >= 0 && !store_list(area, &list, &n)) {
        error_errno(&e, EXIT_DENYBOX, errno, "cannot list the cache");
        fail(errand, &e);
    }
    for (size_t i = 0; i < n; i++) {
        struct item item = {.kind = kind, .area = area, .name = list[i].name, .used = list[i].used};

        if (kind->is_entry(list[i].name))
            visit(errand, &item, act);
    }
    free(list);
    io_close(&area);
}

static void visit_all(struct errand *errand, action *act)
{
    for (size_t i = 0; i < n_kept; i++) {
        if ((errand->kinds & kept[i].bit) != 0)
            visit_kind(errand, &kept[i], act);
    }
}

/* ---------------------------------------------------------------- the verbs */

static const char *time_text(const struct timespec *when, char text[32])
{
    struct tm tm;

    if (gmtime_r(&when->tv_sec, &tm) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(text, 32, "-");
    return text;
}

static void list_one(struct errand *errand, struct item *item)
{
    struct stat st = {0};
    char made[32];
    char used[32];
    struct buf line = {0};
    json_t *row;

    if (item->about == NULL) {
        fail(errand, &item->why);
        return;
    }
    fstatat(item->entry, STORE_RECORD, &st, AT_SYMLINK_NOFOLLOW);
    time_text(&st.st_mtim, made);
    time_text(&item->used, used);
    if (errand->as_json) {
        row = json_pack("{s:s, s:s, s:s, s:s}", "kind", item->kind->name, "id", item->id, "made",
                        made, "used", used);
        if (json_object_update(row, item->about) != 0) {
            json_decref(row);
            row = NULL;
        }
        json_append(&errand->list, row);
        return;
    }
    item->kind->describe(item->about, &line);
    printf("%s  %s  %lld bytes  made %s  used %s%s\n", item->id, item->kind->name,
           (long long)json_integer_value(json_object_get(item->about, "bytes")), made, used,
           buf_text(&line));
    buf_free(&line);
}

static void verify_one(struct errand *errand, struct item *item)
{
    struct error e;
    bool ok;

    patience_begin("reading it again");
    ok = item->kind->verify(item->entry, item->name, &e);
    patience_end();
    if (ok)
        printf("%s  as %s\n", item->id, item->kind->made);
    else
        fail(errand, &e);
}

/* What is named has to go; of all, what is in use may stay. */
static void prune_one(struct errand *errand, struct item *item)
{
    struct error e;
    enum prune_result result;

    io_close(&item->entry); /* with the lock */
    result = store_prune(item->area, item->name);
    if (result == PRUNE_GONE) {
        printf("removed: %s\n", item->id);
    } else if (result == PRUNE_IN_USE && errand->argc == 0) {
        printf("in use: %s\n", item->id);
    } else {
        error_set(&e, EXIT_DENYBOX, "cannot remove the %s %s: %s", item->kind->name, item->id,
                  result == PRUNE_IN_USE ? "it is in use" : strerror(errno));
        fail(errand, &e);
    }
}

/* What somebody who was killed has left, in any part of the cache. */
static void prune_staging(struct errand *errand)
{
    size_t n = 0;

    for (size_t i = 0; i < n_kept; i++) {
        struct error e;
        int area = store_look(kept[i].area, &e);

        n += area >= 0 ? store_sweep(area) : 0;
        io_close(&area);
    }
    if (n != 0)
        printf("removed: %zu that somebody had left half done\n", n);
    errand->met += n;
}

static int list(struct errand *errand)
{
    struct error e;

    errand->as_json = errand->argc != 0; /* it is the only word that list takes */
    errand->argc = 0;
    errand->list = errand->as_json ? json_array() : NULL;
    visit_all(errand, list_one);
    if (errand->as_json && !print_document(errand->list, true, &e))
        fail(errand, &e);
    return errand->status;
}

/* Goes through all, or those that are named, and says which of these are not there. */
static void visit_named(struct errand *errand, action *act)
{
    struct error e;

    errand->found = calloc((size_t)errand->argc + 1, sizeof *errand->found);
    if (errand->found == NULL) {
        error_set(&e, EXIT_DENYBOX, "cannot use the cache: out of memory");
        fail(errand, &e);
        return;
    }
    visit_all(errand, act);
    for (int i = 0; i < errand->argc; i++) {
        if (errand->found[i])
            continue;
        error_set(&e, EXIT_DENYBOX, "cannot %s %s: it is not in the cache", errand->verb,
                  errand->argv[i]);
        error_hint(&e, "denybox %s list names what is there", errand->command);
        fail(errand, &e);
    }
    free(errand->found);
}

static int verify(struct errand *errand)
{
    visit_named(errand, verify_one);
    return errand->status;
}

static int prune(struct errand *errand)
{
    visit_named(errand, prune_one);
    if (errand->argc == 0)
        prune_staging(errand);
    if (errand->argc == 0 && errand->met == 0 && errand->status == EXIT_OK)
        puts("nothing to remove: the cache has none");
    return errand->status;
}

/* ---------------------------------------------------------------- the words */

static bool only_json(const char *command, int argc, char **argv, struct error *e)
{
    bool json = argc >= 1 && strcmp(argv[0], "--json") == 0;

    if (argc == (json ? 1 : 0))
        return true;
    if (json && strcmp(argv[1], "--json") == 0)
        error_set(e, EXIT_DENYBOX, "cannot use --json twice");
    else
        error_set(e, EXIT_DENYBOX, "cannot use %s list: '%s' is not --json", command,
                  text_show(argv[json ? 1 : 0]));
    return error_hint(e, "denybox %s list [--json]", command);
}

static bool only_ids(const char *command, const char *verb, unsigned kinds, int argc, char **argv,
                     struct error *e)
{
    for (int i = 0; i < argc; i++) {
        if (kept_is_id(kinds, argv[i]))
            continue;
        error_set(e, EXIT_DENYBOX, "cannot %s '%s': it is no id", verb, text_show(argv[i]));
        return error_hint(e,
                          "an id is sha256: and 64 digits, as denybox %s list shows it; without "
                          "one, %s takes all",
                          command, verb);
    }
    return true;
}

/* What other programs call them. */
static const char *habit(const char *word)
{
    static const char *const habits[][2] = {
        {"ls", "list"},         {"show", "list"},    {"images", "list"},     {"rm", "prune ID"},
        {"remove", "prune ID"}, {"rmi", "prune ID"}, {"delete", "prune ID"}, {"clean", "prune"},
        {"clear", "prune"},     {"check", "verify"}, {"import", "add FILE"}, {"load", "add FILE"},
        {"pull", "add FILE"},
    };

    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        if (strcmp(word, habits[i][0]) == 0)
            return habits[i][1];
    }
    return NULL;
}

static bool refuse_verb(const char *command, const char *word, struct error *e)
{
    const char *meant = word != NULL ? habit(word) : NULL;
    char usage[VERB_USAGE_SIZE];

    if (word == NULL)
        error_set(e, EXIT_DENYBOX, "cannot use %s: no verb given", command);
    else
        error_set(e, EXIT_DENYBOX, "cannot use %s: '%s' is not a verb of it", command,
                  text_show(word));
    return error_hint(e, "denybox %s %s", command,
                      meant != NULL ? meant : verb_usage(command, usage));
}

static const struct {
    const char *name;
    int (*carry_out)(struct errand *errand);
} verbs[] = {{"list", list}, {"verify", verify}, {"prune", prune}};

#define N_VERBS (sizeof verbs / sizeof verbs[0])

static size_t find_verb(const char *word)
{
    size_t i = 0;

    while (i < N_VERBS && strcmp(word, verbs[i].name) != 0)
        i++;
    return i;
}

bool cache_words(const char *command, unsigned kinds, int argc, char **argv, struct error *e)
{
    if (argc == 0 || find_verb(argv[0]) == N_VERBS)
        return refuse_verb(command, argc > 0 ? argv[0] : NULL, e);
    return verbs[find_verb(argv[0])].carry_out == list
               ? only_json(command, argc - 1, argv + 1, e)
               : only_ids(command, argv[0], kinds, argc - 1, argv + 1, e);
}

int cache_verb(const char *command, unsigned kinds, int argc, char **argv)
{
    struct errand errand = {.command = command,
                            .verb = argv[0],
                            .kinds = kinds,
                            .argc = argc - 1,
                            .argv = argv + 1,
                            .status = EXIT_OK};
    struct error e;

    verbs[find_verb(argv[0])].carry_out(&errand);
    if (errand.status == EXIT_OK && !print_end(&e))
        fail(&errand, &e);
    return errand.status;
}

bool words_cache(int argc, char **argv, struct error *e)
{
    return verb_help_asked(argc, argv) ||
           cache_words("cache", CACHE_ROOTS | CACHE_IMAGES, argc, argv, e);
}

int command_cache(int argc, char **argv)
{
    struct error e;

    if (!words_cache(argc, argv, &e)) {
        error_print(&e);
        return (int)e.exit;
    }
    if (!verb_help_asked(argc, argv))
        return cache_verb("cache", CACHE_ROOTS | CACHE_IMAGES, argc, argv);
    verb_help("cache",
              "Roots that were made of the host's programs, and unpacked images. A root that was\n"
              "removed is made again when it is asked for; an image needs its file.\n");
    return EXIT_OK;
}
