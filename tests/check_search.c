/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that was rewritten decides as the one it was, in an interpreter; one that cannot be
 * followed stays what it was. */
#include "filter/search.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_interp.h"
#include "support.h"

#define ARCH AUDIT_ARCH_X86_64
#define NR offsetof(struct seccomp_data, nr)
#define MACHINE offsetof(struct seccomp_data, arch)
#define ARG(n) offsetof(struct seccomp_data, args[n])
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IF(op, k, t, f) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, k, t, f)
#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define DENY (SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter was[4096];
static unsigned short length;
static struct filter_program program;
static struct error e;

static void add(struct sock_filter instruction)
{
    was[length++] = instruction;
}

static void finish(void)
{
    filter_free(&program);
    length = 0;
}

/* Rewrites what was added, and says whether that changed anything. */
static bool searched(void)
{
    ck_assert(filter_from_bytes(was, length * sizeof was[0], &program, &e));
    ck_assert(filter_search(&program, ARCH, &e));
    return program.length != length || memcmp(program.code, was, length * sizeof was[0]) != 0;
}

static uint32_t verdict(const struct sock_filter *code, unsigned short n, uint32_t arch,
                        uint32_t nr, uint64_t arg)
{
    const struct seccomp_data data = {.arch = arch, .nr = (int)nr, .args = {arg, arg >> 1}};

    return bpf_run(code, n, &data, NULL);
}

static void must_agree(uint32_t arch, uint32_t nr, uint64_t arg)
{
    uint32_t before = verdict(was, length, arch, nr, arg);
    uint32_t after = verdict(program.code, program.length, arch, nr, arg);

    ck_assert_msg(before == after, "machine %x, number %u, argument %llx: %x became %x", arch, nr,
                  (unsigned long long)arg, before, after);
}

static void head(void)
{
    add((struct sock_filter)LOAD(MACHINE));
    add((struct sock_filter)IF(JEQ, ARCH, 1, 0));
    add((struct sock_filter)RETURN(KILL));
    add((struct sock_filter)LOAD(NR));
}

/* One comparison after the other, every third of them with a look at an argument. */
static void chain(unsigned calls)
{
    head();
    for (unsigned i = 0; i < calls; i++) {
        if (i % 3 != 0) {
            add((struct sock_filter)IF(JEQ, 2 * i, 0, 1));
            add((struct sock_filter)RETURN(i % 3 == 1 ? ALLOW : DENY));
            continue;
        }
        add((struct sock_filter)IF(JEQ, 2 * i, 0, 5));
        add((struct sock_filter)LOAD(ARG(0)));
        add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff));
        add((struct sock_filter)IF(JEQ, i & 0xff, 0, 1));
        add((struct sock_filter)RETURN(ALLOW));
        add((struct sock_filter)RETURN(SECCOMP_RET_ERRNO | (i + 1)));
    }
    add((struct sock_filter)IF(JGE, 0x40000000, 0, 1));
    add((struct sock_filter)RETURN(KILL));
    add((struct sock_filter)RETURN(DENY));
}

START_TEST(a_chain_becomes_a_tree)
{
    chain(60);
    ck_assert(searched());
    for (uint32_t nr = 0; nr < 200; nr++) {
        for (uint64_t arg = 0; arg < 80; arg++)
            must_agree(ARCH, nr, arg);
        must_agree(ARCH, nr, 0xffffffff00000000ULL | nr / 2);
        must_agree(AUDIT_ARCH_I386, nr, 0);
    }
    must_agree(ARCH, 0x3fffffff, 0);
    must_agree(ARCH, 0x40000000, 0);
    must_agree(ARCH, 0x40000001, 0);
    must_agree(ARCH, 0xffffffff, 0);
    must_agree(0, 0, 0);
    must_agree(0xffffffff, 0, 0);
    must_agree(~ARCH, 4, 0);
}
END_TEST

/* Deeper than the jumps of the tree reach: it stays as it was. */
START_TEST(what_is_too_wide_stays)
{
    chain(600);
    ck_assert(!searched());
}
END_TEST

