/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles and raw programs of a user's own: what is refused, in which words, and what is made. */
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "bpf_interp.h"
#include "filter/compile.h"
#include "filter/profile.h"
#include "support.h"

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define ERR(n) (SECCOMP_RET_ERRNO | (n))

#define P "cannot use the seccomp profile: "

/* A profile with these rules; default ALLOW. */
#define RULES(rules) "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [" rules "]}"
#define DENY(names, more)                                                                          \
    "{\"names\": [" names "], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1" more "}"
#define ARG(index, value, op)                                                                      \
    "{\"index\": " #index ", \"value\": " #value ", \"op\": \"SCMP_CMP_" #op "\"}"
#define ARGS(args) ", \"args\": [" args "]"

static const struct refused {
    const char *json;
    const char *text;
    const char *hint; /* how it begins; "": it names the page of the form */
} refused[] = {
    {"", P "cannot parse JSON: line 1, column 0: '[' or '{' expected near end of file", ""},
    {"{", P "cannot parse JSON: line 1, column 1: string or '}' expected near end of file", ""},
    {"[]", P "not an object where one belongs", ""},
    {"{} x", P "cannot parse JSON: line 1, column 4: end of file expected near 'x'", ""},
    {"{\"defaultAction\": 1, \"defaultAction\": 2}",
     P "cannot parse JSON: line 1, column 36: duplicate object key near '\"defaultAction\"'", ""},
    {"{}", P "\"defaultAction\" is missing or not a string", ""},
    {"{\"defaultAction\": 1}", P "\"defaultAction\" is missing or not a string", ""},
    {"{\"defaultAction\": \"ALLOW\"}", P "action \"ALLOW\" is not supported", ""},
    {"{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}", P "action \"SCMP_ACT_NOTIFY\" is not supported",
     ""},
    {"{\"defaultAction\": \"SCMP_ACT_TRACE\"}", P "action \"SCMP_ACT_TRACE\" is not supported", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", P "\"syscalls\" is missing or not an array", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1, \"syscalls\": []}",
     P "\"defaultErrnoRet\" needs the action SCMP_ACT_ERRNO", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 0, \"syscalls\": []}",
     P "\"defaultErrnoRet\" is not an integer from 1 to 4095", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"listenerPath\": \"/x\"}",
     P "unknown key \"listenerPath\"", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"\\u001b[31m\": 1}",
     P "unknown key \"\\x1b[31m\"", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"flags\": [\"SPEC_ALLOW\"]}",
     P "\"flags\" is not an empty array", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"archMap\": {}}",
     P "\"archMap\" is not an array", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"archMap\": [{\"arch\": 1}]}",
     P "archMap: unknown key \"arch\"", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"archMap\": "
     "[{\"architecture\": \"SCMP_ARCH_X86_64\", \"subArchitectures\": [\"SCMP_ARCH_X86\"]}]}",
     P "\"subArchitectures\" is not an empty array", "empty it: 32-bit and x32"},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"archMap\": "
     "[{\"architecture\": \"SCMP_ARCH_S390X\"}]}",
     P "architecture \"SCMP_ARCH_S390X\" is not supported", "leave only SCMP_ARCH_X86_64 and"},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"architectures\": [1]}",
     P "an architecture is not a string", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"architectures\": 1}",
     P "\"architectures\" is not an array", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"architectures\": [], "
     "\"archMap\": []}",
     P "both \"archMap\" and \"architectures\" are there", ""},
    {"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], "
     "\"architectures\": [\"SCMP_ARCH_AARCH64\"]}",
     P "it is not for x86_64", ""},

    {RULES("1"), P "rule 1: not an object where one belongs", ""},
    {RULES(DENY("\"mkdir\"", "") ", {\"name\": \"open\"}"), P "rule 2: unknown key \"name\"", ""},
    {RULES("{\"names\": [\"open\"]}"), P "rule 1: \"action\" is missing or not a string", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_DENY\"}"),
     P "rule 1: action \"SCMP_ACT_DENY\" is not supported", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 0}"),
     P "rule 1: \"errnoRet\" is not an integer from 1 to 4095", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 4096}"),
     P "rule 1: \"errnoRet\" is not an integer from 1 to 4095", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": -1}"),
     P "rule 1: \"errnoRet\" is not an integer from 1 to 4095", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": \"EPERM\"}"),
     P "rule 1: \"errnoRet\" is not an integer from 1 to 4095", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_KILL\", \"errnoRet\": 1}"),
     P "rule 1: \"errnoRet\" needs the action SCMP_ACT_ERRNO", ""},
    {RULES("{\"action\": \"SCMP_ACT_ERRNO\"}"),
     P "rule 1: \"names\" is not an array with a name in it", ""},
    {RULES(DENY("", "")), P "rule 1: \"names\" is not an array with a name in it", ""},
    {RULES(DENY("1", "")), P "rule 1: a name is not a string", ""},
    {RULES(DENY("\"\"", "")), P "rule 1: \"\" is not the name of a system call", ""},
    {RULES(DENY("\"o pen\"", "")), P "rule 1: \"o pen\" is not the name of a system call", ""},
    {RULES(DENY("\"opne\"", "")), P "rule 1: no machine has a system call \"opne\"",
     "correct the name, or remove it where it is newer than libseccomp "},
    {RULES(DENY("\"open\"", ", \"comment\": 1")), P "rule 1: \"comment\" is not a string", ""},
    {RULES(DENY("\"open\"", ", \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}")),
     P "rule 1: \"includes\" is not an empty object", "conditions on capabilities, kernels"},
    {RULES(DENY("\"open\"", ", \"excludes\": {\"minKernel\": \"4.8\"}")),
     P "rule 1: \"excludes\" is not an empty object", "conditions on capabilities, kernels"},
    {RULES(DENY("\"open\"", ", \"args\": {}")), P "rule 1: \"args\" is not an array", ""},
    {RULES(DENY("\"open\"", ARGS("1"))), P "rule 1: not an object where one belongs", ""},
    {RULES(DENY("\"clone\"", ARGS(ARG(0, 1, EQ) ", " ARG(1, 2, EQ)))),
     P "rule 1: more than one comparison in \"args\"", "compare one argument a rule: libseccomp"},
    {RULES(DENY("\"open\"", ARGS("{\"value\": 1, \"op\": \"SCMP_CMP_EQ\"}"))),
     P "rule 1: \"index\" is not an integer from 0 to 5", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(6, 1, EQ)))),
     P "rule 1: \"index\" is not an integer from 0 to 5", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(-1, 1, EQ)))),
     P "rule 1: \"index\" is not an integer from 0 to 5", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(1, 1.0, EQ)))),
     P "rule 1: \"value\" is not an integer from 0 to 9223372036854775807", ""},
    {RULES(DENY("\"open\"", ARGS("{\"index\": 1, \"op\": \"SCMP_CMP_EQ\"}"))),
     P "rule 1: \"value\" is not an integer from 0 to 9223372036854775807", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(1, 1, IN)))), P "rule 1: operator \"SCMP_CMP_IN\" is unknown",
     ""},
    {RULES(DENY("\"open\"", ARGS("{\"index\": 1, \"value\": 1}"))),
     P "rule 1: \"op\" is missing or not a string", ""},
    {RULES(DENY("\"open\"", ARGS("{\"index\": 1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\", "
                                 "\"datum\": 1}"))),
     P "rule 1: unknown key \"datum\"", ""},
    {RULES(DENY("\"open\"", ARGS("{\"index\": 1, \"value\": 1, \"valueTwo\": 1, "
                                 "\"op\": \"SCMP_CMP_EQ\"}"))),
     P "rule 1: \"valueTwo\" needs the operator SCMP_CMP_MASKED_EQ", ""},
    {RULES(DENY("\"open\"", ARGS("{\"index\": 1, \"value\": 1, \"valueTwo\": 3, "
                                 "\"op\": \"SCMP_CMP_MASKED_EQ\"}"))),
     P "rule 1: \"valueTwo\" has bits that the mask \"value\" has not", ""},

    {RULES(DENY("\"open\"", "") ", {\"names\": [\"open\"], \"action\": \"SCMP_ACT_KILL\"}"),
     P "rules 1 and 2: two actions for \"open\"", ""},
    {RULES(DENY("\"open\"", "") ", {\"names\": [\"open\"], \"action\": \"SCMP_ACT_ALLOW\"}"),
     P "rules 1 and 2: two actions for \"open\"", ""},
    {RULES(DENY("\"open\", \"open\"", "")),
     P "rules 1 and 1: \"open\" twice, and not both with a comparison", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(1, 1, EQ))) ", " DENY("\"open\"", "")),
     P "rules 1 and 2: \"open\" twice, and not both with a comparison", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(1, 1, EQ))) ", " DENY("\"open\"", ARGS(ARG(1, 9, GT)))),
     P "rules 1 and 2: \"open\" twice, and not both compared for equality", ""},
    {RULES(DENY("\"open\"", ARGS(ARG(1, 1, NE))) ", " DENY("\"open\"", ARGS(ARG(1, 9, EQ)))),
     P "rules 1 and 2: \"open\" twice, and not both compared for equality", ""},
    {RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ALLOW\"" ARGS(ARG(
         1, 1, EQ)) "}, {\"names\": [\"open\"], \"action\": \"SCMP_ACT_ALLOW\"" ARGS(ARG(1, 2,
                                                                                         EQ)) "}"),
     P "rules 1 and 2: \"open\" twice, with the default action", ""},
};

