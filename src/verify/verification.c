/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/verification.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/checks.h"

static const struct outcome_row outcomes[] = {
#define OUTCOME(symbol, word, status, meaning) [OUTCOME_##symbol] = {word, status, meaning},
#include "verify/outcome.def"
#undef OUTCOME
};

static const struct check_row checks[] = {
#define CHECK(symbol, name, question) [CHECK_##symbol] = {name, question},
#include "verify/check.def"
#undef CHECK
};

static const struct reason_row reasons[] = {
#define REASON(symbol, code, check, outcome, meaning)                                              \
    [REASON_##symbol] = {code, CHECK_##check, OUTCOME_##outcome, meaning},
#include "verify/reason.def"
#undef REASON
};

/* What a verifier checks, in this order. */
static bool (*const run[N_CHECKS])(struct verification *v) = {
    [CHECK_FILE] = check_file,           [CHECK_SCHEMA] = check_schema,
    [CHECK_FRESHNESS] = check_freshness, [CHECK_VENUE] = check_venue,
    [CHECK_DIGESTS] = check_digests,     [CHECK_PROBES] = check_probes,
    [CHECK_AGREEMENT] = check_agreement, [CHECK_DEVIATIONS] = check_deviations,
    [CHECK_MATRIX] = check_matrix,
};

const struct outcome_row *outcome_row(enum outcome outcome)
{
    return &outcomes[outcome];
}

const struct check_row *check_row(enum check check)
{
    return &checks[check];
}

const struct reason_row *reason_row(enum reason reason)
{
    return &reasons[reason];
}

bool note(struct verification *v, enum reason reason, const char *format, ...)
{
    const struct reason_row *row = &reasons[reason];
    va_list args;

    v->wrong = v->wrong || row->outcome == OUTCOME_REJECTED;
    if (v->found[row->check] != OUTCOME_REJECTED)
        v->found[row->check] = row->outcome;
    if (v->n_notes == NOTES_MAX) {
        v->unsaid++;
        return false;
    }
    va_start(args, format);
    vsnprintf(v->notes[v->n_notes].text, sizeof v->notes[0].text, format, args);
    va_end(args);
    v->notes[v->n_notes++].reason = reason;
    return false;
}

void verify_file(const struct policy *policy, const char *path, struct verification *v)
{
    memset(v, 0, sizeof *v);
    v->policy = policy;
    v->path = path;
    for (int i = 0; i < N_CHECKS; i++) {
        v->made[i] = true;
        if (!run[i](v))
            break;
    }
}

enum outcome verification_outcome(const struct verification *v)
{
    if (v->wrong)
        return OUTCOME_REJECTED;
    return v->n_notes != 0 || !v->made[N_CHECKS - 1] ? OUTCOME_BLOCKED : OUTCOME_ACCEPTABLE;
}

enum outcome verification_check(const struct verification *v, enum check check)
{
    return v->found[check];
}

bool verification_run(const struct verification *v, char digest[DIGEST_TEXT_SIZE])
{
    json_t *rest = json_copy(v->bundle);
    char *canonical;

    json_object_del(rest, "integrity");
    json_object_del(rest, "run_id");
    canonical = json_canonical(rest);
    json_decref(rest);
    digest[0] = '\0';
    if (canonical != NULL)
        sha256_text(digest, canonical, strlen(canonical));
    free(canonical);
    return digest[0] != '\0';
}

void verification_free(struct verification *v)
{
    json_decref(v->bundle);
    findings_free(&v->findings);
    v->bundle = NULL;
}
