/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/search.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define JUMP_ALWAYS (BPF_JMP | BPF_JA)
#define RETURN (BPF_RET | BPF_K)

/* What a conditional jump reaches. */
#define JUMP_MAX 255

/* About as many system calls as there are. */
#define NUMBERS 512

/* What comes of one number: a verdict, or the instruction that loads the first argument. */
struct outcome {
    bool by_argument;
    bool by_number; /* the number was looked at */
    uint32_t value; /* the verdict, or the index of that instruction */
    unsigned steps; /* instructions on the way */
};

/* The numbers from `first` to the next range's are all decided alike. */
struct range {
    uint32_t first;
    struct outcome outcome;
};

struct search {
    const struct filter_program *old;
    uint32_t arch;
    uint32_t foreign; /* the verdict for every other machine */
    struct range *ranges;
    size_t n_ranges;
    uint32_t *ends; /* the distinct outcomes: where the search can end */
    bool *end_by_argument;
    size_t n_ends;
    bool *kept;    /* of the old program: copied because it looks at arguments */
    size_t *moved; /* where it then is */
    struct sock_filter *code;
    size_t length;
};

/* Takes a conditional jump on a known A. False for one that is not known. */
static bool taken(const struct sock_filter *f, uint32_t a, bool *jumps)
{
    switch (f->code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
        *jumps = a == f->k;
        return true;
    case BPF_JMP | BPF_JGT | BPF_K:
        *jumps = a > f->k;
        return true;
    case BPF_JMP | BPF_JGE | BPF_K:
        *jumps = a >= f->k;
        return true;
    default:
        return false;
    }
}

/* Follows the program for one machine and number. False where it does something else than compare
 * the two. Programs only jump forward, so it ends. */
static bool follow(const struct filter_program *p, uint32_t arch, uint32_t nr, struct outcome *o)
{
    uint32_t a = 0;
    unsigned steps = 0;
    bool by_number = false;
    bool loaded = false;
    size_t pc = 0;

    while (pc < p->length) {
        const struct sock_filter *f = &p->code[pc];
        bool jumps;

        steps++;
        if (f->code == RETURN) {
            *o = (struct outcome){false, by_number, f->k, steps};
            return true;
        }
        if (f->code == JUMP_ALWAYS) {
            pc += 1 + (size_t)f->k;
            continue;
        }
        if (f->code == LOAD && f->k >= offsetof(struct seccomp_data, instruction_pointer)) {
            *o = (struct outcome){true, by_number, (uint32_t)pc, steps};
            return true;
        }
        if (f->code == LOAD) {
            by_number = by_number || f->k == offsetof(struct seccomp_data, nr);
            a = f->k == offsetof(struct seccomp_data, arch) ? arch : nr;
            loaded = true;
            pc++;
            continue;
        }
        if (!loaded || !taken(f, a, &jumps))
            return false;
        pc += 1 + (size_t)(jumps ? f->jt : f->jf);
    }
    return false;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static bool same(struct outcome a, struct outcome b)
{
    return a.by_argument == b.by_argument && a.value == b.value;
}

/* The outcome can only change at a number that is compared with, or right after it. */
static bool find_ranges(struct search *s, uint32_t *edges)
{
    size_t n = 0;

    edges[n++] = 0;
    for (size_t i = 0; i < s->old->length; i++) {
        const struct sock_filter *f = &s->old->code[i];

        if (BPF_CLASS(f->code) != BPF_JMP || f->code == JUMP_ALWAYS)
            continue;
        edges[n++] = f->k;
        edges[n++] = f->k + 1; /* 0 after the last one, which is there already */
    }
    qsort(edges, n, sizeof *edges, by_value);
    for (size_t i = 0; i < n; i++) {
        struct outcome o;

        if (i != 0 && edges[i] == edges[i - 1])
            continue;
        if (!follow(s->old, s->arch, edges[i], &o))
            return false;
        if (s->n_ranges == 0 || !same(o, s->ranges[s->n_ranges - 1].outcome))
            s->ranges[s->n_ranges++] = (struct range){edges[i], o};
    }
    return true;
}

/* Every other machine must get the same verdict, without a look at the number: tried with every
 * constant that the program compares with, and its neighbour, as the machine. */
static bool find_foreign(struct search *s, const uint32_t *edges, size_t n)
{
    struct outcome first;
    struct outcome o;

    if (!follow(s->old, ~s->arch, 0, &first) || first.by_argument || first.by_number)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (edges[i] != s->arch &&
            (!follow(s->old, edges[i], 0, &o) || !same(o, first) || o.by_number))
            return false;
    }
    s->foreign = first.value;
    return true;
}

