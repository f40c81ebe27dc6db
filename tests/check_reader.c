/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of all command lines, by a command of the test's own; and names that are near. */
#include <string.h>

#include "base/near.h"
#include "base/option.h"
#include "plan/habit.h"
#include "support.h"

struct wants {
    bool flag;
    const char *path;
    uint64_t count;
    struct option_list list;
    struct option_list files;
    const char *pair[2];
    const char *output;
    bool help;
};

enum { OPTION_PAIR = OPTION_OWN };

#define ONE 1U
#define TWO 2U

static const struct option_row rows[] = {
#define ROW(...) OPTION_ROW(struct wants, __VA_ARGS__)
    ROW(flag, "flag", FLAG, "", 0, 0, ONE | TWO, "off", "a flag"),
    ROW(path, "path", PATH, "FILE", 0, 8, ONE, "none", "a path"),
    ROW(count, "count", COUNT, "N", 2, 9, ONE, "1", "a count"),
    ROW(list, "list", TEXTS, "TEXT", 1, 3, ONE | OPTION_MANY, "none", "texts"),
    ROW(files, "file", PATHS, "FILE", 0, 0, ONE | OPTION_MANY, "none", "paths"),
    ROW(pair, "pair", PAIR, "A B", 0, 0, ONE, "none", "two words"),
    ROW(output, "output", PATH, "DIR", 0, 0, TWO, "none", "with a short form"),
    ROW(help, "help", FLAG, "", 0, 0, ONE | TWO, "off", "help"),
};

static bool own(struct option_reader *r, const struct option_row *row, const char *const value[2],
                struct error *e)
{
    struct wants *w = r->target;

    ck_assert_int_eq(row->kind, OPTION_PAIR);
    if (strcmp(value[0], "bad") == 0)
        return error_set(e, EXIT_DENYBOX, "bad pair");
    w->pair[0] = value[0];
    w->pair[1] = value[1];
    return true;
}

static const char *advice(const char *name)
{
    return strcmp(name, "folder") == 0 ? "a folder is a path" : NULL;
}

static struct wants w;
static struct error e;
static char **others;
static int n_others;

static void finish(void)
{
    option_list_free(&w.list);
    option_list_free(&w.files);
}

static bool read_words(enum option_others order, unsigned command, const char *const *given)
{
    static char *words[16];
    struct option_set set = {.program = "a program",
                             .rows = rows,
                             .n_rows = N_ROWS(rows),
                             .command = command,
                             .order = order,
                             .others = order == OTHERS_NONE ? "none are taken" : "things",
                             .own = own,
                             .advice = advice};
    struct option_reader r = {.set = &set, .target = &w};
    int n = 0;

    finish();
    memset(&w, 0, sizeof w);
    memset(&e, 0, sizeof e);
    for (; given[n] != NULL; n++)
        words[n] = (char *)(uintptr_t)given[n];
    words[n] = NULL;
    return option_read(&r, n, words, &others, &n_others, &e);
}

#define READ(order, command, ...)                                                                  \
    read_words(order, command, (const char *const[]){__VA_ARGS__, NULL})

static void refused(const char *text, const char *hint)
{
    ck_assert_str_eq(e.text, text);
    ck_assert_str_eq(e.hint, hint);
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
}

START_TEST(every_kind_reaches_its_field)
{
    ck_assert(READ(OTHERS_COMMAND, ONE, "--flag", "--path=p", "--count", "9", "--list", "a",
                   "--list=b", "--file", "\xff", "--pair", "x", "y", "rest", "--flag"));
    ck_assert(w.flag);
    ck_assert_str_eq(w.path, "p");
    ck_assert_uint_eq(w.count, 9);
    ck_assert_uint_eq(w.list.n, 2);
    ck_assert_str_eq(w.list.word[1], "b");
    ck_assert_uint_eq(w.files.n, 1);
    ck_assert_str_eq(w.pair[1], "y");
    ck_assert_int_eq(n_others, 2);
    ck_assert_str_eq(others[0], "rest");
}
END_TEST

START_TEST(a_value_is_held_against_its_row)
{
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--count", "1"));
    refused("cannot use --count '1': want a number from 2 to 9", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--list", "abcd"));
    refused("cannot use --list 'abcd': want 1 to 3 characters", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--list", "\x1b"));
    refused("cannot use --list '\\x1b': want printable ASCII", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "123456789"));
    refused("cannot use --path '123456789': want a path", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--file="));
    refused("cannot use --file '': want a path", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--pair", "bad", "y"));
    refused("bad pair", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--pair=x"));
    refused("cannot use --pair: want --pair A B", "");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "a", "--path=b"));
    refused("cannot use --path twice", "");
}
END_TEST

/* What an empty variable leaves: the option behind it is not what was meant for a value. */
START_TEST(the_next_option_is_no_value)
{
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "--flag", "rest"));
    refused("cannot use --path: want --path FILE",
            "'--flag' comes next: is a variable empty? --path=FILE takes any word");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "--count=5"));
    refused("cannot use --path: want --path FILE",
            "'--count=5' comes next: is a variable empty? --path=FILE takes any word");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--pair", "--flag", "y"));
    refused("cannot use --pair: want --pair A B",
            "'--flag' comes next: is a variable empty? --pair=A takes any word");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "--", "rest"));
    refused("cannot use --path: want --path FILE",
            "'--' comes next: is a variable empty? --path=FILE takes any word");
    /* Behind the sign, the second of two, and what is no option. */
    ck_assert(READ(OTHERS_COMMAND, ONE, "--path=--flag", "--pair", "a", "--flag"));
    ck_assert_str_eq(w.path, "--flag");
    ck_assert_str_eq(w.pair[1], "--flag");
    ck_assert(!w.flag);
    ck_assert(READ(OTHERS_COMMAND, ONE, "--path", "--flags"));
    ck_assert_str_eq(w.path, "--flags");
    /* It is one of another command. */
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--path", "--output", "a"));
    refused("cannot use --path: want --path FILE",
            "'--output' comes next: is a variable empty? --path=FILE takes any word");
}
END_TEST

