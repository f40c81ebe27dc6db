/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/value.h"
#include "support.h"

#define ALL UINT64_MAX

static const struct size {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t bytes;
} sizes[] = {
    {"0", ALL, true, 0},
    {"1", ALL, true, 1},
    {"4096", ALL, true, 4096},
    {"1k", ALL, true, 1024},
    {"1K", ALL, true, 1024},
    {"16m", ALL, true, 16777216},
    {"16M", ALL, true, 16777216},
    {"3g", ALL, true, 3221225472},
    {"2G", ALL, true, 2147483648},
    {"2t", ALL, true, 2199023255552},
    {"1T", ALL, true, 1099511627776},
    {"0g", ALL, true, 0},
    {"1024", 1024, true, 1024},
    {"1025", 1024, false, 0},
    {"1k", 1024, true, 1024},
    {"1k", 1023, false, 0},
    {"2k", 1024, false, 0},
    {"18446744073709551615", ALL, true, ALL},
    {"18446744073709551616", ALL, false, 0},
    {"16777215t", ALL, true, 18446742974197923840ULL},
    {"16777216t", ALL, false, 0},
    {"18014398509481984k", ALL, false, 0},
    {"99999999999999999999999999999999", ALL, false, 0},
    {"", ALL, false, 0},
    {"k", ALL, false, 0},
    {"1kk", ALL, false, 0},
    {"1kb", ALL, false, 0},
    {"1ki", ALL, false, 0},
    {"1p", ALL, false, 0},
    {"1.5m", ALL, false, 0},
    {"-1", ALL, false, 0},
    {"-1k", ALL, false, 0},
    {"+1", ALL, false, 0},
    {" 1", ALL, false, 0},
    {"1 ", ALL, false, 0},
    {"1 k", ALL, false, 0},
    {"0x10", ALL, false, 0},
    {"1\n", ALL, false, 0},
    {"1\xcb", ALL, false, 0},
};

START_TEST(a_size_is_read)
{
    uint64_t bytes = 99;

    ck_assert_int_eq(value_size(sizes[_i].text, sizes[_i].max, &bytes), sizes[_i].good);
    if (sizes[_i].good)
        ck_assert_uint_eq(bytes, sizes[_i].bytes);
}
END_TEST

static const struct inside {
    const char *path;
    bool good;
} paths[] = {
    {"/a", true},     {"/a/b", true},   {"/...", true},    {"/.a", true},     {"/..a", true},
    {"/a.", true},    {"/a/..b", true}, {"/a b/\n", true}, {"", false},       {"/", false},
    {"a", false},     {"./a", false},   {"../a", false},   {"//", false},     {"//a", false},
    {"/a/", false},   {"/a//b", false}, {"/.", false},     {"/..", false},    {"/./a", false},
    {"/../a", false}, {"/a/.", false},  {"/a/..", false},  {"/a/./b", false}, {"/a/../b", false},
};

START_TEST(a_path_inside_is_normal)
{
    ck_assert_int_eq(value_inside(paths[_i].path), paths[_i].good);
}
END_TEST

START_TEST(a_path_inside_has_a_bound)
{
    char path[PATH_MAX + 1];

    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[PATH_MAX - 1] = '\0';
    ck_assert(value_inside(path));
    path[PATH_MAX - 1] = 'a';
    path[PATH_MAX] = '\0';
    ck_assert(!value_inside(path));
}
END_TEST

