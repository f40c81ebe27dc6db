/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/requirement.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

#include "host/tries.h"

static const struct requirement_row rows[] = {
#define REQUIREMENT(symbol, name, need, purpose) {name, NEED_##need, purpose},
#include "host/requirement.def"
#undef REQUIREMENT
};

const struct requirement_row *requirement_row(enum requirement r)
{
    return &rows[r];
}

const char *need_name(enum need need)
{
    static const char *const names[N_NEEDS] = {"needed", "--rootfs", "--proc",
                                               "root",   "better",   "info"};

    return names[need];
}

const char *state_name(enum state state)
{
    static const char *const names[N_STATES] = {"ok", "missing", "less", "not tried", "info"};

    return names[state];
}

#define MOUNTS (CLONE_NEWUSER | CLONE_NEWNS)

const struct way requirement_ways[N_REQUIREMENTS] = {
    [REQUIRE_KERNEL] = {.look = look_kernel},
    [REQUIRE_LAUNCHER] = {.look = look_launcher},
    [REQUIRE_CLONE3] = {0, try_clone3, NULL, "works"},
    [REQUIRE_OPENAT2] = {0, try_openat2, NULL, "works"},
    [REQUIRE_CLOSE_RANGE] = {0, try_close_range, NULL, "works"},
    [REQUIRE_PIDFD] = {0, try_pidfd, NULL, "works"},
    [REQUIRE_USERNS] = {CLONE_NEWUSER, try_nothing, NULL, "made one"},
    [REQUIRE_ID_MAPS] = {CLONE_NEWUSER, try_nothing, NULL, "mapped one uid and one gid"},
    [REQUIRE_MNT] = {MOUNTS, try_nothing, NULL, "made one"},
    [REQUIRE_PID] = {CLONE_NEWUSER | CLONE_NEWPID, try_nothing, NULL, "made one"},
    [REQUIRE_NET] = {CLONE_NEWUSER | CLONE_NEWNET, try_nothing, NULL, "made one"},
    [REQUIRE_IPC] = {CLONE_NEWUSER | CLONE_NEWIPC, try_nothing, NULL, "made one"},
    [REQUIRE_UTS] = {CLONE_NEWUSER | CLONE_NEWUTS, try_nothing, NULL, "made one"},
    [REQUIRE_CGROUPNS] = {CLONE_NEWUSER | CLONE_NEWCGROUP, try_nothing, NULL, "made one"},
    [REQUIRE_SETATTR] = {MOUNTS, try_setattr, NULL, "made all mounts private"},
    [REQUIRE_TMPFS] = {MOUNTS, try_tmpfs, NULL, "made one"},
    [REQUIRE_TREES] = {MOUNTS, try_trees, NULL, "took a copy of / and mounted it"},
    [REQUIRE_PIVOT] = {MOUNTS, try_pivot, NULL, "entered a new root"},
    [REQUIRE_SECCOMP] = {0, try_seccomp, NULL, "loaded a filter"},
    [REQUIRE_PIDS] = {CLONE_NEWUSER, try_pids, NULL, "counted apart from the caller's: "},
    [REQUIRE_NOFILE] = {.look = look_nofile},
    [REQUIRE_PROCFS] = {MOUNTS | CLONE_NEWPID, try_procfs, NULL, "made one"},
    [REQUIRE_OVERLAY] = {MOUNTS, try_overlay, NULL, "made one of two read-only layers"},
    [REQUIRE_IDMAP] = {0, try_idmap, NULL, "mapped the working directory"},
    [REQUIRE_LANDLOCK] = {0, try_landlock, NULL, "version of its interface: "},
    [REQUIRE_CGROUP] = {.look = look_cgroup},
    [REQUIRE_LIMITS] = {.look = look_limits},
    [REQUIRE_FILTER] = {.look = look_filter},
    [REQUIRE_APPARMOR] = {.look = look_apparmor},
    [REQUIRE_CHROOT] = {.look = look_chroot},
    [REQUIRE_CONTAINER] = {.look = look_container},
    [REQUIRE_HIDEPID] = {.look = look_hidepid},
    [REQUIRE_TIOCSTI] = {.look = look_tiocsti},
    [REQUIRE_YAMA] = {.look = look_yama},
    [REQUIRE_CORE] = {.look = look_core},
    [REQUIRE_RLIMITS] = {.look = look_rlimits},
};