START_TEST(is_refused)
{
    const struct refused *r = &refused[_i];
    struct filter_program program;
    struct error e = {0};
    const char *hint;

    ck_assert(!filter_compile(r->json, strlen(r->json), "x86_64", &program, &e));
    ck_assert_str_eq(e.text, r->text);
    ck_assert_int_eq(e.exit, EXIT_DENYBOX);
    ck_assert_ptr_null(program.code);
    ck_assert_uint_eq(program.length, 0);
    hint = r->hint[0] != '\0' ? r->hint : "denybox-seccomp(5), THE JSON FORM, ";
    ck_assert_msg(strncmp(e.hint, hint, strlen(hint)) == 0, "%s", e.hint);
}
END_TEST

START_TEST(other_machines_are_refused)
{
    static const char json[] = RULES("");
    struct filter_program program;
    struct error e;

    ck_assert(!filter_compile(json, sizeof json - 1, "riscv64", &program, &e));
    ck_assert_str_eq(e.text, "cannot compile for \"riscv64\": not a supported machine");
}
END_TEST

START_TEST(too_many_names_are_refused)
{
    struct buf json = {0};
    struct filter_program program;
    struct error e;

    buf_puts(&json, "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\": "
                    "\"SCMP_ACT_ERRNO\", \"names\": [\"mkdir\"");
    for (int i = 0; i < PROFILE_MAX_CALLS; i++)
        buf_puts(&json, ", \"rmdir\"");
    buf_puts(&json, "]}]}");
    ck_assert(!filter_compile(buf_text(&json), json.length, "x86_64", &program, &e));
    ck_assert_str_eq(e.text, P "more than 2048 names in all its rules");
    buf_free(&json);
}
END_TEST

