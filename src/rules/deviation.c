/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/deviation.h"

static const struct {
    const char *name;
    enum probe probes[3];
} table[] = {
#define DEVIATION(bit, name, a, b, c) [bit] = {name, {a, b, c}},
#include "rules/deviation.def"
#undef DEVIATION
};

#define N_DEVIATIONS (sizeof table / sizeof table[0])

const char *deviation_name(unsigned index)
{
    return index < N_DEVIATIONS ? table[index].name : NULL;
}

bool deviation_excuses(unsigned deviations, enum probe probe)
{
    for (unsigned i = 0; i < N_DEVIATIONS; i++) {
        for (unsigned j = 0; j < 3; j++) {
            if ((deviations & 1U << i) != 0 && table[i].probes[j] == probe)
                return true;
        }
    }
    return false;
}
