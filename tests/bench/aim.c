// SPDX-License-Identifier: LGPL-2.1-or-later
#include "aim.h"

static double start_to_bubblewrap(const struct results *results)
{
    return result_start_ratio(results, DENYBOX, BUBBLEWRAP);
}

static double start_to_floor(const struct results *results)
{
    return result_start_ratio(results, DENYBOX, FLOOR);
}

static double rate_to_bubblewrap(const struct results *results)
{
    return result_rate_ratio(results, DENYBOX, BUBBLEWRAP, LEVEL_8);
}

static double peak_to_bubblewrap(const struct results *results)
{
    return stats_ratio(results->of[DENYBOX].peak_kib, results->of[BUBBLEWRAP].peak_kib);
}

static double call_to_none(const struct results *results)
{
    return stats_ratio(results->of[DENYBOX].getppid_ns, results->of[PAYLOAD_ALONE].getppid_ns);
}

static double gate_ms(const struct results *results)
{
    return results->of[TEST_BUILD].cost.median / 1e3;
}

static double evidence_ms(const struct results *results)
{
    return results->of[BIG_EVIDENCE].cost.median / 1e3;
}

static double batch_to_singles(const struct results *results)
{
    return results->batch.ratio;
}

const struct aim aims[] = {
#define AIM(id, what, unit, bound, value, measured) {id, what, unit, bound, value, measured},
#include "aim.def"
#undef AIM
};

const int n_aims = sizeof(aims) / sizeof(aims[0]);

bool aim_met(const struct aim *aim, double measured)
{
    switch (aim->bound) {
    case AT_MOST:
        return measured <= aim->value;
    case LESS_THAN:
        return measured < aim->value;
    case AT_LEAST:
        return measured >= aim->value;
    }
    return false;
}

const char *aim_sign(const struct aim *aim)
{
    static const char *const signs[] = {[AT_MOST] = "<=", [LESS_THAN] = "<", [AT_LEAST] = ">="};

    return signs[aim->bound];
}