/* The verdict of a profile made of `json` on one call of x86_64. */
static uint32_t verdict(const char *json, int number, uint64_t second)
{
    struct seccomp_data data = {.nr = number, .arch = AUDIT_ARCH_X86_64, .args = {0, second}};
    struct filter_program program;
    struct error e;
    uint32_t answer;

    ck_assert_msg(filter_compile(json, strlen(json), "x86_64", &program, &e), "%s", e.text);
    ck_assert(bpf_loadable(program.code, program.length));
    answer = bpf_run(program.code, program.length, &data, NULL);
    filter_free(&program);
    return answer;
}

/* Numbers of x86_64. */
enum { OPEN = 2, MKDIR = 83, NEWEST = 449 };

START_TEST(an_empty_profile_is_its_default)
{
    ck_assert_uint_eq(verdict(RULES(""), MKDIR, 0), ALLOW);
    ck_assert_uint_eq(verdict("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": []}", 0, 0),
                      ERR(EPERM));
    ck_assert_uint_eq(verdict("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 13, "
                              "\"syscalls\": []}",
                              0, 0),
                      ERR(EACCES));
    ck_assert_uint_eq(verdict("{\"defaultAction\": \"SCMP_ACT_LOG\", \"syscalls\": []}", 0, 0),
                      SECCOMP_RET_LOG);
    ck_assert_uint_eq(verdict("{\"defaultAction\": \"SCMP_ACT_TRAP\", \"syscalls\": []}", 0, 0),
                      SECCOMP_RET_TRAP);
    ck_assert_uint_eq(verdict("{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": []}", 0, 0),
                      SECCOMP_RET_KILL_THREAD);
}
END_TEST

