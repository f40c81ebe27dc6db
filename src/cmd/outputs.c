/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/outputs.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/patience.h"
#include "base/text.h"
#include "cmd/common.h"
#include "collect/collect.h"

/* So many that were refused are named; the others are counted. */
#define REFUSED_NAMED 10

/* The first of its oddities, in words. */
static const char *first_words(unsigned odd)
{
    int i = 0;

    while (i < N_ODDITIES - 1 && (odd & ODD_BIT(i)) == 0)
        i++;
    return oddity_words((enum oddity)i);
}

static bool is_odd(const struct audit *a)
{
    return a->odd != 0 || a->endless;
}

static void warn_of_odd(const struct plan *plan, const struct audit *a)
{
    const char *bundle = plan->declared.evidence != NULL ? "; the bundle lists them" : "";

    if (a->odd != 0)
        fprintf(stderr, "denybox: warning: odd entries in /out: %lu, the first is '%s' (%s)%s\n",
                a->odd, text_show(a->first), first_words(a->first_odd), bundle);
    if (a->endless)
        fprintf(stderr,
                "denybox: warning: /out has more than %d entries: the others were not looked at\n",
                TREE_ENTRIES_MAX);
}

static void warn_of_refused(const struct audit *a)
{
    unsigned long named = 0;

    for (size_t i = 0; i < a->n_rows && named < REFUSED_NAMED; i++) {
        if (!oddity_refused(a->rows[i].odd))
            continue;
        named++;
        fprintf(stderr, "denybox: warning: not published: '%s' (%s)\n", text_show(a->rows[i].path),
                first_words(a->rows[i].odd));
    }
    if (a->refused > named)
        fprintf(stderr, "denybox: warning: not published either: %lu more\n", a->refused - named);
}

/* With --strict-out. */
static bool refuse_odd(const struct plan *plan, const struct audit *a, struct error *e)
{
    if (a->odd != 0)
        error_set(e, EXIT_DENYBOX,
                  "cannot accept the outputs: odd entries in /out: %lu, the first is '%s' (%s)",
                  a->odd, text_show(a->first), first_words(a->first_odd));
    else
        error_set(e, EXIT_DENYBOX, "cannot accept the outputs: /out has more than %d entries",
                  TREE_ENTRIES_MAX);
    return error_hint(e, plan->declared.out_size != 0
                             ? "nothing was published; without --strict-out the rest would be"
                             : "they are still there: look at them before anything follows a link");
}

static bool ran(const struct launch_result *r)
{
    return r->ending != ENDING_NOT_STARTED;
}

static bool settle_left(const struct plan *plan, const struct launch_result *r, struct outputs *o,
                        struct error *e)
{
    const struct audit *a = &o->audit;

    o->state = OUTPUTS_LEFT;
    if (!ran(r) && plan->declared.evidence == NULL)
        return true;
    if (!audit_take(plan->derived.out.fd, &o->audit, e)) {
        o->unknown = true;
        audit_free(&o->audit);
        if (plan->declared.strict_out && ran(r))
            return false;
        fprintf(stderr, "denybox: warning: the outputs are not known: %s\n", e->text);
        return true;
    }
    if (!ran(r) || !is_odd(a) || plan->command != COMMAND_RUN)
        return true;
    if (plan->declared.strict_out)
        return refuse_odd(plan, a, e);
    if (!plan->declared.quiet)
        warn_of_odd(plan, a);
    return true;
}

static bool collect(const struct plan *plan, const struct launch_result *r, struct outputs *o,
                    int *published, struct error *e)
{
    const struct out_place *p = &plan->derived.place;
    struct collect_place place = {
        .parent = p->parent.fd,
        .name = p->name,
        .exists = p->directory.fd >= 0,
        .mode = p->mode,
        .uid = p->uid,
        .gid = p->gid,
    };

    patience_begin(plan->declared.quiet ? NULL : "publishing the outputs");
    *published = collect_publish(r->out, plan->declared.out_size, &place, e);
    patience_end();
    if (*published < 0)
        return false;
    o->state = OUTPUTS_PUBLISHED;
    if (!plan->declared.quiet)
        warn_of_refused(&o->audit);
    return true;
}

static bool settle_collected(const struct plan *plan, const struct launch_result *r,
                             struct outputs *o, int *published, struct error *e)
{
    const struct declared *d = &plan->declared;
    bool failed = launch_exit_status(r) != 0 && !d->keep_failed;

    o->state = OUTPUTS_WITHHELD;
    if (!ran(r) || r->out <= 0)
        return true;
    if (!collect_look(r->out, d->out_size, &o->audit, e)) {
        o->unknown = true;
        audit_free(&o->audit);
        return failed;
    }
    if (failed) {
        if (!d->quiet && o->audit.entries != 0)
            fprintf(stderr,
                    "denybox: warning: nothing was published in --out '%s': the payload failed, "
                    "and --keep-failed was not given\n",
                    text_show(d->out));
        return true;
    }
    if (is_odd(&o->audit) && d->strict_out)
        return refuse_odd(plan, &o->audit, e);
    /* Those that are refused are named one by one. */
    if ((o->audit.odd > o->audit.refused || o->audit.endless) && !d->quiet)
        warn_of_odd(plan, &o->audit);
    return collect(plan, r, o, published, e);
}

bool outputs_settle(const struct plan *plan, const struct launch_result *result,
                    struct outputs *outputs, int *published, struct error *e)
{
    bool ok;

    *published = -1;
    *outputs = (struct outputs){0};
    if (plan->declared.out == NULL)
        return true;
    if (plan->declared.out_size == 0)
        return settle_left(plan, result, outputs, e);
    ok = settle_collected(plan, result, outputs, published, e);
    if (ran(result))
        status_line(plan, json_pack("{s:s, s:s, s:I, s:I, s:I}", "event", "outputs", "state",
                                    outputs_state_name(outputs->state), "entries",
                                    (json_int_t)outputs->audit.entries, "odd",
                                    (json_int_t)outputs->audit.odd, "refused",
                                    (json_int_t)outputs->audit.refused));
    return ok;
}

void outputs_digest(const struct plan *plan, const struct launch_result *result,
                    struct outputs *outputs)
{
    int fd = plan->declared.out_size != 0 ? result->out : plan->derived.out.fd;

    patience_begin(plan->declared.quiet ? NULL : "taking the digests of the outputs");
    if (plan->declared.out != NULL && fd > 0)
        audit_digest(&outputs->audit, fd, OUTPUTS_DIGESTED);
    patience_end();
}
