/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plan/option.h"
#include "plan/preset.h"
#include "support.h"

static struct plan plan;
static struct error e;

static void parse(enum command command, const char *const *words)
{
    int n = 0;

    while (words[n] != NULL)
        n++;
    ck_assert(plan_init(&plan, command, &e));
    ck_assert_msg(option_parse(&plan, n, (char **)(uintptr_t)words, &e), "%s", e.text);
}

#define PARSE(command, ...) parse(command, (const char *const[]){__VA_ARGS__, NULL})

static const char *env(const char *pair)
{
    const char *left_out;

    ck_assert(preset_env(&plan, pair, &left_out, &e));
    return left_out;
}

START_TEST(what_the_user_set_stays)
{
    PARSE(COMMAND_RUN, "--setenv", "A", "1", "--setenv", "HOME", "/tmp", "x");
    ck_assert_ptr_null(env("A=2"));
    ck_assert_ptr_null(env("HOME=/root"));
    ck_assert_ptr_null(env("PATH=/bin"));
    ck_assert_ptr_null(env("B=x=y"));
    ck_assert_ptr_null(env("B=z"));
    ck_assert_ptr_null(env("C="));
    ck_assert_str_eq(plan_getenv(&plan, "A"), "1");
    /* Said with the value of the default: still said. */
    ck_assert_str_eq(plan_getenv(&plan, "HOME"), "/tmp");
    ck_assert_str_eq(plan_getenv(&plan, "PATH"), "/bin");
    ck_assert_str_eq(plan_getenv(&plan, "B"), "z");
    ck_assert_str_eq(plan_getenv(&plan, "C"), "");
    ck_assert_uint_eq(plan.declared.n_env, 7);
    plan_free(&plan);
}
END_TEST

static const struct {
    const char *pair;
    const char *why;
} left_out[] = {
    {"GITHUB_TOKEN=x", "the name looks like a secret"},
    {"password=x", "the name looks like a secret"},
    {"a.b=1", "the name is not of letters, digits and '_'"},
    {"1A=1", "the name is not of letters, digits and '_'"},
    {"=x", "the name is not of letters, digits and '_'"},
    {"NAME", "it has no value"},
    {"", "it has no value"},
};

START_TEST(some_names_are_left_out)
{
    PARSE(COMMAND_RUN, "x");
    ck_assert_str_eq(env(left_out[_i].pair), left_out[_i].why);
    ck_assert_uint_eq(plan.declared.n_env, 4);
    plan_free(&plan);
}
END_TEST

#define LIST(...) ((char *const *)(uintptr_t)(const char *const[]){__VA_ARGS__, NULL})
#define NONE ((char *const[]){NULL})

static void expect(const char *words)
{
    char joined[256] = "";

    for (size_t i = 0; i < plan.declared.n_command; i++)
        sprintf(joined + strlen(joined), "[%s]", plan.declared.command[i]);
    ck_assert_ptr_null(plan.declared.command[plan.declared.n_command]);
    ck_assert_str_eq(joined, words);
    plan_free(&plan);
}

/* docker run: the words replace Cmd and come after Entrypoint; --entrypoint resets both. */
START_TEST(the_command_is_that_of_docker)
{
    PARSE(COMMAND_RUN, "a", "b c");
    ck_assert(preset_command(&plan, LIST("e", "f"), LIST("x"), &e));
    expect("[e][f][a][b c]");
    PARSE(COMMAND_PLAN, "--quiet");
    ck_assert(preset_command(&plan, LIST("e"), LIST("x", "y"), &e));
    expect("[e][x][y]");
    PARSE(COMMAND_RUN, "--quiet");
    ck_assert(preset_command(&plan, NONE, LIST("x"), &e));
    expect("[x]");
    PARSE(COMMAND_RUN, "--quiet");
    ck_assert(preset_command(&plan, NONE, NONE, &e));
    expect("");
    PARSE(COMMAND_RUN, "--entrypoint", "n", "a");
    ck_assert(preset_command(&plan, LIST("e"), LIST("x"), &e));
    expect("[n][a]");
    PARSE(COMMAND_RUN, "--entrypoint", "n");
    ck_assert(preset_command(&plan, LIST("e"), LIST("x"), &e));
    expect("[n]");
    PARSE(COMMAND_RUN, "--entrypoint", "", "a");
    ck_assert(preset_command(&plan, LIST("e"), LIST("x"), &e));
    expect("[a]");
    PARSE(COMMAND_ATTEST, "--quiet");
    ck_assert(preset_command(&plan, LIST("e"), LIST("x"), &e));
    expect("");
}
END_TEST

static const struct {
    const char *directory;
    const char *becomes; /* NULL: refused */
} directories[] = {
    {"", "/"},   {"/", "/"},    {"//", "/"},   {"/a/b", "/a/b"}, {"/a/", "/a"},
    {"a", NULL}, {"./a", NULL}, {"/..", NULL}, {"/a/./b", NULL}, {"/a//b", NULL},
};

START_TEST(the_directory_is_a_default)
{
    bool ok;

    PARSE(COMMAND_RUN, "x");
    ok = preset_directory(&plan, directories[_i].directory, &e);
    ck_assert_int_eq(ok, directories[_i].becomes != NULL);
    if (ok)
        ck_assert_str_eq(plan.declared.chdir, directories[_i].becomes);
    plan_free(&plan);
    PARSE(COMMAND_RUN, "--chdir", "/", "x");
    ck_assert(preset_directory(&plan, directories[_i].directory, &e));
    ck_assert_str_eq(plan.declared.chdir, "/");
    plan_free(&plan);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("preset");
    TCase *c = tcase_create("preset");

    tcase_add_test(c, what_the_user_set_stays);
    tcase_add_loop_test(c, some_names_are_left_out, 0, N_ROWS(left_out));
    tcase_add_test(c, the_command_is_that_of_docker);
    tcase_add_loop_test(c, the_directory_is_a_default, 0, N_ROWS(directories));
    suite_add_tcase(s, c);
    return support_run(s);
}
