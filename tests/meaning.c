/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meaning.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

/* The newest call of every profile: futex_waitv. */
#define NEWEST 449
#define X32 0x40000000u

static const struct {
    const char *name;
    int x86_64;
    int aarch64;
} table[] = {
#define SYSCALL(name, x86_64, aarch64) {#name, x86_64, aarch64},
#include "syscalls.def"
#undef SYSCALL
};

static const struct {
    const char *name;
    uint32_t action;
} actions[] = {
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
};

static bool take_number(const struct meaning *m, const char *name, int *number)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *number = m->machine == AUDIT_ARCH_X86_64 ? table[i].x86_64 : table[i].aarch64;
            return true;
        }
    }
    return false;
}

static bool take_action(const json_t *object, const char *key, const char *errno_key,
                        uint32_t *action)
{
    const char *name = json_string_value(json_object_get(object, key));
    const json_t *number = json_object_get(object, errno_key);

    for (size_t i = 0; name != NULL && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) != 0)
            continue;
        *action = actions[i].action;
        if (*action == SECCOMP_RET_ERRNO)
            *action |= json_is_integer(number) ? (uint32_t)json_integer_value(number) : EPERM;
        return true;
    }
    return false;
}

static uint64_t member(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* A rule stands for one of its kind for each of its names. One that this machine has not, a
 * negative number, stands for nothing. */
static bool take_rule(struct meaning *m, const json_t *rule)
{
    const json_t *arg = json_array_get(json_object_get(rule, "args"), 0);
    const char *op = json_string_value(json_object_get(arg, "op"));
    struct meaning_rule one = {.compares = arg != NULL};
    const json_t *name;
    size_t i;

    if (!take_action(rule, "action", "errnoRet", &one.action) || (arg != NULL && op == NULL))
        return false;
    one.index = (unsigned)member(arg, "index") % 6;
    one.value = member(arg, "value");
    one.value_two = member(arg, "valueTwo");
    snprintf(one.op, sizeof one.op, "%s", op != NULL ? op : "");
    json_array_foreach(json_object_get(rule, "names"), i, name)
    {
        if (!json_is_string(name) || m->n_rules == MEANING_MAX ||
            !take_number(m, json_string_value(name), &one.number))
            return false;
        if (one.number < 0)
            continue;
        if (one.number > m->newest)
            m->newest = one.number;
        m->rules[m->n_rules++] = one;
    }
    return true;
}

bool meaning_take(struct meaning *m, const json_t *document, const char *arch)
{
    const json_t *rule;
    size_t i;

    *m = (struct meaning){.newest = NEWEST, .random = 88172645463325252u};
    m->machine = strcmp(arch, "x86_64") == 0 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;
    if (!take_action(document, "defaultAction", "defaultErrnoRet", &m->otherwise))
        return false;
    json_array_foreach(json_object_get(document, "syscalls"), i, rule)
    {
        if (!take_rule(m, rule))
            return false;
    }
    return true;
}

static bool holds(const struct meaning_rule *r, uint64_t argument)
{
    if (strcmp(r->op, "SCMP_CMP_NE") == 0)
        return argument != r->value;
    if (strcmp(r->op, "SCMP_CMP_LT") == 0)
        return argument < r->value;
    if (strcmp(r->op, "SCMP_CMP_LE") == 0)
        return argument <= r->value;
    if (strcmp(r->op, "SCMP_CMP_EQ") == 0)
        return argument == r->value;
    if (strcmp(r->op, "SCMP_CMP_GE") == 0)
        return argument >= r->value;
    if (strcmp(r->op, "SCMP_CMP_GT") == 0)
        return argument > r->value;
    return (argument & r->value) == r->value_two;
}

/* Above the newest call ENOSYS, unless the program would not live to see it. */
static bool is_told_of_newer(uint32_t action)
{
    action &= SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_ERRNO;
}

uint32_t meaning_of(const struct meaning *m, const struct seccomp_data *call)
{
    uint32_t number = (uint32_t)call->nr;

    if (call->arch != m->machine)
        return SECCOMP_RET_KILL_PROCESS;
    /* -1 is no x32 call: a tracer has skipped one. */
    if (m->machine == AUDIT_ARCH_X86_64 && number >= X32 && number != UINT32_MAX)
        return SECCOMP_RET_KILL_PROCESS;
    if (number > (uint32_t)m->newest && is_told_of_newer(m->otherwise))
        return SECCOMP_RET_ERRNO | ENOSYS;
    for (int i = 0; i < m->n_rules; i++) {
        const struct meaning_rule *r = &m->rules[i];

        if (r->number == call->nr && (!r->compares || holds(r, call->args[r->index])))
            return r->action;
    }
    return m->otherwise;
}

static uint64_t draw(struct meaning *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return m->random;
}

static const struct meaning_rule *any_rule(struct meaning *m)
{
    static const struct meaning_rule none;

    return m->n_rules == 0 ? &none : &m->rules[draw(m) % (unsigned)m->n_rules];
}

/* A value near one that a rule compares with, so that both outcomes come up often. */
static uint64_t draw_near(struct meaning *m, const struct meaning_rule *r)
{
    uint64_t value = draw(m) % 2 != 0 ? r->value : r->value_two;

    switch (draw(m) % 7) {
    case 0:
        return value + 1;
    case 1:
        return value - 1;
    case 2:
        return value ^ UINT64_C(1) << draw(m) % 64;
    case 3:
        return value | draw(m) << 32;
    case 4:
        return (draw(m) & ~r->value) | r->value_two;
    case 5:
        return draw(m);
    default:
        return value;
    }
}

static int draw_number(struct meaning *m, const struct meaning_rule *r)
{
    switch (draw(m) % 8) {
    case 0:
        return (int)(draw(m) % (unsigned)(m->newest + 8));
    case 1:
        return r->number + 1;
    case 2:
        return (int)(draw(m) % 4 != 0 ? (uint32_t)r->number | X32 : UINT32_MAX);
    default:
        return r->number;
    }
}

void meaning_draw(struct meaning *m, struct seccomp_data *call)
{
    static const uint32_t machines[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386,
                                        AUDIT_ARCH_ARM, 0};
    const struct meaning_rule *r = any_rule(m);

    *call = (struct seccomp_data){.nr = draw_number(m, r), .arch = m->machine};
    if (draw(m) % 32 == 0)
        call->arch = machines[draw(m) % (sizeof machines / sizeof machines[0])];
    call->instruction_pointer = draw(m);
    for (int k = 0; k < 6; k++)
        call->args[k] = draw_near(m, draw(m) % 4 != 0 ? r : any_rule(m));
}