START_TEST(who_is_lost_is_told_the_way)
{
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--cuont", "3"));
    refused("cannot use '--cuont': there is no such option here",
            "did you mean --count? a program --help lists the options");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--coumt=3"));
    refused("cannot use '--coumt=3': there is no such option here",
            "did you mean --count? a program --help lists the options");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--folder", "x"));
    refused("cannot use '--folder': there is no such option here", "a folder is a path");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "--unlike", "x"));
    refused("cannot use '--unlike': there is no such option here",
            "a program --help lists the options");
    ck_assert(!READ(OTHERS_COMMAND, TWO, "--path", "x"));
    refused("cannot use '--path': there is no such option here",
            "another command has it; a program --help lists the options here");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "-path", "x"));
    refused("cannot use '-path': options have two dashes",
            "did you mean --path? a program --help lists the options");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "-x"));
    refused("cannot use '-x': options have two dashes", "a program --help lists the options");
}
END_TEST

START_TEST(short_forms_are_of_their_rows)
{
    ck_assert(READ(OTHERS_COMMAND, TWO, "-h", "-o", "dir"));
    ck_assert(w.help);
    ck_assert_str_eq(w.output, "dir");
    ck_assert(!READ(OTHERS_COMMAND, ONE, "-o", "dir"));
    refused("cannot use '-o': options have two dashes", "a program --help lists the options");
}
END_TEST

START_TEST(other_words_have_their_place)
{
    ck_assert(!READ(OTHERS_NONE, ONE, "--flag", "x"));
    refused("cannot use 'x': none are taken", "a program --help lists the options");
    ck_assert(!READ(OTHERS_NONE, ONE, "--"));
    refused("cannot use '--': none are taken", "a program --help lists the options");
    ck_assert(!READ(OTHERS_BEHIND, ONE, "x", "--flag"));
    refused("cannot use '--flag' here: options come before the things",
            "a program [OPTIONS] things; a name that begins with a dash is written ./-NAME");
    ck_assert(READ(OTHERS_BEHIND, ONE, "--", "x", "--flag"));
    ck_assert(!w.flag);
    ck_assert_int_eq(n_others, 2);
    ck_assert(READ(OTHERS_BEHIND, ONE, "x", "-", "y"));
    ck_assert_int_eq(n_others, 3);
    ck_assert(READ(OTHERS_AMONG, ONE, "x", "--flag", "y", "--path", "p", "z", "--", "--count"));
    ck_assert(w.flag);
    ck_assert_str_eq(w.path, "p");
    ck_assert_int_eq(n_others, 4);
    ck_assert_str_eq(others[0], "x");
    ck_assert_str_eq(others[1], "y");
    ck_assert_str_eq(others[2], "z");
    ck_assert_str_eq(others[3], "--count");
}
END_TEST

static const struct {
    const char *word;
    const char *name;
    bool near;
} names[] = {
    {"inn", "in", true},
    {"ni", "in", true},
    {"i", "in", false},
    {"up", "in", false},
    {"ot", "out", true},
    {"outt", "out", true},
    {"memroy", "memory", true},
    {"memori", "memory", true},
    {"hostn", "hostname", true},
    {"pid-limits", "pids-limit", true},
    {"evidense", "evidence", true},
    {"proof", "proc", true},
    {"verfiy", "verify", true},
    {"", "in", false},
    {"memory-size", "memory", false},
    {"ab", "cd", false},
    {"plam", "plan", true},
};

START_TEST(near_names)
{
    struct near near = {0};

    near_try(&near, names[_i].word, strlen(names[_i].word), names[_i].name);
    ck_assert_msg((near.name != NULL) == names[_i].near, "%s", names[_i].word);
}
END_TEST

START_TEST(the_nearest_is_taken)
{
    struct near near = {0};

    near_try(&near, "verifye", 7, "verily");
    near_try(&near, "verifye", 7, "verify");
    near_try(&near, "verifye", 7, "verity");
    ck_assert_str_eq(near.name, "verify");
}
END_TEST

START_TEST(habits_are_known_by_their_whole_name)
{
    ck_assert_ptr_nonnull(habit_advice("bind"));
    ck_assert_ptr_nonnull(habit_advice("v"));
    ck_assert_ptr_nonnull(habit_advice("unshare-all"));
    ck_assert_ptr_null(habit_advice("bin"));
    ck_assert_ptr_null(habit_advice("unshare"));
    ck_assert_ptr_null(habit_advice(""));
    ck_assert_ptr_null(habit_advice("bind bind-try"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reader");
    TCase *c = tcase_create("reader");

    tcase_add_checked_fixture(c, NULL, finish);
    tcase_add_test(c, every_kind_reaches_its_field);
    tcase_add_test(c, a_value_is_held_against_its_row);
    tcase_add_test(c, the_next_option_is_no_value);
    tcase_add_test(c, who_is_lost_is_told_the_way);
    tcase_add_test(c, short_forms_are_of_their_rows);
    tcase_add_test(c, other_words_have_their_place);
    tcase_add_loop_test(c, near_names, 0, N_ROWS(names));
    tcase_add_test(c, the_nearest_is_taken);
    tcase_add_test(c, habits_are_known_by_their_whole_name);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
