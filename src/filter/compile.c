/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/compile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/text.h"
#include "filter/profile.h"
#include "filter/search.h"

#define X32_BIT 0x40000000u /* set in the number of every x32 call, under x86_64's own name */

struct machine {
    const char *name;
    uint32_t audit;
    uint32_t token; /* libseccomp's */
    bool x32;
};

static const struct machine machines[] = {
    {"x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, true},
    {"aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, false},
};

/* A call of the profile that the machine has. */
struct numbered {
    int number;
    const struct profile_call *call;
};

struct job {
    const struct machine *machine;
    struct filter_profile profile;
    struct numbered *calls; /* owned; sorted by number, then by rule */
    size_t n_calls;
    unsigned newest;
};

static const struct machine *find_machine(const char *name)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (strcmp(machines[i].name, name) == 0)
            return &machines[i];
    }
    return NULL;
}

static bool check_machine(const struct job *job, struct error *e)
{
    bool meant =
        job->machine->token == SCMP_ARCH_X86_64 ? job->profile.x86_64 : job->profile.aarch64;

    return meant || PROFILE_REFUSE(e, "it is not for %s", job->machine->name);
}

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->call < y->call ? -1 : x->call > y->call;
}

static bool number_calls(struct job *job, struct error *e)
{
    const struct filter_profile *profile = &job->profile;

    job->newest = COMPILE_NEWEST;
    job->calls = calloc(profile->n_calls + 1, sizeof *job->calls);
    if (job->calls == NULL)
        return PROFILE_REFUSE(e, "out of memory");
    for (size_t i = 0; i < profile->n_calls; i++) {
        const struct profile_call *call = &profile->calls[i];
        int number = seccomp_syscall_resolve_name_arch(job->machine->token, call->name);

        if (number == __NR_SCMP_ERROR) {
            PROFILE_REFUSE(e, "rule %u: no machine has a system call \"%s\"", call->rule,
                           text_show(call->name));
            error_hint(e,
                       "correct the name, or remove it where it is newer than libseccomp "
                       "%u.%u.%u",
                       seccomp_version()->major, seccomp_version()->minor,
                       seccomp_version()->micro);
            return false;
        }
        if (number < 0) /* libseccomp's own number for a call of other machines */
            continue;
        if ((unsigned)number > job->newest)
            job->newest = (unsigned)number;
        job->calls[job->n_calls++] = (struct numbered){number, call};
    }
    qsort(job->calls, job->n_calls, sizeof *job->calls, by_number);
    return true;
}

static bool is_equality(const struct profile_call *call)
{
    return call->compare.op == PROFILE_EQ || call->compare.op == PROFILE_MASKED_EQ;
}

/* Two rules for the same call. */
static bool check_pair(const struct profile_call *a, const struct profile_call *b, struct error *e)
{
    if (a->action != b->action)
        return PROFILE_REFUSE(e, "rules %u and %u: two actions for \"%s\"", a->rule, b->rule,
                              a->name);
    if (!a->compares || !b->compares)
        return PROFILE_REFUSE(e, "rules %u and %u: \"%s\" twice, and not both with a comparison",
                              a->rule, b->rule, a->name);
    if (!is_equality(a) || !is_equality(b))
        return PROFILE_REFUSE(e,
                              "rules %u and %u: \"%s\" twice, and not both compared for equality",
                              a->rule, b->rule, a->name);
    return true;
}

/* The rules of one call, where there are several, are each checked against the first. */
static bool check_calls(const struct job *job, struct error *e)
{
    size_t first = 0;

    for (size_t i = 1; i < job->n_calls; i++) {
        const struct profile_call *call = job->calls[i].call;

        if (job->calls[i].number != job->calls[first].number) {
            first = i;
            continue;
        }
        if (!check_pair(job->calls[first].call, call, e))
            return false;
        if (call->action == job->profile.default_action)
            return PROFILE_REFUSE(e, "rules %u and %u: \"%s\" twice, with the default action",
                                  job->calls[first].call->rule, call->rule, call->name);
    }
    return true;
}

static bool add_rule(scmp_filter_ctx ctx, const struct profile_call *call, struct error *e)
{
    static const enum scmp_compare ops[] = {
        [PROFILE_NE] = SCMP_CMP_NE,
        [PROFILE_LT] = SCMP_CMP_LT,
        [PROFILE_LE] = SCMP_CMP_LE,
        [PROFILE_EQ] = SCMP_CMP_EQ,
        [PROFILE_GE] = SCMP_CMP_GE,
        [PROFILE_GT] = SCMP_CMP_GT,
        [PROFILE_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
    };
    struct scmp_arg_cmp compare = {
        .arg = call->compare.index,
        .op = ops[call->compare.op],
        .datum_a = call->compare.value,
        .datum_b = call->compare.value_two,
    };
    int rc;

    /*
     * libseccomp takes the number of the machine it was built for, or its own negative one, and
     * translates. Exact: it must not make anything else of the rule.
     */
    rc = seccomp_rule_add_exact_array(ctx, call->action, seccomp_syscall_resolve_name(call->name),
                                      call->compares, &compare);
    if (rc < 0)
        return PROFILE_REFUSE(e, "rule %u: libseccomp refuses \"%s\": %s", call->rule, call->name,
                              strerror(-rc));
    return true;
}

/* A context for the one machine, with the program that is to be. NULL with *e set. */
static scmp_filter_ctx make_context(const struct job *job, struct error *e)
{
    uint32_t token = job->machine->token;
    scmp_filter_ctx ctx;
    int rc;

    /* Without this, libseccomp asks the kernel it runs on, or an outer filter, what it can do. */
    rc = seccomp_api_set(3);
    ctx = rc < 0 ? NULL : seccomp_init(job->profile.default_action);
    if (ctx == NULL) {
        PROFILE_REFUSE(e, "libseccomp cannot start");
        return NULL;
    }
    if (token != seccomp_arch_native()) {
        rc = seccomp_arch_add(ctx, token);
        if (rc == 0)
            rc = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
    }
    if (rc == 0)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0) /* a binary tree over the numbers; which is what makes it quick */
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (rc < 0) {
        seccomp_release(ctx);
        PROFILE_REFUSE(e, "libseccomp cannot start: %s", strerror(-rc));
        return NULL;
    }
    return ctx;
}