/* What the layers mean to one requirement in particular. */
static enum obstacle special(enum requirement r, const struct survey *s, enum obstacle o,
                             const struct refusal *why, long long value)
{
    bool filter = o == OBSTACLE_FILTER || o == OBSTACLE_UNIT;

    if (filter)
        return o;
    if (r == REQUIRE_PROCFS && s->facts.masked != 0 && why->call == CALL_FSMOUNT)
        return OBSTACLE_PROC_MASKED;
    if (r == REQUIRE_OVERLAY && (why->number == ENODEV || why->number == EPERM) &&
        o == OBSTACLE_UNKNOWN)
        return OBSTACLE_OVERLAY;
    if (r == REQUIRE_IDMAP && why->call == CALL_SETATTR && why->number == EINVAL)
        return OBSTACLE_IDMAP;
    if (r == REQUIRE_PIDS && why->call == CALL_FORK)
        return value == 0 ? OBSTACLE_KERNEL_PIDS : OBSTACLE_ROOT_PIDS;
    if (r == REQUIRE_LANDLOCK && (why->number == ENOSYS || why->number == EOPNOTSUPP))
        return OBSTACLE_LANDLOCK;
    return o;
}

static void describe(const struct trial *t, const struct refusal *why, struct finding *f)
{
    char call[64];

    refusal_call(why, call);
    if (t->hung)
        snprintf(f->found, sizeof f->found, "%s: no answer", call);
    else if (t->signal != 0)
        snprintf(f->found, sizeof f->found, "%s: ended by %s", call, refusal_answer(why));
    else
        snprintf(f->found, sizeof f->found, "%s: %s", call, refusal_answer(why));
}

static bool same_call(const struct finding *f, const struct refusal *why)
{
    return f->obstacle != OBSTACLE_NONE && f->refusal.call == why->call &&
           (why->call != CALL_UNSHARE || f->refusal.kind == why->kind);
}

static void rest_on(enum requirement below, struct finding *f)
{
    f->state = STATE_UNTRIED;
    f->obstacle = OBSTACLE_NONE;
    snprintf(f->found, sizeof f->found, "needs %s", rows[below].name);
}

static void refused(struct survey *s, enum requirement r, const struct trial *t)
{
    struct finding *f = &s->findings[r];

    f->refusal = (struct refusal){
        .call = t->call,
        .kind = t->kind,
        .number = t->signal != 0 ? 0 : t->number,
        .signal = t->signal,
        .whole = t->whole,
        .filtered = t->filtered,
    };
    for (int i = 0; i < (int)r; i++) {
        if (same_call(&s->findings[i], &f->refusal)) {
            rest_on((enum requirement)i, f);
            return;
        }
    }
    f->obstacle = special(r, s, diagnose(&s->facts, &f->refusal), &f->refusal, t->value);
    f->state = rows[r].need == NEED_NEEDED ? STATE_MISSING : STATE_LESS;
    /* A kernel without Landlock says so; any other answer stops a launch. So does the launcher of a
     * payload that would be root. */
    if ((r == REQUIRE_LANDLOCK && t->number != ENOSYS && t->number != EOPNOTSUPP) ||
        f->obstacle == OBSTACLE_ROOT_PIDS)
        f->state = STATE_MISSING;
    describe(t, &f->refusal, f);
}

/* Is this one's user namespace, or its mounts, known to be missing? Then there is nothing to try.
 */
