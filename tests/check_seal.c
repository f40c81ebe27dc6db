/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seal, instruction by instruction and as a truth table, in an interpreter. */
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_interp.h"
#include "filter/seal.h"
#include "support.h"

#define DESCRIPTOR 1000u
#define AT_EMPTY 0x1000u

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define DENY (SECCOMP_RET_ERRNO | EPERM)

static const struct machine {
    uint32_t audit;
    uint32_t execveat;
    const char *template; /* the digest is part of every bundle: it changes with the code only */
} machines[] = {
    {AUDIT_ARCH_X86_64, 322,
     "sha256:6298183d40b98688f70de1ead909dc10622bcaaf130342f0bd02b890c854cda4"},
    {AUDIT_ARCH_AARCH64, 281,
     "sha256:3f886e1e6041729d9779b90c36159202232e1f981f57c5954e621942729eff13"},
};

#define N_MACHINES ((int)(sizeof machines / sizeof machines[0]))

static const uint32_t token[4] = {0x01234567, 0x89abcdef, 0xdeadbeef, 0x80000001};
static const uint32_t zeros[4];

static struct sock_filter code[SEAL_MAX];
static unsigned short length;

static void write_seal(int machine, uint32_t descriptor, const uint32_t words[4])
{
    length =
        seal_write(code, machines[machine].audit, machines[machine].execveat, descriptor, words);
    ck_assert_uint_eq(length, SEAL_MAX);
}

static uint64_t halves(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* The call that starts the payload. */
static struct seccomp_data right_call(int machine, uint32_t descriptor, const uint32_t words[4])
{
    return (struct seccomp_data){
        .nr = (int)machines[machine].execveat,
        .arch = machines[machine].audit,
        .instruction_pointer = 0x7fff12345678,
        .args = {halves(descriptor, words[0]), 0x1111, 0x2222, 0x3333, halves(AT_EMPTY, words[1]),
                 halves(words[2], words[3])},
    };
}

static uint32_t run(const struct seccomp_data *data)
{
    return bpf_run(code, length, data, NULL);
}

START_TEST(is_this_program)
{
    const struct machine *m = &machines[_i];
    const struct sock_filter expected[SEAL_MAX] = {
        {0x20, 0, 0, 4},            /*  0 A = machine */
        {0x15, 0, 30, m->audit},    /*  1 another: 32 */
        {0x20, 0, 0, 0},            /*  2 A = number */
        {0x15, 0, 26, m->execveat}, /*  3 another: 30 */
        {0x00, 0, 0, 0},            /*  4 A = 0 */
        {0x07, 0, 0, 0},            /*  5 X = A */
        {0x20, 0, 0, 16},           /*  6 A = args[0], lower half */
        {0xa4, 0, 0, DESCRIPTOR},   /*  7 A ^= descriptor */
        {0x4c, 0, 0, 0},            /*  8 A |= X */
        {0x07, 0, 0, 0},            /*  9 */
        {0x20, 0, 0, 20},           /* 10 args[0], upper half */
        {0xa4, 0, 0, token[0]},     /* 11 */
        {0x4c, 0, 0, 0},            /* 12 */
        {0x07, 0, 0, 0},            /* 13 */
        {0x20, 0, 0, 48},           /* 14 args[4], lower half */
        {0xa4, 0, 0, AT_EMPTY},     /* 15 */
        {0x4c, 0, 0, 0},            /* 16 */
        {0x07, 0, 0, 0},            /* 17 */
        {0x20, 0, 0, 52},           /* 18 args[4], upper half */
        {0xa4, 0, 0, token[1]},     /* 19 */
        {0x4c, 0, 0, 0},            /* 20 */
        {0x07, 0, 0, 0},            /* 21 */
        {0x20, 0, 0, 56},           /* 22 args[5], lower half */
        {0xa4, 0, 0, token[2]},     /* 23 */
        {0x4c, 0, 0, 0},            /* 24 */
        {0x07, 0, 0, 0},            /* 25 */
        {0x20, 0, 0, 60},           /* 26 args[5], upper half */
        {0xa4, 0, 0, token[3]},     /* 27 */
        {0x4c, 0, 0, 0},            /* 28 */
        {0x15, 0, 1, 0},            /* 29 nothing differs: 30, else 31 */
        {0x06, 0, 0, ALLOW},        /* 30 */
        {0x06, 0, 0, DENY},         /* 31 */
        {0x06, 0, 0, KILL},         /* 32 */
    };

    write_seal(_i, DESCRIPTOR, token);
    for (unsigned i = 0; i < SEAL_MAX; i++) {
        ck_assert_uint_eq(code[i].code, expected[i].code);
        ck_assert_uint_eq(code[i].jt, expected[i].jt);
        ck_assert_uint_eq(code[i].jf, expected[i].jf);
        ck_assert_uint_eq(code[i].k, expected[i].k);
    }
    ck_assert(bpf_loadable(code, length));
}
END_TEST

START_TEST(the_right_call_passes)
{
    static const uint32_t tokens[][4] = {
        {0x01234567, 0x89abcdef, 0xdeadbeef, 0x80000001},
        {0, 0, 0, 0},
        {-1u, -1u, -1u, -1u},
        {1, 2, 3, 4},
    };

    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct seccomp_data data = right_call(_i, DESCRIPTOR, tokens[i]);

        write_seal(_i, DESCRIPTOR, tokens[i]);
        ck_assert_uint_eq(run(&data), ALLOW);
    }
}
END_TEST

