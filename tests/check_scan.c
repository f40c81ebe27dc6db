/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counted.h"
#include "scan/invocation.h"
#include "scan/option.h"
#include "scan/program.h"
#include "scan/source.h"
#include "support.h"

#define REFUSED "cannot use the scan policy: "

static struct scan_policy policy;
static struct error e;

static bool read_policy(const char *text)
{
    return scan_policy_read(&policy, text, strlen(text), &e);
}

static const struct bad {
    const char *text;
    const char *refusal;
} bad[] = {
    {"[]", REFUSED "it is no object of schema_version 1"},
    {"{\"schema_version\":2}", REFUSED "it is no object of schema_version 1"},
    {"{\"schema_version\":1,\"elfs\":{}}", REFUSED "the key 'elfs' is not known"},
    {"{\"schema_version\":1,\"elf\":[]}", REFUSED "elf is not an object"},
    {"{\"schema_version\":1,\"elf\":{\"imports\":[]}}",
     REFUSED "the key 'elf.imports' is not known"},
    {"{\"schema_version\":1,\"elf\":{\"libraries\":\"x\"}}", REFUSED "elf.libraries is not a list"},
    {"{\"schema_version\":1,\"python\":{\"imports\":[1]}}",
     REFUSED "python.imports[0] is not a text of 1 to 255 printable characters"},
    {"{\"schema_version\":1,\"python\":{\"imports\":[\"\"]}}",
     REFUSED "python.imports[0] is not a text of 1 to 255 printable characters"},
    {"{\"schema_version\":1,\"elf\":{\"allow\":[\"nothing\"]}}",
     REFUSED "elf.allow[0] is no rule of elf: 'nothing'"},
    {"{\"schema_version\":1,\"elf\":{\"allow\":[\"eval\"]}}",
     REFUSED "elf.allow[0] is no rule of elf: 'eval'"},
    {"{\"schema_version\":1,\"elf\":{\"allow\":[\"static\",\"static\"]}}",
     REFUSED "elf.allow names static twice"},
    {"{\"schema_version\":1,\"description\":1}", REFUSED "description is not a text"},
};

START_TEST(bad_policies_are_refused)
{
    ck_assert(!read_policy(bad[_i].text));
    ck_assert_str_eq(e.text, bad[_i].refusal);
    scan_policy_free(&policy);
}
END_TEST

START_TEST(the_builtin_policy)
{
    ck_assert_msg(scan_policy_load(&policy, NULL, &e), "%s", e.text);
    ck_assert(scan_policy_allows(&policy, RULE_ELF_STATIC, "x", NULL));
    ck_assert(scan_policy_allows(&policy, RULE_PY_IMPORT, "json", NULL));
    ck_assert(scan_policy_allows(&policy, RULE_PY_IMPORT, "os.path", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_PY_IMPORT, "jsonx", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_PY_IMPORT, "socket", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_PY_IMPORT, "xml", NULL));
    ck_assert(scan_policy_allows(&policy, RULE_PY_IMPORT, "xml.etree.ElementTree", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_ELF_DLOPEN, "dlopen", NULL));
    scan_policy_free(&policy);
}
END_TEST

