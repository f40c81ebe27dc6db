/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf_interp.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LENGTH 4096

struct machine {
    const struct sock_filter *code;
    unsigned length;
    unsigned next;
    const struct seccomp_data *data;
    uint32_t a;
    uint32_t x;
    uint32_t memory[BPF_MEMWORDS];
};

static void broken(const struct machine *m, const char *why)
{
    fprintf(stderr, "bpf_interp: instruction %u: %s\n", m->next - 1, why);
    abort();
}

static uint32_t load_data(const struct machine *m, uint32_t offset)
{
    uint32_t word;

    if (offset % 4 != 0 || offset > sizeof *m->data - 4)
        broken(m, "load outside of seccomp_data");
    memcpy(&word, (const char *)m->data + offset, sizeof word);
    return word;
}

static uint32_t *memory(struct machine *m, uint32_t k)
{
    if (k >= BPF_MEMWORDS)
        broken(m, "no such memory word");
    return &m->memory[k];
}

static void jump(struct machine *m, uint32_t distance)
{
    if (distance >= m->length - m->next)
        broken(m, "jump out of the program");
    m->next += distance;
}

static uint32_t divide(const struct machine *m, uint32_t a, uint32_t b)
{
    if (b == 0)
        broken(m, "division by zero");
    return a / b;
}

static void calculate(struct machine *m, const struct sock_filter *f)
{
    uint32_t b = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

    switch (BPF_OP(f->code)) {
    case BPF_ADD:
        m->a += b;
        break;
    case BPF_SUB:
        m->a -= b;
        break;
    case BPF_MUL:
        m->a *= b;
        break;
    case BPF_DIV:
        m->a = divide(m, m->a, b);
        break;
    case BPF_AND:
        m->a &= b;
        break;
    case BPF_OR:
        m->a |= b;
        break;
    case BPF_XOR:
        m->a ^= b;
        break;
    case BPF_LSH:
        m->a = b < 32 ? m->a << b : 0;
        break;
    case BPF_RSH:
        m->a = b < 32 ? m->a >> b : 0;
        break;
    case BPF_NEG:
        m->a = -m->a;
        break;
    default:
        broken(m, "unknown arithmetic");
    }
}

static bool holds(const struct machine *m, const struct sock_filter *f)
{
    uint32_t b = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

    switch (BPF_OP(f->code)) {
    case BPF_JEQ:
        return m->a == b;
    case BPF_JGT:
        return m->a > b;
    case BPF_JGE:
        return m->a >= b;
    case BPF_JSET:
        return (m->a & b) != 0;
    default:
        broken(m, "unknown jump");
        return false;
    }
}

/* Everything but calculations, jumps and returns. */
static void move(struct machine *m, const struct sock_filter *f)
{
    switch (f->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        m->a = load_data(m, f->k);
        break;
    case BPF_LD | BPF_W | BPF_LEN:
        m->a = sizeof *m->data;
        break;
    case BPF_LDX | BPF_W | BPF_LEN:
        m->x = sizeof *m->data;
        break;
    case BPF_LD | BPF_IMM:
        m->a = f->k;
        break;
    case BPF_LDX | BPF_IMM:
        m->x = f->k;
        break;
    case BPF_LD | BPF_MEM:
        m->a = *memory(m, f->k);
        break;
    case BPF_LDX | BPF_MEM:
        m->x = *memory(m, f->k);
        break;
    case BPF_ST:
        *memory(m, f->k) = m->a;
        break;
    case BPF_STX:
        *memory(m, f->k) = m->x;
        break;
    case BPF_MISC | BPF_TAX:
        m->x = m->a;
        break;
    case BPF_MISC | BPF_TXA:
        m->a = m->x;
        break;
    default:
        broken(m, "unknown instruction");
    }
}

uint32_t bpf_run(const struct sock_filter *code, unsigned short length,
                 const struct seccomp_data *data, unsigned *steps)
{
    struct machine m = {.code = code, .length = length, .data = data};

    for (;;) {
        const struct sock_filter *f = &code[m.next++];

        if (m.next > m.length)
            broken(&m, "end of the program");
        if (steps != NULL)
            ++*steps;
        if (f->code == (BPF_RET | BPF_K))
            return f->k;
        if (f->code == (BPF_RET | BPF_A))
            return m.a;
        if (f->code == (BPF_JMP | BPF_JA))
            jump(&m, f->k);
        else if (BPF_CLASS(f->code) == BPF_JMP)
            jump(&m, holds(&m, f) ? f->jt : f->jf);
        else if (BPF_CLASS(f->code) == BPF_ALU)
            calculate(&m, f);
        else
            move(&m, f);
    }
}

bool bpf_const_allow(const struct sock_filter *code, unsigned short length, uint32_t arch, int nr)
{
    const struct seccomp_data data = {.nr = nr, .arch = arch};
    struct machine m = {.code = code, .length = length, .data = &data};

    while (m.next < m.length) {
        const struct sock_filter *f = &code[m.next++];

        switch (f->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (f->k != offsetof(struct seccomp_data, nr) &&
                f->k != offsetof(struct seccomp_data, arch))
                return false;
            m.a = load_data(&m, f->k);
            break;
        case BPF_RET | BPF_K:
            return f->k == SECCOMP_RET_ALLOW;
        case BPF_JMP | BPF_JA:
            jump(&m, f->k);
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
        case BPF_JMP | BPF_JGE | BPF_K:
        case BPF_JMP | BPF_JGT | BPF_K:
        case BPF_JMP | BPF_JSET | BPF_K:
            jump(&m, holds(&m, f) ? f->jt : f->jf);
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            m.a &= f->k;
            break;
        default:
            return false;
        }
    }
    return false;
}

static bool known_arithmetic(const struct sock_filter *f)
{
    switch (BPF_OP(f->code)) {
    case BPF_DIV:
        return BPF_SRC(f->code) == BPF_X || f->k != 0;
    case BPF_LSH:
    case BPF_RSH:
        return BPF_SRC(f->code) == BPF_X || f->k < 32;
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
        return true;
    default:
        return f->code == (BPF_ALU | BPF_NEG);
    }
}

static bool known_jump(const struct sock_filter *f, unsigned left)
{
    switch (BPF_OP(f->code)) {
    case BPF_JA:
        return f->code == (BPF_JMP | BPF_JA) && f->k < left;
    case BPF_JEQ:
    case BPF_JGT:
    case BPF_JGE:
    case BPF_JSET:
        return f->jt < left && f->jf < left;
    default:
        return false;
    }
}

static bool known_move(const struct sock_filter *f)
{
    switch (f->code) {
    case BPF_LD | BPF_W | BPF_ABS:
        return f->k % 4 == 0 && f->k < sizeof(struct seccomp_data);
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
        return f->k < BPF_MEMWORDS;
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
        return true;
    default:
        return false;
    }
}

bool bpf_loadable(const struct sock_filter *code, unsigned short length)
{
    if (length == 0 || length > MAX_LENGTH || BPF_CLASS(code[length - 1].code) != BPF_RET)
        return false;
    for (unsigned i = 0; i < length; i++) {
        const struct sock_filter *f = &code[i];
        unsigned left = length - i - 1u;
        bool known;

        if ((f->code & ~0xffu) != 0)
            return false;
        if (BPF_CLASS(f->code) == BPF_ALU)
            known = known_arithmetic(f);
        else if (BPF_CLASS(f->code) == BPF_JMP)
            known = known_jump(f, left);
        else
            known = known_move(f);
        if (!known)
            return false;
    }
    return true;
}
