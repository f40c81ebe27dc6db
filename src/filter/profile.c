/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/profile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_ERRNO 4095 /* the kernel's; anything above would not be seen as an error */

struct action_name {
    const char *name;
    uint32_t action;
};

/* TRACE and NOTIFY are left out: they need a supervisor, and there is none. */
static const struct action_name actions[] = {
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
};

static const char *const ops[] = {
    [PROFILE_NE] = "SCMP_CMP_NE",
    [PROFILE_LT] = "SCMP_CMP_LT",
    [PROFILE_LE] = "SCMP_CMP_LE",
    [PROFILE_EQ] = "SCMP_CMP_EQ",
    [PROFILE_GE] = "SCMP_CMP_GE",
    [PROFILE_GT] = "SCMP_CMP_GT",
    [PROFILE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

static const char *const document_keys[] = {
    "defaultAction", "defaultErrnoRet", "archMap", "architectures", "flags", "syscalls", NULL,
};
static const char *const arch_keys[] = {"architecture", "subArchitectures", NULL};
static const char *const rule_keys[] = {
    "names", "action", "errnoRet", "args", "comment", "includes", "excludes", NULL,
};
static const char *const arg_keys[] = {"index", "value", "valueTwo", "op", NULL};

/* `where` in what follows is the part of the document an error names: "" or "rule 3: ". */

static bool check_keys(const json_t *object, const char *const known[], const char *where,
                       struct error *e)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return PROFILE_REFUSE(e, "%snot an object where one belongs", where);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;

        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL)
            return PROFILE_REFUSE(e, "%sunknown key \"%s\"", where, text_show(key));
    }
    return true;
}

/* An integer from 0 to `max`. *number stays where the key is absent and need not be there. */
static bool get_number(const json_t *object, const char *key, uint64_t max, bool required,
                       uint64_t *number, const char *where, struct error *e)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL && !required)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > max)
        return PROFILE_REFUSE(e, "%s\"%s\" is not an integer from 0 to %llu", where, key,
                              (unsigned long long)max);
    *number = (uint64_t)json_integer_value(value);
    return true;
}

/* An action with its errno. EPERM is what runc and Docker take where none is given. */
static bool get_action(const json_t *object, const char *key, const char *errno_key,
                       uint32_t *action, const char *where, struct error *e)
{
    const char *name = json_string_value(json_object_get(object, key));
    const json_t *number = json_object_get(object, errno_key);
    const size_t n = sizeof actions / sizeof actions[0];
    size_t i = 0;

    if (name == NULL)
        return PROFILE_REFUSE(e, "%s\"%s\" is missing or not a string", where, key);
    while (i < n && strcmp(actions[i].name, name) != 0)
        i++;
    if (i == n)
        return PROFILE_REFUSE(e, "%saction \"%s\" is not supported", where, text_show(name));
    *action = actions[i].action;
    if (*action != SECCOMP_RET_ERRNO) {
        if (number != NULL)
            return PROFILE_REFUSE(e, "%s\"%s\" needs the action SCMP_ACT_ERRNO", where, errno_key);
        return true;
    }
    if (number == NULL) {
        *action |= EPERM;
        return true;
    }
    /* 0 would tell the program that a call which never happened has succeeded. */
    if (!json_is_integer(number) || json_integer_value(number) < 1 ||
        json_integer_value(number) > MAX_ERRNO)
        return PROFILE_REFUSE(e, "%s\"%s\" is not an integer from 1 to %d", where, errno_key,
                              MAX_ERRNO);
    *action |= (uint32_t)json_integer_value(number);
    return true;
}

static bool add_machine(struct filter_profile *profile, const json_t *name, struct error *e)
{
    const char *text = json_string_value(name);

    if (text == NULL)
        return PROFILE_REFUSE(e, "an architecture is not a string");
    if (strcmp(text, "SCMP_ARCH_X86_64") == 0)
        profile->x86_64 = true;
    else if (strcmp(text, "SCMP_ARCH_AARCH64") == 0)
        profile->aarch64 = true;
    else {
        PROFILE_REFUSE(e, "architecture \"%s\" is not supported", text_show(text));
        return error_hint(e, "leave only SCMP_ARCH_X86_64 and SCMP_ARCH_AARCH64: system calls of "
                             "every other machine are killed");
    }
    return true;
}