static bool rests_on(const struct survey *s, enum requirement r, struct finding *f)
{
    int namespaces = requirement_ways[r].namespaces;
    enum requirement below = REQUIRE_USERNS;

    if (namespaces == 0 || r == REQUIRE_USERNS)
        return false;
    if (s->findings[below].state == STATE_OK && r != REQUIRE_ID_MAPS)
        below = REQUIRE_ID_MAPS;
    if (s->findings[below].state == STATE_OK && r != REQUIRE_MNT && (namespaces & CLONE_NEWNS) != 0)
        below = REQUIRE_MNT;
    if (s->findings[below].state == STATE_OK)
        return false;
    rest_on(below, f);
    return true;
}

/* The user namespace stands when its maps fail; the maps have a row of their own. */
static bool concerns(enum requirement r, const struct trial *t)
{
    return !(r == REQUIRE_USERNS && t->in_namespaces != 0);
}

static void look_at(struct survey *s, enum requirement r)
{
    const struct way *way = &requirement_ways[r];
    struct finding *f = &s->findings[r];
    struct trial t;

    *f = (struct finding){.state = rows[r].need == NEED_INFO ? STATE_INFO : STATE_OK};
    if (rests_on(s, r, f))
        return;
    if (r == REQUIRE_IDMAP && !s->facts.maps_others) {
        snprintf(f->found, sizeof f->found, "not needed: the caller is not root");
        f->state = STATE_INFO;
    } else if (way->look != NULL) {
        way->look(s, f);
    } else if (!trial_run(s->host, &s->facts, way->namespaces, way->operation, &t) &&
               concerns(r, &t)) {
        refused(s, r, &t);
    } else {
        snprintf(f->found, sizeof f->found, "%s%.0lld", way->ok, t.value);
    }
}

void survey_take(const struct host *h, struct survey *s)
{
    /* A caller who ignores its children has the kernel reap ours, and how they ended is lost:
     * wait(2). */
    signal(SIGCHLD, SIG_DFL);
    *s = (struct survey){.host = h};
    facts_take(h, &s->facts);
    for (int i = 0; i < N_REQUIREMENTS; i++)
        look_at(s, (enum requirement)i);
}

bool survey_able(const struct survey *s)
{
    for (int i = 0; i < N_REQUIREMENTS; i++) {
        enum state state = s->findings[i].state;

        if (state == STATE_MISSING || (rows[i].need == NEED_NEEDED && state != STATE_OK))
            return false;
    }
    return true;
}

static void put_hint(enum obstacle o, const struct facts *f, const struct refusal *r,
                     struct error *e)
{
    struct diagnosis d;

    obstacle_text(o, f, r, &d);
    error_hint(e, "%s; mend: %s%s%s", d.why, d.mend, d.lasting[0] != '\0' ? "; also: " : "",
               d.lasting);
}

bool host_hint(enum obstacle o, struct error *e)
{
    static const struct facts none;
    static const struct refusal nothing;

    put_hint(o, &none, &nothing, e);
    return false;
}

/* What is only read depends on the options; the step that fails of it says so itself. Without
 * Landlock a launch goes on, unless it is refused in another way. */
static bool stops(const struct survey *s, enum requirement r, unsigned options)
{
    const struct finding *f = &s->findings[r];

    return f->obstacle != OBSTACLE_NONE && requirement_ways[r].operation != NULL &&
           (f->state == STATE_MISSING || (options >> rows[r].need & 1) != 0);
}

void host_explain(unsigned options, struct error *e)
{
    static struct survey s;
    struct error unreadable;
    struct host h;
    int i = 0;

    if (!host_open(&h, &unreadable)) {
        error_hint(e, "%s", unreadable.hint);
        return;
    }
    survey_take(&h, &s);
    host_close(&h);
    while (i < N_REQUIREMENTS && !stops(&s, (enum requirement)i, options))
        i++;
    if (i < N_REQUIREMENTS)
        put_hint(s.findings[i].obstacle, &s.facts, &s.findings[i].refusal, e);
}