/* A profile that names few calls must not make every later one unknown. */
START_TEST(newest_does_not_shrink)
{
    static const char *const softer[] = {"ALLOW", "LOG", "ERRNO"};
    static const char *const harder[] = {"KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP"};
    char json[200];

    for (size_t i = 0; i < 3; i++) {
        snprintf(json, sizeof json, "{\"defaultAction\": \"SCMP_ACT_%s\", \"syscalls\": []}",
                 softer[i]);
        ck_assert_uint_ne(verdict(json, NEWEST, 0), ERR(ENOSYS));
        ck_assert_uint_eq(verdict(json, NEWEST + 1, 0), ERR(ENOSYS));
        ck_assert_uint_eq(verdict(json, -1, 0), ERR(ENOSYS));
        ck_assert_uint_eq(verdict(json, 0x40000000, 0), KILL);
    }
    for (size_t i = 0; i < 4; i++) {
        snprintf(json, sizeof json, "{\"defaultAction\": \"SCMP_ACT_%s\", \"syscalls\": []}",
                 harder[i]);
        ck_assert_uint_ne(verdict(json, NEWEST + 1, 0), ERR(ENOSYS));
    }
}
END_TEST

START_TEST(operators_compare_64_bits)
{
    static const uint64_t values[] = {0,    1, 6, 7, 8, 0xffffffff, 1ull << 32, (1ull << 32) + 7,
                                      -1ull};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint64_t v = values[i];

        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, NE)))), OPEN, v) == ERR(1),
                         v != 7);
        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, LT)))), OPEN, v) == ERR(1),
                         v < 7);
        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, LE)))), OPEN, v) == ERR(1),
                         v <= 7);
        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, EQ)))), OPEN, v) == ERR(1),
                         v == 7);
        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, GE)))), OPEN, v) == ERR(1),
                         v >= 7);
        ck_assert_int_eq(verdict(RULES(DENY("\"open\"", ARGS(ARG(1, 7, GT)))), OPEN, v) == ERR(1),
                         v > 7);
    }
}
END_TEST

/* Values that share a half, which is where a merge could go wrong. */
START_TEST(several_equalities_are_all_compared)
{
    static const char json[] = RULES(DENY("\"open\"", ARGS(ARG(1, 4294967297, EQ))) ", " /* 1:1 */
                                     DENY("\"open\"", ARGS(ARG(1, 4294967298, EQ))) ", " /* 1:2 */
                                     DENY("\"open\"", ARGS(ARG(1, 8589934593, EQ))) ", " /* 2:1 */
                                     DENY("\"open\"", ARGS(ARG(1, 5, EQ))) ", "          /* 0:5 */
                                     DENY("\"open\"", ARGS(ARG(0, 77, EQ))));

    for (uint64_t high = 0; high < 4; high++) {
        for (uint64_t low = 0; low < 7; low++) {
            bool denied = (high == 1 && (low == 1 || low == 2)) || (high == 2 && low == 1) ||
                          (high == 0 && low == 5);

            ck_assert_uint_eq(verdict(json, OPEN, high << 32 | low), denied ? ERR(EPERM) : ALLOW);
        }
    }
}
END_TEST

