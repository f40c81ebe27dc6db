/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch/filters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "base/text.h"
#include "filter/compile.h"
#include "filter/seal.h"
#include "launch/weaken.h"

#if defined(__x86_64__)
#define NATIVE "x86_64"
#define NATIVE_AUDIT AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE "aarch64"
#define NATIVE_AUDIT AUDIT_ARCH_AARCH64
#endif

static bool stack_file(struct sandbox *s, struct launch_result *result, const char *path, bool json,
                       struct error *e)
{
    struct filter_program *program = &s->stacked[s->n_stacked];
    struct buf bytes = {0};
    int fd = sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, RESOLVE_NO_MAGICLINKS);
    bool ok = fd >= 0 && io_read_all(fd, FILTER_FILE_MAX, &bytes);

    if (!ok)
        filter_unreadable(e, errno, path);
    io_close(&fd);
    if (ok) {
        sha256_text(result->stacked_sha256[s->n_stacked], bytes.data, bytes.length);
        ok = json ? filter_compile(buf_text(&bytes), bytes.length, NATIVE, program, e)
                  : filter_from_bytes(buf_text(&bytes), bytes.length, program, e);
    }
    buf_free(&bytes);
    s->n_stacked += ok;
    return ok;
}

bool filters_prepare(struct sandbox *s, struct launch_result *result, struct error *e)
{
    const struct plan *plan = s->plan;
    char name[32] = "";

    strcpy(name, plan->derived.profile);
    if (plan->declared.allow_exec)
        strcat(name, "_exec");
    s->profile = filter_builtin(name);
    s->init_profile = filter_builtin("init");
    if (s->profile == NULL || s->init_profile == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot find the built-in filter %s", name);
    return (plan->derived.stacked_json == NULL ||
            stack_file(s, result, plan->derived.stacked_json, true, e)) &&
           (plan->declared.seccomp_bpf == NULL ||
            stack_file(s, result, plan->declared.seccomp_bpf, false, e));
}

void filters_free(struct sandbox *s)
{
    for (int i = 0; i < s->n_stacked; i++)
        filter_free(&s->stacked[i]);
}

static bool load(const struct sock_filter *code, unsigned short length, const char *what,
                 struct error *e)
{
    if (sys_seccomp_filter(code, length) < 0)
        return step_failed(e, what);
    return true;
}

bool filters_load_init(struct sandbox *s, struct error *e)
{
    const struct filter_code *native = filter_native(s->init_profile);

    if (sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0) != 1)
        return error_set(e, EXIT_BLOCKED, "cannot go on: no_new_privs is not set in init");
    return load(native->code, native->length, "cannot load init's filter", e);
}

bool step_filter(struct sandbox *s, struct error *e)
{
    const struct filter_code *native = filter_native(s->profile);

    return load(native->code, native->length, "cannot load the filter", e);
}

/* The token is drawn here, in the process that will use it and after its last fork. */
bool step_seal(struct sandbox *s, struct error *e)
{
    struct sock_filter code[SEAL_MAX];
    unsigned short length;

    if (s->plan->declared.allow_exec)
        return true;
    if (sys_getrandom(s->token, sizeof s->token) != (ssize_t)sizeof s->token)
        return step_failed(e, "cannot draw the token of the seal");
    length = seal_write(code, NATIVE_AUDIT, SYS_execveat, (uint32_t)SEALED_FD(s->plan), s->token);
    if (!load(code, length, "cannot load the seal", e))
        return false;
    explicit_bzero(code, sizeof code);
    return true;
}

bool step_stacked(struct sandbox *s, struct error *e)
{
    for (int i = 0; i < s->n_stacked; i++) {
        if (!load(s->stacked[i].code, s->stacked[i].length, "cannot load a stacked filter", e))
            return false;
    }
    return true;
}

int filters_count(const struct sandbox *s)
{
    return (s->plan->declared.allow_exec ? 1 : 2) + s->n_stacked;
}

void filters_exec(struct sandbox *s)
{
    const struct plan *plan = s->plan;
    uint64_t descriptor = (uint64_t)SEALED_FD(plan) | (uint64_t)s->token[0] << 32;
    uint64_t flags = (uint64_t)AT_EMPTY_PATH | (uint64_t)s->token[1] << 32;
    uint64_t spare = (uint64_t)s->token[2] | (uint64_t)s->token[3] << 32;

    weakened_never(s);
    syscall(SYS_execveat, descriptor, "", plan->derived.payload.argv, plan->declared.env, flags,
            spare);
}