static bool parse_arch_map(struct filter_profile *profile, const json_t *map, struct error *e)
{
    const json_t *entry;
    size_t i;

    if (!json_is_array(map))
        return PROFILE_REFUSE(e, "\"archMap\" is not an array");
    json_array_foreach(map, i, entry)
    {
        const json_t *sub;

        if (!check_keys(entry, arch_keys, "archMap: ", e))
            return false;
        sub = json_object_get(entry, "subArchitectures");
        if (sub != NULL && (!json_is_array(sub) || json_array_size(sub) != 0)) {
            PROFILE_REFUSE(e, "\"subArchitectures\" is not an empty array");
            return error_hint(e, "empty it: 32-bit and x32 system calls are always killed");
        }
        if (!add_machine(profile, json_object_get(entry, "architecture"), e))
            return false;
    }
    return true;
}

static bool parse_machines(struct filter_profile *profile, struct error *e)
{
    const json_t *map = json_object_get(profile->document, "archMap");
    const json_t *list = json_object_get(profile->document, "architectures");
    const json_t *entry;
    size_t i;

    if (map == NULL && list == NULL) {
        profile->x86_64 = profile->aarch64 = true;
        return true;
    }
    if (map != NULL && list != NULL)
        return PROFILE_REFUSE(e, "both \"archMap\" and \"architectures\" are there");
    if (map != NULL)
        return parse_arch_map(profile, map, e);
    if (!json_is_array(list))
        return PROFILE_REFUSE(e, "\"architectures\" is not an array");
    json_array_foreach(list, i, entry)
    {
        if (!add_machine(profile, entry, e))
            return false;
    }
    return true;
}

static bool parse_arg(const json_t *arg, struct profile_compare *compare, const char *where,
                      struct error *e)
{
    const size_t n = sizeof ops / sizeof ops[0];
    const char *op;
    uint64_t index = 0;
    size_t i = 0;

    if (!check_keys(arg, arg_keys, where, e) ||
        !get_number(arg, "index", 5, true, &index, where, e) ||
        !get_number(arg, "value", INT64_MAX, true, &compare->value, where, e) ||
        !get_number(arg, "valueTwo", INT64_MAX, false, &compare->value_two, where, e))
        return false;
    op = json_string_value(json_object_get(arg, "op"));
    if (op == NULL)
        return PROFILE_REFUSE(e, "%s\"op\" is missing or not a string", where);
    while (i < n && strcmp(ops[i], op) != 0)
        i++;
    if (i == n)
        return PROFILE_REFUSE(e, "%soperator \"%s\" is unknown", where, text_show(op));
    compare->op = (enum profile_op)i;
    compare->index = (unsigned)index;
    if (compare->op != PROFILE_MASKED_EQ && compare->value_two != 0)
        return PROFILE_REFUSE(e, "%s\"valueTwo\" needs the operator SCMP_CMP_MASKED_EQ", where);
    if (compare->op == PROFILE_MASKED_EQ && (compare->value_two & ~compare->value) != 0)
        return PROFILE_REFUSE(e, "%s\"valueTwo\" has bits that the mask \"value\" has not", where);
    return true;
}

static bool parse_args(const json_t *rule, struct profile_call *call, const char *where,
                       struct error *e)
{
    const json_t *args = json_object_get(rule, "args");

    if (args == NULL)
        return true;
    if (!json_is_array(args))
        return PROFILE_REFUSE(e, "%s\"args\" is not an array", where);
    if (json_array_size(args) > 1) {
        PROFILE_REFUSE(e, "%smore than one comparison in \"args\"", where);
        return error_hint(e, "compare one argument a rule: libseccomp before 2.6.1 can merge "
                             "several 64-bit comparisons into a weaker filter");
    }
    call->compares = json_array_size(args) == 1;
    return !call->compares || parse_arg(json_array_get(args, 0), &call->compare, where, e);
}