static bool add_rules(scmp_filter_ctx ctx, const struct job *job, struct error *e)
{
    size_t added = 0;
    int rc;

    for (size_t i = 0; i < job->n_calls; i++) {
        if (job->calls[i].call->action == job->profile.default_action)
            continue;
        if (!add_rule(ctx, job->calls[i].call, e))
            return false;
        added++;
    }
    if (added != 0)
        return true;
    /* libseccomp before 2.6 makes no program of a tree without a leaf. */
    rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 1);
    return rc == 0 || PROFILE_REFUSE(e, "libseccomp cannot start: %s", strerror(-rc));
}

static bool export(scmp_filter_ctx ctx, struct buf *code, struct error *e)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    int rc;
    bool ok;

    if (fd < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot write the seccomp filter");
    rc = seccomp_export_bpf(ctx, fd);
    if (rc < 0) {
        io_close(&fd);
        return error_errno(e, EXIT_DENYBOX, -rc, "cannot write the seccomp filter");
    }
    ok = lseek(fd, 0, SEEK_SET) == 0 &&
         io_read_all(fd, FILTER_MAX_INSTRUCTIONS * sizeof(struct sock_filter), code);
    if (!ok && errno == EFBIG)
        PROFILE_REFUSE(e, "it makes more than %d instructions, which are all that the kernel takes",
                       FILTER_MAX_INSTRUCTIONS);
    else if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot read the seccomp filter back");
    io_close(&fd);
    return ok;
}

/*
 * What goes before libseccomp's program: numbers above the newest known one answer ENOSYS. It loads
 * and compares nothing but the machine and the number, so that the kernel can still tell which
 * calls are allowed whatever their arguments are, and skip the filter for them (its bitmap).
 * libseccomp's own attribute for this depends on how new its tables are.
 */
static void add_newest(struct buf *code, const struct machine *machine, unsigned newest)
{
    const unsigned char rest = machine->x32 ? 5 : 3; /* instructions after the first jump */
    const struct sock_filter head[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine->audit, 0, rest),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest, 0, rest - 2),
    };
    /* x32 is left to libseccomp, which kills; -1 is no x32 number, but what a tracer sets to skip
     * a call. */
    const struct sock_filter x32[] = {
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffffu, 0, 1),
    };
    const struct sock_filter answer = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);

    buf_add(code, head, sizeof head);
    if (machine->x32)
        buf_add(code, x32, sizeof x32);
    buf_add(code, &answer, sizeof answer);
}

/* ALLOW, LOG and ERRNO go on; after TRAP and the kills nobody falls back to an older call. */
static bool default_goes_on(uint32_t action)
{
    action &= SECCOMP_RET_ACTION_FULL;
    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_ERRNO;
}

static bool generate(const struct job *job, struct filter_program *out, struct error *e)
{
    scmp_filter_ctx ctx = make_context(job, e);
    struct buf code = {0};
    bool ok;

    if (ctx == NULL)
        return false;
    if (default_goes_on(job->profile.default_action))
        add_newest(&code, job->machine, job->newest);
    ok = add_rules(ctx, job, e) && export(ctx, &code, e) &&
         filter_from_bytes(buf_text(&code), code.length, out, e);
    if (ok && !filter_search(out, job->machine->audit, e)) {
        filter_free(out);
        ok = false;
    }
    seccomp_release(ctx);
    buf_free(&code);
    return ok;
}

bool filter_compile(const char *json, size_t length, const char *arch, struct filter_program *out,
                    struct error *e)
{
    struct job job = {.machine = find_machine(arch)};
    bool ok;

    *out = (struct filter_program){0};
    if (job.machine == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot compile for \"%s\": not a supported machine",
                         text_show(arch));
    ok = profile_parse(json, length, &job.profile, e) && check_machine(&job, e) &&
         number_calls(&job, e) && check_calls(&job, e) && generate(&job, out, e);
    free(job.calls);
    profile_free(&job.profile);
    if (!ok && e->hint[0] == '\0')
        error_hint(e, "denybox-seccomp(5), THE JSON FORM, says what is understood");
    return ok;
}