/* Each of these would become another program if it were taken for what it nearly is. */
static const struct sock_filter strange[][6] = {
    /* another machine is let through, by equality and by order */
    {LOAD(MACHINE), IF(JEQ, AUDIT_ARCH_I386, 2, 0), IF(JEQ, ARCH, 1, 0), RETURN(KILL), LOAD(NR),
     RETURN(ALLOW)},
    {LOAD(MACHINE), IF(JGE, 0x80000000, 1, 0), RETURN(KILL), LOAD(NR), IF(JEQ, 7, 0, 0),
     RETURN(ALLOW)},
    /* one call of another machine, by its number */
    {LOAD(MACHINE), IF(JEQ, ARCH, 2, 0), LOAD(NR), IF(JEQ, 5, 0, 1), RETURN(ALLOW), RETURN(KILL)},
    /* a test of bits, scratch memory, an index, arithmetic */
    {LOAD(NR), IF(JSET, 4, 0, 1), RETURN(ALLOW), RETURN(DENY), RETURN(DENY), RETURN(DENY)},
    {LOAD(NR), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), IF(JEQ, 7, 0, 1), RETURN(ALLOW),
     RETURN(DENY)},
    {LOAD(NR), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(MACHINE), IF(JEQ, ARCH, 0, 1), RETURN(ALLOW),
     RETURN(DENY)},
    {LOAD(NR), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1), IF(JEQ, 7, 0, 1), RETURN(ALLOW),
     RETURN(DENY), RETURN(DENY)},
    /* what follows the argument depends on what came before it */
    {LOAD(ARG(0)), BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0), IF(JEQ, 0, 0, 1), RETURN(ALLOW),
     RETURN(DENY), RETURN(DENY)},
};

START_TEST(what_cannot_be_followed_stays)
{
    for (size_t i = 0; i < sizeof strange[0] / sizeof strange[0][0]; i++)
        add(strange[_i][i]);
    ck_assert(!searched());
}
END_TEST

/* Random programs of the kind that compilers of filters write; the same ones every time. */
static uint32_t state;

static uint32_t draw(uint32_t below)
{
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % below;
}

static void random_program(void)
{
    static const uint32_t verdicts[] = {ALLOW, DENY, KILL, SECCOMP_RET_ERRNO | ENOSYS};
    static const unsigned short ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE};
    unsigned body = 20 + draw(150);

    head();
    while (length < body) {
        uint32_t kind = draw(10);

        if (kind < 6)
            add((struct sock_filter)BPF_JUMP(BPF_JMP | ops[draw(3)] | BPF_K, draw(40),
                                             (unsigned char)draw(6), (unsigned char)draw(6)));
        else if (kind < 7)
            add((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, draw(6)));
        else if (kind < 8)
            add((struct sock_filter)LOAD(draw(2) != 0 ? ARG(0) : NR));
        else
            add((struct sock_filter)RETURN(verdicts[draw(4)]));
    }
    for (int i = 0; i < 8; i++)
        add((struct sock_filter)RETURN(verdicts[draw(4)]));
}

START_TEST(random_programs_decide_as_before)
{
    int rewritten = 0;

    for (int round = 0; round < 1000; round++) {
        state = (uint32_t)round;
        random_program();
        rewritten += searched();
        for (uint32_t nr = 0; nr < 45; nr++) {
            for (uint64_t arg = 0; arg < 45; arg += 3)
                must_agree(ARCH, nr, arg);
            must_agree(AUDIT_ARCH_AARCH64, nr, nr);
        }
        must_agree(ARCH, 0xffffffff, 1);
        finish();
    }
    /* Were nothing rewritten, nothing would have been tested. */
    ck_assert_int_gt(rewritten, 250);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("search");
    TCase *c = tcase_create("search");

    /* On a machine that has much else to do. */
    tcase_add_checked_fixture(c, NULL, finish);
    tcase_add_test(c, a_chain_becomes_a_tree);
    tcase_add_test(c, what_is_too_wide_stays);
    tcase_add_loop_test(c, what_cannot_be_followed_stays, 0, N_ROWS(strange));
    tcase_add_test(c, random_programs_decide_as_before);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