static bool check_conditions(const json_t *rule, const char *where, struct error *e)
{
    static const char *const keys[] = {"includes", "excludes"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(rule, keys[i]);

        if (value == NULL || (json_is_object(value) && json_object_size(value) == 0))
            continue;
        PROFILE_REFUSE(e, "%s\"%s\" is not an empty object", where, keys[i]);
        return error_hint(e, "conditions on capabilities, kernels and machines are not evaluated: "
                             "remove the condition, or the rule where it would not hold");
    }
    return true;
}

static bool check_name(const char *name, const char *where, struct error *e)
{
    if (name == NULL)
        return PROFILE_REFUSE(e, "%sa name is not a string", where);
    if (*name == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
        return PROFILE_REFUSE(e, "%s\"%s\" is not the name of a system call", where,
                              text_show(name));
    return true;
}

static bool add_call(struct filter_profile *profile, const struct profile_call *call,
                     struct error *e)
{
    if (profile->n_calls == PROFILE_MAX_CALLS)
        return PROFILE_REFUSE(e, "more than %d names in all its rules", PROFILE_MAX_CALLS);
    if (profile->calls == NULL)
        profile->calls = calloc(PROFILE_MAX_CALLS, sizeof *profile->calls);
    if (profile->calls == NULL)
        return PROFILE_REFUSE(e, "out of memory");
    profile->calls[profile->n_calls++] = *call;
    return true;
}

static bool parse_rule(struct filter_profile *profile, const json_t *rule, unsigned number,
                       struct error *e)
{
    struct profile_call call = {.rule = number};
    char where[32];
    const json_t *names;
    const json_t *comment;
    const json_t *name;
    size_t i;

    snprintf(where, sizeof where, "rule %u: ", number);
    if (!check_keys(rule, rule_keys, where, e) || !check_conditions(rule, where, e) ||
        !get_action(rule, "action", "errnoRet", &call.action, where, e) ||
        !parse_args(rule, &call, where, e))
        return false;
    comment = json_object_get(rule, "comment");
    if (comment != NULL && !json_is_string(comment))
        return PROFILE_REFUSE(e, "%s\"comment\" is not a string", where);
    names = json_object_get(rule, "names");
    if (!json_is_array(names) || json_array_size(names) == 0)
        return PROFILE_REFUSE(e, "%s\"names\" is not an array with a name in it", where);
    json_array_foreach(names, i, name)
    {
        call.name = json_string_value(name);
        if (!check_name(call.name, where, e) || !add_call(profile, &call, e))
            return false;
    }
    return true;
}

static bool parse_document(struct filter_profile *profile, struct error *e)
{
    const json_t *rules;
    const json_t *flags;
    const json_t *rule;
    size_t i;

    if (!check_keys(profile->document, document_keys, "", e) ||
        !get_action(profile->document, "defaultAction", "defaultErrnoRet", &profile->default_action,
                    "", e) ||
        !parse_machines(profile, e))
        return false;
    flags = json_object_get(profile->document, "flags");
    if (flags != NULL && (!json_is_array(flags) || json_array_size(flags) != 0))
        return PROFILE_REFUSE(e, "\"flags\" is not an empty array");
    rules = json_object_get(profile->document, "syscalls");
    if (!json_is_array(rules))
        return PROFILE_REFUSE(e, "\"syscalls\" is missing or not an array");
    json_array_foreach(rules, i, rule)
    {
        if (!parse_rule(profile, rule, (unsigned)i + 1, e))
            return false;
    }
    return true;
}

bool profile_parse(const char *json, size_t length, struct filter_profile *out, struct error *e)
{
    *out = (struct filter_profile){0};
    out->document = json_parse(json, length, e);
    if (out->document == NULL)
        return error_before(e, "cannot use the seccomp profile");
    if (!parse_document(out, e)) {
        profile_free(out);
        return false;
    }
    return true;
}

void profile_free(struct filter_profile *profile)
{
    free(profile->calls);
    json_decref(profile->document);
    *profile = (struct filter_profile){0};
}