START_TEST(harmless_keys_are_taken)
{
    static const char json[] =
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [], "
        "\"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_AARCH64\"], \"syscalls\": [" DENY(
            "\"mkdir\", \"open\", \"arm_fadvise64_64\"",
            ", \"comment\": \"\", \"includes\": {}, \"excludes\": {}, \"args\": []") "]}";

    ck_assert_uint_eq(verdict(json, MKDIR, 0), ERR(EPERM));
    ck_assert_uint_eq(verdict(json, OPEN, 0), ERR(EPERM));
    ck_assert_uint_eq(verdict(json, 0, 0), ALLOW);
}
END_TEST

/* open is x86_64's alone, and what is 2 there is another call on aarch64. */
START_TEST(names_of_other_machines_are_passed_over)
{
    static const char json[] = RULES(DENY("\"open\", \"mkdirat\"", ""));
    struct seccomp_data data = {.arch = AUDIT_ARCH_AARCH64};
    struct filter_program program;
    struct error e;

    ck_assert_msg(filter_compile(json, sizeof json - 1, "aarch64", &program, &e), "%s", e.text);
    for (data.nr = 0; data.nr <= NEWEST; data.nr++)
        ck_assert_uint_eq(bpf_run(program.code, program.length, &data, NULL),
                          data.nr == 34 ? ERR(EPERM) : ALLOW);
    filter_free(&program);
}
END_TEST

START_TEST(a_default_may_be_repeated_once)
{
    ck_assert_uint_eq(verdict(RULES("{\"names\": [\"open\"], \"action\": \"SCMP_ACT_ALLOW\", "
                                    "\"comment\": \"said aloud\"}"),
                              OPEN, 0),
                      ALLOW);
}
END_TEST

START_TEST(raw_programs_are_taken_or_refused)
{
    static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    static const struct sock_filter load = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    static struct sock_filter many[FILTER_MAX_INSTRUCTIONS + 1];
    struct filter_program program;
    struct error e;

    for (size_t i = 0; i <= FILTER_MAX_INSTRUCTIONS; i++)
        many[i] = allow;
    ck_assert(filter_from_bytes(&allow, sizeof allow, &program, &e));
    ck_assert_uint_eq(program.length, 1);
    ck_assert_mem_eq(program.code, &allow, sizeof allow);
    filter_free(&program);
    ck_assert_ptr_null(program.code);
    ck_assert(filter_from_bytes(many, sizeof many - sizeof many[0], &program, &e));
    ck_assert_uint_eq(program.length, FILTER_MAX_INSTRUCTIONS);
    filter_free(&program);

    ck_assert(!filter_from_bytes(many, sizeof many, &program, &e));
    ck_assert_str_eq(e.text, "cannot use the BPF program: 4097 instructions, where the kernel "
                             "takes 1 to 4096");
    ck_assert(!filter_from_bytes("", 0, &program, &e));
    ck_assert_str_eq(e.text, "cannot use the BPF program: 0 instructions, where the kernel takes 1 "
                             "to 4096");
    ck_assert(!filter_from_bytes(many, 12, &program, &e));
    ck_assert_str_eq(e.text, "cannot use the BPF program: 12 bytes is no multiple of 8");
    ck_assert(!filter_from_bytes(&load, sizeof load, &program, &e));
    ck_assert_str_eq(e.text, "cannot use the BPF program: its last instruction is not a return");
    ck_assert_ptr_null(program.code);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("profile");
    TCase *c = tcase_create("profile");

    tcase_add_loop_test(c, is_refused, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(c, other_machines_are_refused);
    tcase_add_test(c, too_many_names_are_refused);
    tcase_add_test(c, an_empty_profile_is_its_default);
    tcase_add_test(c, newest_does_not_shrink);
    tcase_add_test(c, operators_compare_64_bits);
    tcase_add_test(c, several_equalities_are_all_compared);
    tcase_add_test(c, harmless_keys_are_taken);
    tcase_add_test(c, names_of_other_machines_are_passed_over);
    tcase_add_test(c, a_default_may_be_repeated_once);
    tcase_add_test(c, raw_programs_are_taken_or_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