/* The 192 bits that are compared: the halves of args[0], args[4] and args[5]. */
START_TEST(every_single_bit_counts)
{
    static const int compared[] = {0, 4, 5};

    write_seal(_i, DESCRIPTOR, token);
    for (int i = 0; i < 3; i++) {
        for (int bit = 0; bit < 64; bit++) {
            struct seccomp_data data = right_call(_i, DESCRIPTOR, token);

            data.args[compared[i]] ^= UINT64_C(1) << bit;
            ck_assert_msg(run(&data) == DENY, "args[%d], bit %d", compared[i], bit);
        }
    }
}
END_TEST

/* Two differences must not cancel out, as they would in a sum. */
START_TEST(two_wrong_bits_are_wrong)
{
    static const int compared[] = {0, 4, 5};

    write_seal(_i, DESCRIPTOR, token);
    for (int a = 0; a < 192; a++) {
        for (int b = 0; b < a; b++) {
            struct seccomp_data data = right_call(_i, DESCRIPTOR, token);

            data.args[compared[a / 64]] ^= UINT64_C(1) << a % 64;
            data.args[compared[b / 64]] ^= UINT64_C(1) << b % 64;
            if (run(&data) != DENY)
                ck_abort_msg("bits %d and %d", a, b);
        }
    }
}
END_TEST

START_TEST(the_other_arguments_do_not_count)
{
    write_seal(_i, DESCRIPTOR, token);
    for (int bit = 0; bit < 64; bit++) {
        for (int arg = 1; arg <= 3; arg++) {
            struct seccomp_data data = right_call(_i, DESCRIPTOR, token);

            data.args[arg] ^= UINT64_C(1) << bit;
            data.instruction_pointer ^= UINT64_C(1) << bit;
            ck_assert_uint_eq(run(&data), ALLOW);
        }
    }
}
END_TEST

/* The trap of sealed exec: the descriptor's number and the flag are known to the payload. */
START_TEST(descriptor_and_flag_are_not_enough)
{
    struct seccomp_data data = right_call(_i, DESCRIPTOR, zeros);

    write_seal(_i, DESCRIPTOR, token);
    ck_assert_uint_eq(run(&data), DENY);
    data.args[1] = 0x7ffff000; /* an absolute path */
    ck_assert_uint_eq(run(&data), DENY);
}
END_TEST

START_TEST(wrong_descriptors_and_flags_are_denied)
{
    static const uint32_t descriptors[] = {0, 1, 2, 999, 1001, 0xffffff9c, 0xffffffff};
    static const uint32_t flags[] = {0, 0x100, 0x1100, 0x11000, 0x10000, 0x800, 0x2000, 0xffffffff};

    write_seal(_i, DESCRIPTOR, token);
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        struct seccomp_data data = right_call(_i, descriptors[i], token);

        ck_assert_uint_eq(run(&data), DENY);
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        struct seccomp_data data = right_call(_i, DESCRIPTOR, token);

        data.args[4] = halves(flags[i], token[1]);
        ck_assert_uint_eq(run(&data), DENY);
    }
}
END_TEST