static const struct option_row *row_of(const char *name)
{
    size_t n;
    const struct option_row *table = option_table(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    ck_abort_msg("no option %s", name);
}

#define CANNOT(option, value, reason) "cannot use --" option " '" value "': " reason
#define RANGE(min, max) "want a number from " min " to " max
#define SIZES(min, max) "want a size from " min " to " max
#define NOT_SIZE "want a number of bytes, or one with k, m, g or t"
#define NOT_DURATION "want a whole number with s, m, h or d"
#define TIME "want a time from 1s to 36525d"
#define X8 "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8

/* One option, its value, and what is said; NULL where the value is right. */
static const struct reading {
    const char *option;
    const char *value;
    const char *text;
} readings[] = {
    {"evidence", "./-", NULL},
    {"evidence", "-", CANNOT("evidence", "-", "want a path; a file of that name is ./-")},
    {"with", "-", CANNOT("with", "-", "want a path; a file of that name is ./-")},
    {"uid", "1", NULL},
    {"uid", "65532", NULL},
    {"uid", "4294967294", NULL},
    {"uid", "0", CANNOT("uid", "0", RANGE("1", "4294967294"))},
    {"uid", "4294967295", CANNOT("uid", "4294967295", RANGE("1", "4294967294"))},
    {"uid", "-1", CANNOT("uid", "-1", RANGE("1", "4294967294"))},
    {"uid", "1k", CANNOT("uid", "1k", RANGE("1", "4294967294"))},
    {"uid", "", CANNOT("uid", "", RANGE("1", "4294967294"))},
    {"uid", "root\n", CANNOT("uid", "root\\x0a", RANGE("1", "4294967294"))},
    {"gid", "1", NULL},
    {"gid", "4294967294", NULL},
    {"gid", "0", CANNOT("gid", "0", RANGE("1", "4294967294"))},
    {"gid", "4294967295", CANNOT("gid", "4294967295", RANGE("1", "4294967294"))},
    {"pids-limit", "1", NULL},
    {"pids-limit", "1000000", NULL},
    {"pids-limit", "0", CANNOT("pids-limit", "0", RANGE("1", "1000000"))},
    {"pids-limit", "1000001", CANNOT("pids-limit", "1000001", RANGE("1", "1000000"))},
    {"cpus", "1", NULL},
    {"cpus", "1024", NULL},
    {"cpus", "0", CANNOT("cpus", "0", RANGE("1", "1024"))},
    {"cpus", "1025", CANNOT("cpus", "1025", RANGE("1", "1024"))},
    {"cpus", "0.5", CANNOT("cpus", "0.5", RANGE("1", "1024"))},
    {"nofile", "64", NULL},
    {"nofile", "1048576", NULL},
    {"nofile", "63", CANNOT("nofile", "63", RANGE("64", "1048576"))},
    {"nofile", "1048577", CANNOT("nofile", "1048577", RANGE("64", "1048576"))},
    {"tmp-size", "4096", NULL},
    {"tmp-size", "4k", NULL},
    {"tmp-size", "1t", NULL},
    {"tmp-size", "4095", CANNOT("tmp-size", "4095", SIZES("4k", "1t"))},
    {"tmp-size", "3k", CANNOT("tmp-size", "3k", SIZES("4k", "1t"))},
    {"tmp-size", "2t", CANNOT("tmp-size", "2t", SIZES("4k", "1t"))},
    {"tmp-size", "1099511627777", CANNOT("tmp-size", "1099511627777", SIZES("4k", "1t"))},
    {"tmp-size", "16mb", CANNOT("tmp-size", "16mb", NOT_SIZE)},
    {"tmp-size", "", CANNOT("tmp-size", "", NOT_SIZE)},
    {"tmp-size", "50%", CANNOT("tmp-size", "50%", NOT_SIZE)},
    {"memory", "1m", NULL},
    {"memory", "1024t", NULL},
    {"memory", "1048575", CANNOT("memory", "1048575", SIZES("1m", "1024t"))},
    {"memory", "1025t", CANNOT("memory", "1025t", SIZES("1m", "1024t"))},
    {"memory", "-1", CANNOT("memory", "-1", NOT_SIZE)},
    {"fsize", "4096", NULL},
    {"fsize", "0", CANNOT("fsize", "0", SIZES("4k", "1024t"))},
    {"fsize", "4095", CANNOT("fsize", "4095", SIZES("4k", "1024t"))},
    {"fsize", "1024t", NULL},
    {"fsize", "1025t", CANNOT("fsize", "1025t", SIZES("4k", "1024t"))},
    {"fsize", "unset", CANNOT("fsize", "unset", NOT_SIZE)},
    {"timeout", "1", NULL},
    {"timeout", "90s", NULL},
    {"timeout", "36525d", NULL},
    {"timeout", "0", CANNOT("timeout", "0", TIME)},
    {"timeout", "36526d", CANNOT("timeout", "36526d", TIME)},
    {"timeout", "1.5", CANNOT("timeout", "1.5", NOT_DURATION)},
    {"kill-after", "0s", CANNOT("kill-after", "0s", TIME)},
    {"run-date", "2026-06-09", NULL},
    {"run-date", "2024-02-29", NULL},
    {"run-date", "2000-02-29", NULL},
    {"run-date", "2023-02-28", NULL},
    {"run-date", "2025-12-31", NULL},
    {"run-date", "2023-02-29", CANNOT("run-date", "2023-02-29", "there is no such day")},
    {"run-date", "1900-02-29", CANNOT("run-date", "1900-02-29", "there is no such day")},
    {"run-date", "2024-02-30", CANNOT("run-date", "2024-02-30", "there is no such day")},
    {"run-date", "2024-04-31", CANNOT("run-date", "2024-04-31", "there is no such day")},
    {"run-date", "2024-00-10", CANNOT("run-date", "2024-00-10", "there is no such day")},
    {"run-date", "2024-13-10", CANNOT("run-date", "2024-13-10", "there is no such day")},
    {"run-date", "2024-01-00", CANNOT("run-date", "2024-01-00", "there is no such day")},
    {"run-date", "2024-01-32", CANNOT("run-date", "2024-01-32", "there is no such day")},
    {"run-date", "", CANNOT("run-date", "", "want YYYY-MM-DD")},
    {"run-date", "2024-1-01", CANNOT("run-date", "2024-1-01", "want YYYY-MM-DD")},
    {"run-date", "2024/01/01", CANNOT("run-date", "2024/01/01", "want YYYY-MM-DD")},
    {"run-date", "01-01-2024", CANNOT("run-date", "01-01-2024", "want YYYY-MM-DD")},
    {"run-date", "2024-01-01T", CANNOT("run-date", "2024-01-01T", "want YYYY-MM-DD")},
    {"run-date", "2024-01-1 ", CANNOT("run-date", "2024-01-1 ", "want YYYY-MM-DD")},
    {"run-date", "-024-01-01", CANNOT("run-date", "-024-01-01", "want YYYY-MM-DD")},
    {"run-date", "today", CANNOT("run-date", "today", "want YYYY-MM-DD")},
    {"venue", "VPS", NULL},
    {"venue", "CI", NULL},
    {"venue", "a.b_c-1", NULL},
    {"venue", "", CANNOT("venue", "", "want 1 to 32 characters")},
    {"venue", X8 X8 X8 X8, NULL},
    {"venue", X8 X8 X8 X8 "y", CANNOT("venue", X8 X8 X8 X8 "y", "want 1 to 32 characters")},
    {"venue", "a b", CANNOT("venue", "a b", "want letters, digits, '.', '_' and '-'")},
    {"venue", "a/b", CANNOT("venue", "a/b", "want letters, digits, '.', '_' and '-'")},
    {"venue", "\xc3\xa4", CANNOT("venue", "\\xc3\\xa4", "want letters, digits, '.', '_' and '-'")},
    {"run-id", X64, NULL},
    {"run-id", X64 "y", CANNOT("run-id", X64 "y", "want 1 to 64 characters")},
    {"run-id", "a:b", CANNOT("run-id", "a:b", "want letters, digits, '.', '_' and '-'")},
    {"hostname", "box-1.example", NULL},
    {"hostname", X64, NULL},
    {"hostname", X64 "y", CANNOT("hostname", X64 "y", "want 1 to 64 characters")},
    {"hostname", "", CANNOT("hostname", "", "want 1 to 64 characters")},
    {"hostname", "a_b", CANNOT("hostname", "a_b", "want letters, digits, '.' and '-'")},
    {"hostname", "a b", CANNOT("hostname", "a b", "want letters, digits, '.' and '-'")},
    {"nonce", X8, NULL},
    {"nonce", "a b~!\"\\c", NULL},
    {"nonce", X64 X8 X8 X8, NULL},
    {"nonce", "1234567", CANNOT("nonce", "1234567", "want 8 to 88 characters")},
    {"nonce", X64 X8 X8 X8 "y", CANNOT("nonce", X64 X8 X8 X8 "y", "want 8 to 88 characters")},
    {"nonce", X8 "\n", CANNOT("nonce", X8 "\\x0a", "want printable ASCII")},
    {"nonce", X8 "\x7f", CANNOT("nonce", X8 "\\x7f", "want printable ASCII")},
    {"nonce", X8 "\xff", CANNOT("nonce", X8 "\\xff", "want printable ASCII")},
    {"argv0", "x", NULL},
    {"argv0", "", CANNOT("argv0", "", "want 1 to 4096 characters")},
    {"argv0", "\x1b[31m", CANNOT("argv0", "\\x1b[31m", "want printable ASCII")},
    {"seccomp", "strict", NULL},
    {"seccomp", "", CANNOT("seccomp", "", "want 1 to 4096 characters")},
    {"in", "relative/dir", NULL},
    {"in", "", CANNOT("in", "", "want a path")},
    {"out", "", CANNOT("out", "", "want a path")},
    {"evidence", "", CANNOT("evidence", "", "want a path")},
    {"seccomp-bpf", "", CANNOT("seccomp-bpf", "", "want a path")},
    {"chdir", "/", NULL},
    {"chdir", "/out/sub", NULL},
    {"chdir", "", CANNOT("chdir", "", "want an absolute path without '.' and '..'")},
    {"chdir", "out", CANNOT("chdir", "out", "want an absolute path without '.' and '..'")},
    {"chdir", "/in/",
     CANNOT("chdir", "/in/", "want one slash between two names, and none at the end")},
    {"chdir", "/out/..", CANNOT("chdir", "/out/..", "want an absolute path without '.' and '..'")},
    {"json-status-fd", "0", NULL},
    {"json-status-fd", "-1", CANNOT("json-status-fd", "-1", RANGE("0", "1048576"))},
    {"json-status-fd", "1048577", CANNOT("json-status-fd", "1048577", RANGE("0", "1048576"))},
    {"json-status-fd", "4294967296", CANNOT("json-status-fd", "4294967296", RANGE("0", "1048576"))},
    {"json-status-fd", "stdout", CANNOT("json-status-fd", "stdout", RANGE("0", "1048576"))},
    {"json-status-fd", "1048576",
     CANNOT("json-status-fd", "1048576", "no such descriptor is open")},
};

static bool read_into(struct plan *plan, const char *option, const char *text, struct error *e)
{
    const struct option_row *row = row_of(option);

    return value_read(row, text, (char *)&plan->declared + row->offset, e);
}

START_TEST(a_value_is_read)
{
    const struct reading *r = &readings[_i];
    struct plan plan;
    struct error e = {0};

    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert_int_eq(read_into(&plan, r->option, r->value, &e), r->text == NULL);
    if (r->text != NULL) {
        ck_assert_str_eq(e.text, r->text);
        ck_assert_int_eq(e.exit, EXIT_DENYBOX);
    }
    plan_free(&plan);
}
END_TEST

START_TEST(a_path_of_the_host_has_a_bound)
{
    char path[PATH_MAX + 1];
    struct plan plan;
    struct error e;

    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    memset(path, 'a', sizeof path);
    path[PATH_MAX] = '\0';
    ck_assert(!read_into(&plan, "in", path, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "...': want a path"));
    path[PATH_MAX - 1] = '\0';
    ck_assert(read_into(&plan, "in", path, &e));
    ck_assert_ptr_eq(plan.declared.in, path);
    plan_free(&plan);
}
END_TEST

#define NAME_WANTED "want a name of letters, digits and '_'"
#define NO_SECRET(word)                                                                            \
    "a payload gets no secret; what is none can have a name without '" word                        \
    "', or come as a file in --in"
#define TWO_WORDS "name and value are two words: --setenv NAME VALUE"
#define SECRET(name, word) "cannot use --setenv '" name "': the name looks like a secret (" word ")"

static const struct variable {
    const char *name;
    const char *value;
    const char *text;
    const char *hint;
} variables[] = {
    {"A", "b", NULL, ""},
    {"_a1", "", NULL, ""},
    {"PATH", "/bin", NULL, ""},
    {"A", "b=c d\n", NULL, ""},
    {"", "b", CANNOT("setenv", "", NAME_WANTED), ""},
    {"1A", "b", CANNOT("setenv", "1A", NAME_WANTED), ""},
    {"A=B", "c", CANNOT("setenv", "A=B", NAME_WANTED), TWO_WORDS},
    {"=", "c", CANNOT("setenv", "=", NAME_WANTED), TWO_WORDS},
    {"A-B", "c", CANNOT("setenv", "A-B", NAME_WANTED), ""},
    {"A B", "c", CANNOT("setenv", "A B", NAME_WANTED), ""},
    {"A\n", "c", CANNOT("setenv", "A\\x0a", NAME_WANTED), ""},
    {"\xc3\xa4", "c", CANNOT("setenv", "\\xc3\\xa4", NAME_WANTED), ""},
    {"API_KEY", "c", SECRET("API_KEY", "api_key"), NO_SECRET("api_key")},
    {"my_token", "", SECRET("my_token", "token"), NO_SECRET("token")},
};

START_TEST(a_variable_is_set)
{
    const struct variable *v = &variables[_i];
    struct plan plan;
    struct error e = {0};

    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert_int_eq(value_env(row_of("setenv"), v->name, v->value, &plan.declared, &e),
                     v->text == NULL);
    if (v->text == NULL) {
        ck_assert_str_eq(plan_getenv(&plan, v->name), v->value);
    } else {
        ck_assert_str_eq(e.text, v->text);
        ck_assert_str_eq(e.hint, v->hint);
        ck_assert_int_eq(e.exit, EXIT_DENYBOX);
        ck_assert_uint_eq(plan.declared.n_env, 4);
    }
    plan_free(&plan);
}
END_TEST

/* The last value of a name counts, in the place of the first; a longer name is another. */
START_TEST(a_variable_is_replaced)
{
    static const char *const set[][2] = {
        {"HOME", "/out"}, {"NEW", "1"}, {"NEWER", "2"}, {"NEW", "3"}, {"HOM", "4"}};
    static const char *const want[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                       "HOME=/out",
                                       "TMPDIR=/tmp",
                                       "LANG=C.UTF-8",
                                       "NEW=3",
                                       "NEWER=2",
                                       "HOM=4"};
    struct plan plan;
    struct error e;

    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    for (int i = 0; i < N_ROWS(set); i++)
        ck_assert(value_env(row_of("setenv"), set[i][0], set[i][1], &plan.declared, &e));
    ck_assert_uint_eq(plan.declared.n_env, N_ROWS(want));
    for (int i = 0; i < N_ROWS(want); i++)
        ck_assert_str_eq(plan.declared.env[i], want[i]);
    ck_assert_ptr_null(plan.declared.env[N_ROWS(want)]);
    plan_free(&plan);
}
END_TEST

#define A_SLASH "want one slash between two names, and none at the end"
#define NOT_NORMAL "want an absolute path without '.' and '..'"
#define OURS "that place belongs to the sandbox"

static const struct binding {
    const char *source;
    const char *target;
    const char *text;
} binds[] = {
    {"dir", "/data", NULL},
    {"/", "/opt/data", NULL},
    {"dir", "/input", NULL},
    {"dir", "/tmpfs", NULL},
    {"dir", "/device", NULL},
    {"", "/data", CANNOT("ro-bind", "", "want a path")},
    {"dir", "", CANNOT("ro-bind", "", NOT_NORMAL)},
    {"dir", "/", CANNOT("ro-bind", "/", NOT_NORMAL)},
    {"dir", "data", CANNOT("ro-bind", "data", NOT_NORMAL)},
    {"dir", "/data/", CANNOT("ro-bind", "/data/", A_SLASH)},
    {"dir", "/data/../in", CANNOT("ro-bind", "/data/../in", NOT_NORMAL)},
    {"dir", "//in", CANNOT("ro-bind", "//in", A_SLASH)},
    {"dir", "/in", CANNOT("ro-bind", "/in", OURS)},
    {"dir", "/in/sub", CANNOT("ro-bind", "/in/sub", OURS)},
    {"dir", "/out", CANNOT("ro-bind", "/out", OURS)},
    {"dir", "/out/sub", CANNOT("ro-bind", "/out/sub", OURS)},
    {"dir", "/tmp", CANNOT("ro-bind", "/tmp", OURS)},
    {"dir", "/tmp/sub", CANNOT("ro-bind", "/tmp/sub", OURS)},
    {"dir", "/proc", CANNOT("ro-bind", "/proc", OURS)},
    {"dir", "/proc/self", CANNOT("ro-bind", "/proc/self", OURS)},
    {"dir", "/dev", CANNOT("ro-bind", "/dev", OURS)},
    {"dir", "/dev/shm", CANNOT("ro-bind", "/dev/shm", OURS)},
};

START_TEST(a_mount_is_noted)
{
    struct plan plan;
    struct error e = {0};
    bool good = binds[_i].text == NULL;

    ck_assert(plan_init(&plan, COMMAND_RUN, &e));
    ck_assert_int_eq(
        value_bind(row_of("ro-bind"), binds[_i].source, binds[_i].target, &plan.declared, &e),
        good);
    ck_assert_uint_eq(plan.declared.n_binds, good ? 1 : 0);
    if (good) {
        ck_assert_str_eq(plan.declared.binds[0].source, binds[_i].source);
        ck_assert_str_eq(plan.declared.binds[0].target, binds[_i].target);
        ck_assert(!value_bind(row_of("ro-bind"), "other", binds[_i].target, &plan.declared, &e));
        ck_assert_ptr_nonnull(strstr(e.text, "': given twice"));
    } else {
        ck_assert_str_eq(e.text, binds[_i].text);
    }
    plan_free(&plan);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("value");
    TCase *c = tcase_create("value");

    tcase_add_loop_test(c, a_size_is_read, 0, N_ROWS(sizes));
    tcase_add_loop_test(c, a_path_inside_is_normal, 0, N_ROWS(paths));
    tcase_add_test(c, a_path_inside_has_a_bound);
    tcase_add_loop_test(c, a_value_is_read, 0, N_ROWS(readings));
    tcase_add_test(c, a_path_of_the_host_has_a_bound);
    tcase_add_loop_test(c, a_variable_is_set, 0, N_ROWS(variables));
    tcase_add_test(c, a_variable_is_replaced);
    tcase_add_loop_test(c, a_mount_is_noted, 0, N_ROWS(binds));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