static size_t end_of(struct search *s, struct outcome o)
{
    size_t i = 0;

    while (i < s->n_ends && (s->ends[i] != o.value || s->end_by_argument[i] != o.by_argument))
        i++;
    if (i == s->n_ends) {
        s->ends[i] = o.value;
        s->end_by_argument[i] = o.by_argument;
        s->n_ends++;
    }
    return i;
}

/* Marks what can be reached from an instruction that loads an argument. False for an instruction
 * that could depend on what came before it. */
static bool keep_from(struct search *s, size_t pc)
{
    while (pc < s->old->length && !s->kept[pc]) {
        const struct sock_filter *f = &s->old->code[pc];

        s->kept[pc] = true;
        if (f->code == RETURN)
            return true;
        if (f->code == JUMP_ALWAYS) {
            pc += 1 + (size_t)f->k;
        } else if (BPF_CLASS(f->code) == BPF_JMP && BPF_SRC(f->code) == BPF_K) {
            if (!keep_from(s, pc + 1 + f->jt))
                return false;
            pc += 1 + (size_t)f->jf;
        } else if (f->code == LOAD || f->code == (BPF_ALU | BPF_AND | BPF_K)) {
            pc++;
        } else {
            return false;
        }
    }
    return pc < s->old->length;
}

struct place {
    bool is_end;
    size_t index;
};

/* The nodes of a balanced tree over ranges [from, to), each before its children, the left one next
 * to it. A jump to an end is left as the number of the end: finish_jumps. Returns the node, or the
 * end, that stands for the ranges. */
static struct place emit_tree(struct search *s, size_t from, size_t to, struct place (*links)[2])
{
    size_t middle = from + (to - from) / 2;
    size_t node = s->length;

    if (to - from == 1)
        return (struct place){true, end_of(s, s->ranges[from].outcome)};
    s->code[node] = (struct sock_filter){BPF_JMP | BPF_JGE | BPF_K, 0, 0, s->ranges[middle].first};
    s->length++;
    links[node][1] = emit_tree(s, from, middle, links);
    links[node][0] = emit_tree(s, middle, to, links);
    return (struct place){false, node};
}

static bool finish_jumps(struct search *s, size_t first, size_t ends, struct place (*links)[2])
{
    for (size_t node = first; node < ends; node++) {
        size_t distance[2];

        for (int i = 0; i < 2; i++) {
            const struct place *p = &links[node][i];

            distance[i] = (p->is_end ? ends + p->index : p->index) - node - 1;
            if (distance[i] > JUMP_MAX)
                return false;
        }
        s->code[node].jt = (unsigned char)distance[0];
        s->code[node].jf = (unsigned char)distance[1];
    }
    return true;
}

/* The kept instructions in their old order; each jump reaches what it reached. */
static void copy_kept(struct search *s)
{
    for (size_t i = 0; i < s->old->length; i++) {
        if (s->kept[i])
            s->moved[i] = s->length++;
    }
    for (size_t i = 0; i < s->old->length; i++) {
        struct sock_filter f = s->old->code[i];

        if (!s->kept[i])
            continue;
        if (f.code == JUMP_ALWAYS) {
            f.k = (uint32_t)(s->moved[i + 1 + f.k] - s->moved[i] - 1);
        } else if (BPF_CLASS(f.code) == BPF_JMP) {
            f.jt = (unsigned char)(s->moved[i + 1 + f.jt] - s->moved[i] - 1);
            f.jf = (unsigned char)(s->moved[i + 1 + f.jf] - s->moved[i] - 1);
        }
        s->code[s->moved[i]] = f;
    }
}