START_TEST(the_time_tells_nothing)
{
    static const int compared[] = {0, 4, 5};
    struct seccomp_data data = right_call(_i, DESCRIPTOR, token);
    unsigned right = 0;

    write_seal(_i, DESCRIPTOR, token);
    bpf_run(code, length, &data, &right);
    for (int i = 0; i < 3; i++) {
        for (int bit = 0; bit < 64; bit++) {
            unsigned steps = 0;

            data = right_call(_i, DESCRIPTOR, token);
            data.args[compared[i]] ^= UINT64_C(1) << bit;
            bpf_run(code, length, &data, &steps);
            ck_assert_uint_eq(steps, right);
        }
    }
}
END_TEST

START_TEST(other_calls_are_allowed_by_number)
{
    write_seal(_i, DESCRIPTOR, token);
    for (int number = -1; number < 1000; number++) {
        struct seccomp_data data = right_call(_i, DESCRIPTOR, zeros);
        bool execveat = number == (int)machines[_i].execveat;

        data.nr = number;
        if (run(&data) != (execveat ? DENY : ALLOW) ||
            bpf_const_allow(code, length, machines[_i].audit, number) == execveat)
            ck_abort_msg("%d", number);
    }
}
END_TEST

/* execveat by its x32 number is not the seal's to deny: the profile below it kills all of x32. */
START_TEST(x32_is_left_to_the_profile)
{
    struct seccomp_data data = right_call(0, DESCRIPTOR, zeros);

    write_seal(0, DESCRIPTOR, token);
    data.nr = 0x40000000 + 545;
    ck_assert_uint_eq(run(&data), ALLOW);
}
END_TEST

START_TEST(foreign_machines_are_killed)
{
    static const uint32_t foreign[] = {AUDIT_ARCH_I386,    AUDIT_ARCH_ARM,     AUDIT_ARCH_X86_64,
                                       AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, 0};

    write_seal(_i, DESCRIPTOR, token);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        struct seccomp_data data = right_call(_i, DESCRIPTOR, token);

        data.arch = foreign[i];
        ck_assert_uint_eq(run(&data), foreign[i] == machines[_i].audit ? ALLOW : KILL);
        data.nr = 0;
        ck_assert_uint_eq(run(&data), foreign[i] == machines[_i].audit ? ALLOW : KILL);
    }
}
END_TEST

START_TEST(the_template_is_the_same_for_every_run)
{
    char digest[DIGEST_TEXT_SIZE];
    char again[DIGEST_TEXT_SIZE];

    seal_template_digest(digest, machines[_i].audit, machines[_i].execveat);
    write_seal(_i, 0, zeros);
    sha256_text(again, code, sizeof code);
    ck_assert_str_eq(digest, again);
    ck_assert_str_eq(digest, machines[_i].template);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("seal");
    TCase *c = tcase_create("seal");

    tcase_add_loop_test(c, is_this_program, 0, N_MACHINES);
    tcase_add_loop_test(c, the_right_call_passes, 0, N_MACHINES);
    tcase_add_loop_test(c, every_single_bit_counts, 0, N_MACHINES);
    tcase_add_loop_test(c, two_wrong_bits_are_wrong, 0, N_MACHINES);
    tcase_add_loop_test(c, the_other_arguments_do_not_count, 0, N_MACHINES);
    tcase_add_loop_test(c, descriptor_and_flag_are_not_enough, 0, N_MACHINES);
    tcase_add_loop_test(c, wrong_descriptors_and_flags_are_denied, 0, N_MACHINES);
    tcase_add_loop_test(c, the_time_tells_nothing, 0, N_MACHINES);
    tcase_add_loop_test(c, other_calls_are_allowed_by_number, 0, N_MACHINES);
    tcase_add_test(c, x32_is_left_to_the_profile);
    tcase_add_loop_test(c, foreign_machines_are_killed, 0, N_MACHINES);
    tcase_add_loop_test(c, the_template_is_the_same_for_every_run, 0, N_MACHINES);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
