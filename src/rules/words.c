/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char *const observed[N_PROBES][OBSERVATIONS_MAX] = {
#define OBSERVED(probe, ...) [probe] = {__VA_ARGS__},
#include "rules/observed.def"
#undef OBSERVED
};

const char *control_word(int control)
{
    return control == 0 ? "succeeded" : control == NOT_OBSERVED ? "not run" : error_name(control);
}

bool control_number(const char *word, int *control)
{
    if (strcmp(word, "succeeded") == 0)
        *control = 0;
    else if (strcmp(word, "not run") == 0)
        *control = NOT_OBSERVED;
    else
        return (*control = error_number(word)) > 0;
    return true;
}

enum raw_kind judge_raw_kind(enum judge_kind kind)
{
    switch (kind) {
    case JUDGE_NET_DEV:
        return RAW_NET_DEV;
    case JUDGE_ENV:
        return RAW_ENV_KEYS;
    case JUDGE_MOUNTS:
        return RAW_MOUNTINFO;
    case JUDGE_CAPS:
    case JUDGE_SECCOMP:
    case JUDGE_SIGNALS:
    case JUDGE_IDS:
        return RAW_STATUS;
    default:
        return N_RAWS;
    }
}

size_t probe_tests(const struct probe_row *row, int tests[TESTS_MAX])
{
    const char *next = row->tests;
    size_t n = 0;

    while (*next != '\0' && n < TESTS_MAX) {
        char *end;

        tests[n++] = (int)strtol(next, &end, 10);
        next = end + strspn(end, " ");
    }
    return n;
}

static bool labelled(const char *const *labels, const struct fact *fact)
{
    int i = 0;

    while (i < fact->n && labels[i] != NULL && strcmp(labels[i], fact->observed[i].label) == 0)
        i++;
    return i == fact->n && (i == OBSERVATIONS_MAX || labels[i] == NULL);
}

bool probe_observes(enum probe probe, const struct fact *fact, bool run, const char *machine)
{
    static const char *const out[OBSERVATIONS_MAX] = {"/out"};
    /* A machine that has no foreign convention. */
    static const char *const no_entry[OBSERVATIONS_MAX] = {"no such entry"};

    if (probe == PR_FS_OUT_OK && run)
        return labelled(out, fact);
    if (probe == DX_ABI && strcmp(machine, "x86_64") != 0)
        return labelled(no_entry, fact) ||
               (strcmp(machine, "aarch64") != 0 && labelled(observed[probe], fact));
    return labelled(observed[probe], fact);
}

char *probe_rules_digest(char out[DIGEST_TEXT_SIZE])
{
    struct sha256 s;

    sha256_start(&s);
    for (int i = 0; i < N_PROBES; i++) {
        const struct probe_row *row = probe_row((enum probe)i);

        sha256_add(&s, row->id, strlen(row->id) + 1);
        sha256_add(&s, row->operation, strlen(row->operation) + 1);
        sha256_add(&s, row->expected, strlen(row->expected) + 1);
    }
    return sha256_end_text(&s, out);
}
