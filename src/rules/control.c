/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/control.h"

#include <stdio.h>
#include <string.h>

#define END N_PROBES

#define NEVER(probe, why)
#define REMOVAL(symbol, name, what, launcher, ...)                                                 \
    static const enum probe flips_##symbol[] = {__VA_ARGS__};
#include "rules/control.def"
#undef REMOVAL

static const struct removal_row table[N_REMOVALS] = {
#define REMOVAL(symbol, name, what, launcher, ...)                                                 \
    [REMOVE_##symbol] = {name, what, launcher, flips_##symbol},
#include "rules/control.def"
#undef REMOVAL
#undef NEVER
};

static const char *const never[N_PROBES] = {
#define REMOVAL(...)
#define NEVER(probe, why) [probe] = (why),
#include "rules/control.def"
#undef REMOVAL
#undef NEVER
};

#define WALL(removal) (1ULL << (removal))

const struct removal_row *removal_row(enum removal removal)
{
    return &table[removal];
}

bool removal_flips(enum removal removal, enum probe probe)
{
    const enum probe *flips = table[removal].flips;

    while (*flips != N_PROBES && *flips != probe)
        flips++;
    return *flips == probe;
}

uint64_t removal_walls(enum removal removal)
{
    uint64_t landlock = removal >= REMOVE_LANDLOCK ? WALL(REMOVE_LANDLOCK) : 0;

    if (removal == REMOVE_EVERYTHING)
        return (WALL(N_REMOVALS) - 1) & ~WALL(REMOVE_OUT);
    return WALL(REMOVE_NOTHING) | landlock | WALL(removal);
}

const char *probe_never(enum probe probe)
{
    return never[probe];
}

void control_golden(struct buf *text)
{
    static const char *const after[] = {
        [UNSEEN] = "\n", [SEEN] = " launcher\n", [EITHER] = " launcher?\n"};

    for (int r = 0; r < N_REMOVALS; r++) {
        buf_printf(text, "%s:", table[r].name);
        for (int p = 0; p < N_PROBES; p++) {
            if (removal_flips((enum removal)r, (enum probe)p))
                buf_printf(text, " %s", probe_row((enum probe)p)->id);
        }
        buf_puts(text, after[table[r].launcher]);
    }
}

char *control_golden_digest(char out[DIGEST_TEXT_SIZE])
{
    struct buf text = {0};

    control_golden(&text);
    out[0] = '\0';
    if (!text.failed)
        sha256_text(out, buf_text(&text), text.length);
    buf_free(&text);
    return out;
}

bool control_explained(enum removal removal, enum probe probe, const struct control_host *host)
{
    if (probe == DX_ABI && host->one_convention)
        return true;
    /* Where lo is all there is, it may well be down, and 127.0.0.1 has no route. */
    if (host->only_loopback && (probe == PR_NET_1 || probe == PR_NET_2))
        return true;
    if (probe == PR_MOUNT_1)
        return host->many_mounts && (removal_walls(removal) & WALL(REMOVE_OLD_ROOT)) != 0;
    /* An outer filter may answer first, and its filters count. */
    return host->filtered &&
           (probe == PR_NET_1 || probe == DX_SEAL || removal_flips(REMOVE_FILTER, probe));
}

static enum flip flip_of(bool must, bool passes, bool fails, bool explains)
{
    if (!must)
        return passes ? FLIP_NONE : FLIP_UNEXPECTED;
    if (fails)
        return FLIP_EXPECTED;
    return explains ? FLIP_NOT_RUN : FLIP_MISSING;
}

static void count(struct control *c, enum flip flip)
{
    c->faults += flip == FLIP_UNEXPECTED || flip == FLIP_MISSING;
}

void control_weigh(struct control *c, bool noticed, const struct control_host *host)
{
    c->ran = true;
    c->flips = c->faults = 0;
    for (int p = 0; p < N_PROBES; p++) {
        enum verdict verdict = c->judgement[p].verdict;

        c->flip[p] = probe_row((enum probe)p)->judge == JUDGE_SCAN
                         ? FLIP_NOT_RUN
                         : flip_of(removal_flips(c->removal, (enum probe)p),
                                   verdict == VERDICT_PASS, verdict == VERDICT_FAIL,
                                   control_explained(c->removal, (enum probe)p, host));
        c->flips += c->flip[p] == FLIP_EXPECTED;
        count(c, c->flip[p]);
    }
    if (table[c->removal].launcher == EITHER)
        c->launcher = noticed ? FLIP_EXPECTED : FLIP_NONE;
    else
        c->launcher = flip_of(table[c->removal].launcher == SEEN, !noticed, noticed, false);
    count(c, c->launcher);
}

void control_judge(struct control *c, const struct findings *f, bool noticed,
                   const struct control_host *host)
{
    for (int p = 0; p < N_PROBES; p++)
        judge((enum probe)p, f, &c->judgement[p]);
    control_weigh(c, noticed, host);
}

void control_not_run(struct control *c, const char *why)
{
    c->ran = false;
    c->flips = c->faults = 0;
    snprintf(c->why_not, sizeof c->why_not, "%s", why);
    for (int p = 0; p < N_PROBES; p++)
        c->flip[p] = FLIP_NOT_RUN;
    c->launcher = FLIP_NOT_RUN;
}

void control_died(struct control *c, const char *why)
{
    control_not_run(c, why);
    c->faults = 1;
}

void control_faults(const struct control *c, struct buf *lines)
{
    const char *name = table[c->removal].name;

    if (!c->ran && c->faults != 0)
        buf_printf(lines, "without %s: nothing was found: %s\n", name, c->why_not);
    for (int p = 0; c->ran && p < N_PROBES; p++) {
        const struct judgement *j = &c->judgement[p];
        const char *what = c->flip[p] == FLIP_MISSING      ? "must flip and did not"
                           : c->flip[p] == FLIP_UNEXPECTED ? "must not flip and did"
                                                           : NULL;

        if (what != NULL)
            buf_printf(lines, "without %s: %s %s: %s, %s\n", name, probe_row((enum probe)p)->id,
                       what, verdict_name(j->verdict), j->actual);
    }
    if (c->launcher == FLIP_MISSING)
        buf_printf(lines, "without %s: the launcher must notice and did not\n", name);
    if (c->launcher == FLIP_UNEXPECTED)
        buf_printf(lines, "without %s: the launcher must find nothing and did: %.*s\n", name,
                   (int)(strcspn(c->found, "\n")), c->found);
}