START_TEST(interpreters_by_path_and_digest)
{
    ck_assert(read_policy("{\"schema_version\":1,\"elf\":{\"interpreters\":[\"/usr/bin/python3\","
                          "\"sha256:00\"],\"symbols_denied\":[\"gets\"]}}"));
    ck_assert(scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/usr/bin/python3", NULL));
    ck_assert(scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/usr/bin/python3.11", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/usr/bin/python3-evil", NULL));
    ck_assert(!scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/tmp/python3", NULL));
    ck_assert(scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/tmp/python3", "sha256:00"));
    ck_assert(!scan_policy_allows(&policy, RULE_ELF_INTERPRETER, "/tmp/python3", "sha256:01"));
    ck_assert(scan_policy_denies(&policy, "gets"));
    ck_assert(!scan_policy_denies(&policy, "fgets"));
    scan_policy_free(&policy);
}
END_TEST

static const struct named {
    char form;
    const char *name;
    const char *rule; /* NULL: none */
} named[] = {
    {'m', "ctypes", "ctypes"},
    {'m', "ctypes.util", "ctypes"},
    {'m', "ctypesx", NULL},
    {'m', "json", NULL},
    {'n', "eval", "eval"},
    {'n', "evaluate", NULL},
    {'a', "re.compile", NULL},
    {'a', "builtins.exec", "eval"},
    {'a', "os.execvp", "processes"},
    {'a', "os.path.join", NULL},
    {'a', "f.__globals__", "introspection"},
    {'a', ".__subclasses__", "introspection"},
    {'a', "json.codecs.builtins", "introspection"},
    {'a', "json.codecs.sys", "introspection"},
    {'a', "sys.modules", "module-tables"},
    {'a', "sys.argv", NULL},
    {'a', "sys.argv.append", NULL},
    {'a', "sys.settrace", "sys-member"},
    {'a', "x.settrace", NULL},
    {'a', "os.path.sys", "introspection"},
    {'a', "print.__self__", "special-name"},
    {'a', ".__self__", "special-name"},
    {'a', "x.__name__", NULL},
    {'a', "x.__private", NULL},
    {'n', "__annotations__", "special-name"},
    {'n', "__name__", NULL},
    {'n', "__all__", NULL},
    {'p', "os._execvpe", "private-member"},
    {'p', "os._exit", NULL},
    {'a', "os.exec", "processes"},
    {'a', "os.execv.x", NULL},
    {'a', "dataclasses.fields", "generated-code"},
    {'m', "unittest.mock", "dynamic-import"},
    {'m', "logging", NULL},
    {'m', "logging.config", "dynamic-import"},
};

START_TEST(names_of_python)
{
    enum rule rule = rule_of_python(named[_i].form, named[_i].name);

    if (named[_i].rule == NULL)
        ck_assert_int_eq(rule, N_RULES);
    else
        ck_assert_str_eq(rule_row(rule)->id, named[_i].rule);
}
END_TEST

START_TEST(names_of_symbols)
{
    ck_assert_int_eq(rule_of_symbol("dlopen"), RULE_ELF_DLOPEN);
    ck_assert_int_eq(rule_of_symbol("system"), RULE_ELF_SHELL);
    ck_assert_int_eq(rule_of_symbol("posix_spawnp"), RULE_ELF_EXEC);
    ck_assert_int_eq(rule_of_symbol("vfork"), RULE_ELF_PROCESS);
    ck_assert_int_eq(rule_of_symbol("connect"), RULE_ELF_NETWORK);
    ck_assert_int_eq(rule_of_symbol("syscall"), RULE_ELF_SYSCALL);
    ck_assert_int_eq(rule_of_symbol("connectx"), N_RULES);
    ck_assert_int_eq(rule_of_symbol(""), N_RULES);
    ck_assert_int_eq(rule_find("dlopen"), RULE_ELF_DLOPEN);
    ck_assert_int_eq(rule_find("dlopen "), N_RULES);
}
END_TEST

#define NEEDS_I "-c looks for modules wherever it then is; add -I"

static const struct command {
    const char *argv[6];
    enum invocation what;
    const char *word; /* NULL: not looked at */
} commands[] = {
    {{"p", "/in/x.py", "-c"}, INVOCATION_SCRIPT, "/in/x.py"},
    {{"p", "-IB", "-u", "x.py"}, INVOCATION_SCRIPT, "x.py"},
    {{"p", "--", "-x"}, INVOCATION_SCRIPT, "-x"},
    {{"p", "-I", "-c", "print(1)", "x.py"}, INVOCATION_CODE, "print(1)"},
    {{"p", "-PB", "-c", "print(1)"}, INVOCATION_CODE, "print(1)"},
    {{"p", "-c", "print(1)", "-I"}, INVOCATION_OTHER, NEEDS_I},
    {{"p", "-B", "-cprint(1)"}, INVOCATION_OTHER, NEEDS_I},
    {{"p", "-Icprint(1)"}, INVOCATION_CODE, "print(1)"},
    {{"p"}, INVOCATION_OTHER, NULL},
    {{"p", "-"}, INVOCATION_OTHER, NULL},
    {{"p", "--"}, INVOCATION_OTHER, NULL},
    {{"p", "--", "-"}, INVOCATION_OTHER, "the source comes from standard input"},
    {{"p", "-I", "--", "-", "x.py"}, INVOCATION_OTHER, NULL},
    {{"p", "--", "--"}, INVOCATION_SCRIPT, "--"},
    {{"p", "-c"}, INVOCATION_OTHER, NULL},
    {{"p", "-m", "json.tool"}, INVOCATION_OTHER, NULL},
    {{"p", "-Im", "json.tool"}, INVOCATION_OTHER, NULL},
    {{"p", "-i", "x.py"}, INVOCATION_OTHER, NULL},
    {{"p", "-X", "utf8", "x.py"}, INVOCATION_OTHER, NULL},
    {{"p", "-W", "x.py"}, INVOCATION_OTHER, NULL},
    {{"p", "-x", "x.py"}, INVOCATION_OTHER, NULL},
};

START_TEST(what_an_interpreter_runs)
{
    const struct command *c = &commands[_i];
    const char *word = NULL;
    size_t n = 0;

    while (c->argv[n] != NULL)
        n++;
    ck_assert_int_eq(invocation_read(c->argv, n, &word), c->what);
    ck_assert_ptr_nonnull(word);
    if (c->word != NULL)
        ck_assert_str_eq(word, c->word);
}
END_TEST

static const struct variable {
    enum scan_kind kind;
    const char *pair;
    bool obeyed;
} variables[] = {
    {SCAN_ELF, "LD_PRELOAD=x", true},        {SCAN_ELF, "LD_ORIGIN_PATH=x", false},
    {SCAN_ELF, "LD_ORIGIN_PATHS=x", true},   {SCAN_ELF, "GCONV_PATH=x", true},
    {SCAN_ELF, "GCONV_PATHS=x", false},      {SCAN_ELF, "GLIBC_TUNABLES=x", true},
    {SCAN_ELF, "HOME=/in", false},           {SCAN_ELF, "PYTHONPATH=x", false},
    {SCAN_PYTHON, "PYTHONPATH=x", true},     {SCAN_PYTHON, "_PYTHON_PROJECT_BASE=x", true},
    {SCAN_PYTHON, "LD_PRELOAD=x", false},    {SCAN_PYTHON, "HOME=/in", true},
    {SCAN_PYTHON, "HOME=/tmp", false},       {SCAN_PYTHON, "HOME=/tmp/x", true},
    {SCAN_PYTHON, "HOMES=/in", false},       {SCAN_PYTHON, "PATH=/usr/bin", false},
    {SCAN_ELF, "OPENSSL_CONF=x", true},      {SCAN_ELF, "OPENSSL_MODULES=x", true},
    {SCAN_ELF, "OPENSSL_ENGINES=x", true},   {SCAN_ELF, "OPENSSL=x", false},
    {SCAN_ELF, "LOCPATH=x", true},           {SCAN_ELF, "LC_ALL=zh_CN.GBK", false},
    {SCAN_PYTHON, "LC_ALL=zh_CN.GBK", true}, {SCAN_PYTHON, "LC_ALL=en_GB.UTF-8", false},
    {SCAN_PYTHON, "LC_CTYPE=de_DE", true},   {SCAN_PYTHON, "LC_CTYPE=C.utf8", false},
    {SCAN_PYTHON, "LANG=x.UTF-8@y", true},   {SCAN_PYTHON, "LANG=C", false},
    {SCAN_PYTHON, "LANG=", false},           {SCAN_PYTHON, "LANGUAGE=de_DE", false},
    {SCAN_PYTHON, "LC_TIME=de_DE", false},   {SCAN_PYTHON, "LC_ALL=POSIX", false},
};

START_TEST(variables_that_are_obeyed)
{
    ck_assert_int_eq(invocation_obeys(variables[_i].kind, variables[_i].pair),
                     variables[_i].obeyed);
}
END_TEST

static const struct alone {
    const char *argv[6];
    bool alone;
} alones[] = {
    {{"p", "x.py"}, false},           {{"p", "x.py", "-I"}, false},
    {{"p", "-I", "x.py"}, true},      {{"p", "-BP", "x.py"}, true},
    {{"p", "-u", "-I", "x"}, true},   {{"p", "--", "-I"}, false},
    {{"p", "-c", "-I"}, false},       {{"p", "-cI"}, false},
    {{"p", "-EscI"}, false},          {{"p", "-EIc", "x"}, true},
    {{"p", "-B", "-cI", "x"}, false},
};

START_TEST(what_an_interpreter_looks_beside)
{
    size_t n = 0;

    while (alones[_i].argv[n] != NULL)
        n++;
    ck_assert_int_eq(invocation_alone(alones[_i].argv, n), alones[_i].alone);
}
END_TEST

START_TEST(interpreters_by_name)
{
    ck_assert(scan_interpreter("/usr/bin/python3"));
    ck_assert(scan_interpreter("python"));
    ck_assert(scan_interpreter("/x/python3.11"));
    ck_assert(!scan_interpreter("/x/python3-config"));
    ck_assert(!scan_interpreter("/python3/jq"));
}
END_TEST

/* A parser that says what the test tells it to. */
static bool answer(void *context, const struct buf *input, struct buf *output, struct error *error)
{
    (void)error;
    /* Code of the command line is UTF-8, whatever it says. */
    ck_assert_str_eq(buf_text(input), "2\n{}8\n\xef\xbb\xbfx = 1");
    buf_puts(output, context);
    return true;
}

static void parse(const char *text, struct scan_report *r)
{
    struct sources s = {.report = r, .place = -1, .shown = ""};
    struct scan_parser p = {answer, (void *)(uintptr_t)text};

    *r = (struct scan_report){.policy = &policy};
    ck_assert(sources_add_text(&s, "-c", "x = 1"));
    sources_parse(&s, &p);
    sources_free(&s);
}

#define LIBRARY "{\"library\": [\"os\", \"json\"], "
#define ABSENT "\"absent\": [\"org\"], "
#define ANSWER(sources) LIBRARY ABSENT "\"sources\": " sources "}"

static const char *const lies[] = {
    "",
    "null",
    "[]",
    "{}",
    "[{\"facts\": [], \"renames\": {}}]",
    "{\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    "{" ABSENT "\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    LIBRARY "\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    "{\"library\": [], " ABSENT "\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    "{\"library\": [1], " ABSENT "\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    "{\"library\": \"os\", " ABSENT "\"sources\": [{\"facts\": [], \"renames\": {}}]}",
    LIBRARY ABSENT "\"sources\": [{\"facts\": [], \"renames\": {}}], \"more\": 1}",
    ANSWER("1"),
    ANSWER("[]"),
    ANSWER("[{}, {}]"),
    ANSWER("[{}]"),
    ANSWER("[{\"facts\": []}]"),
    ANSWER("[{\"facts\": [], \"renames\": []}]"),
    ANSWER("[{\"facts\": [], \"renames\": {\"o\": \"os\"}}]"),
    ANSWER("[{\"facts\": [], \"renames\": {\"o\": [1]}}]"),
    ANSWER("[{\"facts\": 1, \"renames\": {}}]"),
    ANSWER("[{\"facts\": [1], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [[\"m\", \"a\"]], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [[\"z\", \"a\", 1]], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [[\"m\", \"a\", -1]], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [[\"m\", \"a\", \"1\"]], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [[\"mm\", \"a\", 1]], \"renames\": {}}]"),
    ANSWER("[{\"facts\": [], \"error\": \"x\"}]"),
    ANSWER("[{\"facts\": [], \"renames\": {}}]") "x",
    ANSWER("[{\"facts\": [[\"m\", \"a\\u0000b\", 1]], \"renames\": {}}]"),
};

/* Whatever is not the answer that walker.py gives is none: nothing passes by it. */
START_TEST(a_parser_that_lies_is_not_believed)
{
    struct scan_report r;

    ck_assert(scan_policy_load(&policy, NULL, &e));
    parse(lies[_i], &r);
    ck_assert_int_eq(scan_verdict(&r), SCAN_NOT_RUN);
    ck_assert_str_ne(r.failed, "");
    scan_report_free(&r);
    scan_policy_free(&policy);
}
END_TEST

START_TEST(what_a_parser_says_is_judged)
{
    struct scan_report r;

    ck_assert(scan_policy_load(&policy, NULL, &e));
    parse(ANSWER("[{\"facts\": [[\"m\", \"json\", 1], [\"m\", \"json\", 7]], \"renames\": {}}]"),
          &r);
    ck_assert_int_eq(scan_verdict(&r), SCAN_PASS);
    ck_assert_uint_eq(r.findings, 1);
    scan_report_free(&r);
    parse(ANSWER("[{\"facts\": [[\"m\", \"os.system\", 3]], \"renames\": {}}]"), &r);
    ck_assert_int_eq(scan_verdict(&r), SCAN_FAIL);
    ck_assert_uint_eq(r.denied, 1);
    ck_assert_str_eq(rule_row(r.files[0].findings[1].rule)->id, "processes");
    ck_assert_uint_eq(r.files[0].findings[1].line, 3);
    scan_report_free(&r);
    parse(ANSWER("[{\"error\": \"it is not Python: line 2\\u001b\"}]"), &r);
    ck_assert_int_eq(scan_verdict(&r), SCAN_NOT_RUN);
    ck_assert_str_eq(r.failed, "cannot scan '-c': it is not Python: line 2\\x1b");
    scan_report_free(&r);
    scan_policy_free(&policy);
}
END_TEST

#define MANY 3000

static bool many_of_one(void *context, const struct buf *input, struct buf *output,
                        struct error *error)
{
    (void)context;
    (void)error;
    buf_puts(output, "{\"library\": [\"os\"");
    for (int i = 0; i < MANY; i++)
        buf_printf(output, ", \"l%d\"", i);
    buf_puts(output, "], " ABSENT "\"sources\": [");
    for (const char *at = strstr(buf_text(input), "\n#"); at != NULL; at = strstr(at + 1, "\n#")) {
        buf_puts(output, "{\"facts\": [[\"m\", \"m0\", 1]");
        for (int i = 0; i < MANY; i++)
            buf_printf(output, ", [\"m\", \"m0.n%d\", 1]", i);
        buf_printf(output, "], \"renames\": {}}%s", strstr(at + 1, "\n#") != NULL ? ", " : "");
    }
    buf_puts(output, "]}");
    return true;
}

/* Is a module one of the library's, too? That is asked of each module, not of each name in it. */
START_TEST(many_names_of_one_module)
{
    struct scan_report r = {.policy = &policy};
    struct sources s = {.report = &r, .place = support_fd(), .shown = ""};
    struct scan_parser p = {many_of_one, NULL};

    ck_assert(scan_policy_load(&policy, NULL, &e));
    support_write("a.py", 0644, "#", 1);
    support_write("m0.py", 0644, "#", 1);
    ck_assert(sources_add(&s, "a.py"));
    compared = 0;
    ck_assert_msg(sources_parse(&s, &p), "%s", r.failed);
    ck_assert_uint_gt(compared, MANY);
    ck_assert_uint_lt(compared, MANY * 1000);
    sources_free(&s);
    scan_report_free(&r);
    scan_policy_free(&policy);
}
END_TEST

/* A tree whose sources import one more whenever they are read: "m0", then "m1" ... The parser notes
 * how often it was started, and what it was told last. */
struct chain {
    unsigned runs;
    char told[4096];
};

static bool import_one_more(void *context, const struct buf *input, struct buf *output,
                            struct error *error)
{
    struct chain *c = context;
    const char *at = buf_text(input);
    char name[16];
    char file[24];
    char *end;
    unsigned sources = 0;

    (void)error;
    snprintf(c->told, sizeof c->told, "%s", at);
    snprintf(name, sizeof name, "m%u", c->runs++);
    snprintf(file, sizeof file, "%s.py", name);
    if (access(support_path(file), F_OK) < 0)
        snprintf(name, sizeof name, "json");
    buf_puts(output, LIBRARY ABSENT "\"sources\": [");
    for (; at < buf_text(input) + input->length; sources++) {
        size_t length = strtoul(at, &end, 10);

        at = end + 1 + length;
        if (sources > 0)
            buf_printf(output,
                       "%s{\"facts\": [[\"m\", \"%s\", 1]], \"renames\": {\"o\": [\"os\"]}}",
                       sources > 1 ? ", " : "", name);
    }
    buf_puts(output, "]}");
    return true;
}

static void parse_chain(struct chain *c, struct scan_report *r)
{
    struct sources s = {.report = r, .place = support_fd(), .shown = ""};
    struct scan_parser p = {import_one_more, c};

    *c = (struct chain){0};
    *r = (struct scan_report){.policy = &policy};
    ck_assert(scan_policy_load(&policy, NULL, &e));
    support_write("a.py", 0644, "", 0);
    ck_assert(sources_add(&s, "a.py"));
    sources_parse(&s, &p);
    sources_free(&s);
}

START_TEST(a_tree_is_not_read_without_end)
{
    struct scan_report r;
    struct chain c;
    char file[24];

    for (int i = 0; i < 200; i++) {
        snprintf(file, sizeof file, "m%d.py", i);
        support_write(file, 0644, "", 0);
    }
    parse_chain(&c, &r);
    ck_assert_str_eq(r.failed, "the sources would be read more than 50 times");
    ck_assert_int_eq(scan_verdict(&r), SCAN_NOT_RUN);
    ck_assert_uint_eq(c.runs, 50);
    scan_report_free(&r);
    scan_policy_free(&policy);
}
END_TEST

/* The first alone, what it imports, both; what both import then, and all three. */
START_TEST(what_is_said_again_is_known_once)
{
    struct scan_report r;
    struct chain c;

    support_write("m0.py", 0644, "", 0);
    support_write("m2.py", 0644, "", 0);
    parse_chain(&c, &r);
    ck_assert_str_eq(r.failed, "");
    ck_assert_uint_eq(c.runs, 5);
    ck_assert_ptr_nonnull(strstr(c.told, "\"a\":{\"o\":[\"os\"]}"));
    ck_assert_ptr_nonnull(strstr(c.told, "\"m2\":{\"o\":[\"os\"]}"));
    scan_report_free(&r);
    scan_policy_free(&policy);
}
END_TEST

/* Mutations of the built-in policy: read or refused, never a fault. */
START_TEST(hostile_policies_are_read_or_refused)
{
    char *text;
    size_t length;
    unsigned seed = (unsigned)_i + 1;

    ck_assert(scan_policy_load(&policy, NULL, &e));
    text = json_dumps(policy.document, 0);
    length = strlen(text);
    scan_policy_free(&policy);
    for (int round = 0; round < 200; round++) {
        char *copy = strdup(text);

        for (int n = 0; n < 1 + round % 3; n++)
            copy[(size_t)rand_r(&seed) % length] = (char)rand_r(&seed);
        scan_policy_read(&policy, copy, length, &e);
        scan_policy_free(&policy);
        free(copy);
    }
    free(text);
}
END_TEST

static const struct words {
    const char *argv[4];
    const char *refusal; /* NULL: none */
} words[] = {
    {{"f"}, NULL},
    {{"--policy", "p", "f"}, NULL},
    {{"--policy=p", "--json", "f"}, NULL},
    {{"--help"}, NULL},
    {{NULL}, "cannot scan: no payload is given"},
    {{"--policy"}, "cannot use --policy: want --policy FILE"},
    {{"--policy=", "f"}, "cannot use --policy '': want a path"},
    {{"--json", "--json", "f"}, "cannot use --json twice"},
    {{"--json=x", "f"}, "cannot use --json: it takes no value"},
    {{"--json", "--quiet", "f"}, "cannot use --quiet with --json"},
    {{"--nothing", "f"}, "cannot use '--nothing': there is no such option here"},
    {{"-q", "f"}, "cannot use '-q': options have two dashes"},
};

START_TEST(words_of_scan)
{
    struct scan_options o = {0};
    int argc = 0;

    while (argc < 4 && words[_i].argv[argc] != NULL)
        argc++;
    ck_assert_int_eq(scan_options(&o, argc, (char **)(uintptr_t)words[_i].argv, &e),
                     words[_i].refusal == NULL);
    if (words[_i].refusal != NULL)
        ck_assert_str_eq(e.text, words[_i].refusal);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scan");
    TCase *c = tcase_create("scan");

    tcase_add_loop_test(c, bad_policies_are_refused, 0, N_ROWS(bad));
    tcase_add_test(c, the_builtin_policy);
    tcase_add_test(c, interpreters_by_path_and_digest);
    tcase_add_loop_test(c, names_of_python, 0, N_ROWS(named));
    tcase_add_test(c, names_of_symbols);
    tcase_add_loop_test(c, what_an_interpreter_runs, 0, N_ROWS(commands));
    tcase_add_loop_test(c, variables_that_are_obeyed, 0, N_ROWS(variables));
    tcase_add_loop_test(c, what_an_interpreter_looks_beside, 0, N_ROWS(alones));
    tcase_add_test(c, interpreters_by_name);
    tcase_add_loop_test(c, a_parser_that_lies_is_not_believed, 0, N_ROWS(lies));
    tcase_add_test(c, what_a_parser_says_is_judged);
    tcase_add_loop_test(c, hostile_policies_are_read_or_refused, 0, 10);
    tcase_add_loop_test(c, words_of_scan, 0, N_ROWS(words));
    suite_add_tcase(s, c);
    c = tcase_create("trees");
    support_directories(c);
    tcase_add_test(c, many_names_of_one_module);
    tcase_add_test(c, a_tree_is_not_read_without_end);
    tcase_add_test(c, what_is_said_again_is_known_once);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
