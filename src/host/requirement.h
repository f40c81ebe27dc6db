/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_HOST_REQUIREMENT_H
#define DENYBOX_HOST_REQUIREMENT_H

#include <stdint.h>

#include "host/obstacle.h"

enum requirement {
#define REQUIREMENT(symbol, name, need, purpose) symbol,
#include "host/requirement.def"
#undef REQUIREMENT
    N_REQUIREMENTS
};

enum need { NEED_NEEDED, NEED_ROOTFS, NEED_PROC, NEED_ROOT, NEED_BETTER, NEED_INFO, N_NEEDS };

enum state {
    STATE_OK,
    STATE_MISSING, /* needed, and not there: nothing starts */
    STATE_LESS,    /* not there: something is refused, or holds less */
    STATE_UNTRIED, /* it rests on another that is missing */
    STATE_INFO,
    N_STATES
};

struct requirement_row {
    const char *name;
    enum need need;
    const char *purpose;
};

/* What came of one requirement. */
struct finding {
    enum state state;
    enum obstacle obstacle; /* OBSTACLE_NONE where nothing was refused */
    struct refusal refusal; /* valid with an obstacle */
    char found[256];        /* printable */
};

/* What is known of the host so far; a later row may rest on an earlier one. */
struct survey {
    const struct host *host;
    struct facts facts;
    struct finding findings[N_REQUIREMENTS];
};

const struct requirement_row *requirement_row(enum requirement r);

/* "needed", "--rootfs", ...; "ok", "missing", "less", "not tried", "info". */
const char *need_name(enum need need);
const char *state_name(enum state state);

/* Takes the facts and looks at every requirement. Changes nothing of the host; takes some
 * hundredths of a second. */
void survey_take(const struct host *h, struct survey *s);

/* Nothing needed is missing or could not be tried. */
bool survey_able(const struct survey *s);

/*
 * Why a launch was refused: looks at what is needed, and at what else `options` says was wanted
 * (bits of 1 << enum need), and at the first that is missing puts who forbids it and what mends it
 * into e->hint. Leaves *e as it is when everything is there. For after a failure: it costs nothing
 * when nothing failed.
 */
void host_explain(unsigned options, struct error *e);

/* The same hint where a step knows by itself what the obstacle is. Always returns false. */
bool host_hint(enum obstacle o, struct error *e);

#endif