/* The machine, the tree, a verdict or a jump for each of its ends, and what looks at arguments. */
static bool emit(struct search *s, struct place (*links)[2])
{
    const struct sock_filter head[] = {
        BPF_STMT(LOAD, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->arch, 1, 0),
        BPF_STMT(RETURN, s->foreign),
        BPF_STMT(LOAD, offsetof(struct seccomp_data, nr)),
    };
    size_t first = sizeof head / sizeof head[0];
    size_t ends;
    struct place root;

    memcpy(s->code, head, sizeof head);
    s->length = first;
    root = emit_tree(s, 0, s->n_ranges, links);
    ends = s->length;
    /* One range alone has no tree: its end comes first. */
    if ((root.is_end && root.index != 0) || !finish_jumps(s, first, ends, links))
        return false;
    s->length += s->n_ends;
    for (size_t i = 0; i < s->n_ends; i++) {
        if (s->end_by_argument[i] && !keep_from(s, s->ends[i]))
            return false;
    }
    copy_kept(s);
    for (size_t i = 0; i < s->n_ends; i++) {
        s->code[ends + i] = s->end_by_argument[i]
                                ? (struct sock_filter)BPF_STMT(
                                      JUMP_ALWAYS, (uint32_t)(s->moved[s->ends[i]] - ends - i - 1))
                                : (struct sock_filter)BPF_STMT(RETURN, s->ends[i]);
    }
    return true;
}

/* As many instructions as the kernel walks through when the program is loaded, more or less. */
static bool is_sooner(const struct search *s)
{
    const struct filter_program new = {s->code, (unsigned short)s->length};
    size_t before = 0;
    size_t after = 0;

    for (uint32_t nr = 0; nr < NUMBERS; nr++) {
        struct outcome was;
        struct outcome is;

        if (!follow(s->old, s->arch, nr, &was) || !follow(&new, s->arch, nr, &is))
            return false;
        before += was.steps;
        after += is.steps;
    }
    return after < before && s->length <= FILTER_MAX_INSTRUCTIONS;
}

/* Whatever was understood above, each number must come out as it did. */
static bool is_equal(const struct search *s, const uint32_t *edges, size_t n)
{
    const struct filter_program new = {s->code, (unsigned short)s->length};

    for (size_t i = 0; i < n; i++) {
        struct outcome was;
        struct outcome is;

        if (!follow(s->old, s->arch, edges[i], &was) || !follow(&new, s->arch, edges[i], &is) ||
            was.by_argument != is.by_argument ||
            (was.by_argument ? s->moved[was.value] : was.value) != is.value)
            return false;
    }
    return true;
}

static bool rewrite(struct search *s, uint32_t *edges, size_t n, struct place (*links)[2])
{
    return find_ranges(s, edges) && find_foreign(s, edges, n) && emit(s, links) && is_sooner(s) &&
           is_equal(s, edges, n);
}

bool filter_search(struct filter_program *program, uint32_t audit_arch, struct error *e)
{
    size_t n = 2 * (size_t)program->length + 1;
    uint32_t *edges = calloc(n, sizeof *edges);
    struct place(*links)[2] = calloc(n + 8, sizeof *links);
    struct search s = {
        .old = program,
        .arch = audit_arch,
        .ranges = calloc(n, sizeof *s.ranges),
        .ends = calloc(n, sizeof *s.ends),
        .end_by_argument = calloc(n, sizeof *s.end_by_argument),
        .kept = calloc(program->length, sizeof *s.kept),
        .moved = calloc(program->length, sizeof *s.moved),
        /* A head, a node less than ranges, their ends, and no more kept than there was. */
        .code = calloc(3 * n + 8, sizeof *s.code),
    };
    bool memory = edges != NULL && links != NULL && s.ranges != NULL && s.ends != NULL &&
                  s.end_by_argument != NULL && s.kept != NULL && s.moved != NULL && s.code != NULL;

    if (memory && rewrite(&s, edges, n, links)) {
        free(program->code);
        program->code = s.code;
        program->length = (unsigned short)s.length;
        s.code = NULL;
    }
    free(edges);
    free(links);
    free(s.ranges);
    free(s.ends);
    free(s.end_by_argument);
    free(s.kept);
    free(s.moved);
    free(s.code);
    return memory || error_set(e, EXIT_DENYBOX, "cannot use the seccomp profile: out of memory");
}
