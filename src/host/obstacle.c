/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/obstacle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/signals.h"

/* Where the build installs the AppArmor profile. */
#ifndef APPARMOR_PROFILE
#define APPARMOR_PROFILE "/usr/local/share/denybox/apparmor/denybox"
#endif

static const struct {
    const char *name;
    const char *why;
    const char *mend;
    const char *lasting;
} texts[] = {
    {"", "", "", ""},
#define OBSTACLE(symbol, name, why, mend, lasting) {name, why, mend, lasting},
#include "host/obstacle.def"
#undef OBSTACLE
};

static const char *const calls[] = {
#define CALL(symbol, name, form, answer) name,
#include "host/call.def"
#undef CALL
};

const char *refusal_answer(const struct refusal *r)
{
    static char text[32];

    if (r->signal == 0)
        return error_name(r->number);
    snprintf(text, sizeof text, "SIG%s", signal_name(r->signal));
    return text;
}

char *refusal_call(const struct refusal *r, char text[64])
{
    if (r->call == CALL_UNSHARE && !r->whole)
        snprintf(text, 64, "unshare of a %s namespace", namespace_name(r->kind));
    else
        snprintf(text, 64, "%s", calls[r->call]);
    return text;
}

/* The kernel's limits on numbers of namespaces come before every question of permission. */
static enum obstacle diagnose_full(const struct facts *f, const struct refusal *r)
{
    return f->max[r->kind] == 0 ? OBSTACLE_MAX_ZERO : OBSTACLE_MAX_REACHED;
}

static enum obstacle diagnose_filter(const struct facts *f)
{
    return f->unit[0] != '\0' && f->container[0] == '\0' ? OBSTACLE_UNIT : OBSTACLE_FILTER;
}

/* Which security module says no; the fallback when none is in sight. */
static enum obstacle diagnose_module(const struct facts *f, enum obstacle otherwise)
{
    if (f->apparmor_userns >= 1 && !f->sys_admin &&
        (!facts_confined(f) || strncmp(f->label, "unprivileged_userns", 19) == 0))
        return OBSTACLE_APPARMOR_USERNS;
    if (facts_confined(f))
        return OBSTACLE_APPARMOR_PROFILE;
    return f->selinux ? OBSTACLE_SELINUX : otherwise;
}

/* The order is the kernel's: Debian's patch at the call itself, then create_user_ns looks for a
 * chroot, for the caller's mapping, and asks the security modules. */
static enum obstacle diagnose_user_namespace(const struct facts *f, int number)
{
    if (number == EPERM) {
        if (f->userns_clone == 0 && !f->sys_admin)
            return OBSTACLE_USERNS_CLONE;
        if (f->chroot)
            return OBSTACLE_CHROOT;
        if (f->unmapped)
            return OBSTACLE_UNMAPPED;
    }
    return diagnose_module(f, OBSTACLE_UNKNOWN);
}

/* Landlock's own answer to them: hook_move_mount() and its like in security/landlock/fs.c. AppArmor
 * and SELinux answer EACCES; a capability that they take away is missed by the calls before. */
static bool is_landlocks(const struct refusal *r)
{
    return r->number == EPERM &&
           (r->call == CALL_MOVE_MOUNT || r->call == CALL_PIVOT || r->call == CALL_UMOUNT);
}

/* A deadline cannot be shared, so sched_fork() in kernel/sched/core.c refuses, however few
 * processes there are. */
static enum obstacle diagnose_again(const struct facts *f, const struct refusal *r)
{
    if (r->call == CALL_FORK || r->call == CALL_CLONE3)
        return f->deadline ? OBSTACLE_DEADLINE : OBSTACLE_NPROC;
    return r->call == CALL_UNSHARE ? OBSTACLE_NPROC : OBSTACLE_UNKNOWN;
}

enum obstacle diagnose(const struct facts *f, const struct refusal *r)
{
    bool namespace = r->call == CALL_UNSHARE;

    if (r->filtered && f->seccomp > 0)
        return diagnose_filter(f);
    switch (r->number) {
    case ENOSPC:
    case EUSERS:
        return namespace ? diagnose_full(f, r) : OBSTACLE_UNKNOWN;
    case EAGAIN:
        return diagnose_again(f, r);
    case EMFILE:
        return OBSTACLE_NOFILE;
    case ENOSYS:
        return f->seccomp > 0 ? diagnose_filter(f) : OBSTACLE_KERNEL;
    case EINVAL:
        return namespace ? OBSTACLE_KERNEL_NS : OBSTACLE_UNKNOWN;
    case EPERM:
    case EACCES:
        if (namespace && r->kind == KIND_USER)
            return diagnose_user_namespace(f, r->number);
        return is_landlocks(r) ? OBSTACLE_DOMAIN : diagnose_module(f, OBSTACLE_UNKNOWN);
    default:
        return OBSTACLE_UNKNOWN;
    }
}

static const char *value_of(const char *token, size_t length, const struct facts *f,
                            const struct refusal *r, const char *call)
{
    const struct {
        const char *token;
        const char *value;
    } all[] = {
        {"ns", namespace_name(r->kind)},
        {"NS", namespace_config(r->kind)},
        {"call", call},
        {"errno", refusal_answer(r)},
        {"unit", f->unit},
        {"label", f->label},
        {"profile", APPARMOR_PROFILE},
        {"exe", f->exe},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i].token) == length && strncmp(all[i].token, token, length) == 0)
            return all[i].value;
    }
    return "";
}

static void fill_in(char *out, size_t size, const char *text, const struct facts *f,
                    const struct refusal *r)
{
    struct buf b = {0};
    char call[64];

    refusal_call(r, call);
    while (*text != '\0') {
        size_t length = strcspn(text, "{");

        buf_add(&b, text, length);
        text += length;
        if (*text == '{') {
            length = strcspn(text, "}");
            buf_puts(&b, value_of(text + 1, length - 1, f, r, call));
            text += length + 1;
        }
    }
    snprintf(out, size, "%s", buf_text(&b));
    buf_free(&b);
}

void obstacle_text(enum obstacle o, const struct facts *f, const struct refusal *r,
                   struct diagnosis *d)
{
    fill_in(d->name, sizeof d->name, texts[o].name, f, r);
    fill_in(d->why, sizeof d->why, texts[o].why, f, r);
    fill_in(d->mend, sizeof d->mend, texts[o].mend, f, r);
    fill_in(d->lasting, sizeof d->lasting, texts[o].lasting, f, r);
}
