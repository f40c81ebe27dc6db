/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "rules/deviation.h"
#include "verify/report.h"
#include "verify/rows.h"

/* A string of any bytes, made printable, whole. */
static json_t *safe_json(const char *text)
{
    size_t size = strlen(text) * 4 + 8;
    char *safe = malloc(size);
    json_t *value = safe != NULL ? json_string(text_safe(safe, size, text, strlen(text))) : NULL;

    free(safe);
    return value;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? safe_json(text) : json_null();
}

static json_t *time_json(int64_t seconds)
{
    char text[TEXT_TIME_SIZE];

    return json_string(text_time(text, seconds));
}

static json_t *values_json(const struct option_list *values)
{
    json_t *list = json_array();

    for (size_t i = 0; i < values->n; i++)
        json_append(&list, safe_json(values->word[i]));
    return list;
}

static json_t *profiles_json(const struct policy *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->profiles.n; i++)
        json_append(&list,
                    json_pack("{s:o, s:s, s:s, s:s}", "file", safe_json(p->profiles.word[i]),
                              "sha256", p->profile[i].json, "bpf_sha256_x86_64",
                              p->profile[i].bpf[0], "bpf_sha256_aarch64", p->profile[i].bpf[1]));
    return list;
}

static json_t *scans_json(const struct policy *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->scan_files.n; i++)
        json_append(&list, json_pack("{s:o, s:s}", "file", safe_json(p->scan_files.word[i]),
                                     "sha256", p->scan[i + 1].sha256));
    return list;
}

/* Names as in the table of options, so that the same can be asked again. */
static json_t *policy_json(const struct policy *p)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "nonce", text_or_null(p->nonce), "max_age",
        p->max_age != 0 ? json_integer((json_int_t)p->max_age) : json_null(), "venue",
        values_json(&p->venues), "profile", profiles_json(p), "scan_policy", scans_json(p),
        "allow_deviation", values_json(&p->allowed), "base", p->base, "matrix",
        json_pack("{s:o, s:s}", "file", text_or_null(p->matrix_file), "sha256", p->matrix.sha256),
        "controls",
        p->controls_file == NULL ? json_null()
                                 : json_pack("{s:o, s:s}", "file", safe_json(p->controls_file),
                                             "sha256", p->controls.sha256));
}

static json_t *reasons_json(const struct verification *v, enum check check)
{
    json_t *list = json_array();

    for (size_t i = 0; i < v->n_notes; i++) {
        const struct reason_row *row = reason_row(v->notes[i].reason);

        if (row->check == check)
            json_append(&list,
                        json_pack("{s:s, s:s, s:s}", "code", row->code, "means",
                                  outcome_row(row->outcome)->word, "text", v->notes[i].text));
    }
    return list;
}

static json_t *checks_json(const struct verification *v)
{
    json_t *list = json_array();

    for (int i = 0; i < N_CHECKS; i++) {
        enum check check = (enum check)i;
        enum outcome outcome = verification_check(v, check);

        json_append(&list, json_pack("{s:s, s:s, s:o}", "check", check_row(check)->name, "result",
                                     !v->made[i]                     ? "not made"
                                     : outcome == OUTCOME_ACCEPTABLE ? "ok"
                                                                     : outcome_row(outcome)->word,
                                     "reasons", reasons_json(v, check)));
    }
    return list;
}

static json_t *probes_json(const struct verification *v)
{
    json_t *list = json_array();

    for (int i = 0; i < N_PROBES && v->made[CHECK_PROBES]; i++) {
        const struct judged *p = &v->probe[i];

        if (p->listed)
            json_append(&list,
                        json_pack("{s:s, s:s, s:s, s:i, s:o, s:b, s:b, s:b}", "probe_id",
                                  probe_row((enum probe)i)->id, "stored", verdict_name(p->stored),
                                  "recomputed", verdict_name(p->found.verdict), "number",
                                  p->found.number, "actual", safe_json(p->found.actual), "required",
                                  p->required, "passes", p->passes, "excused",
                                  p->excused && !p->passes));
    }
    return list;
}

static json_t *row_json(const struct verification *v, const struct matrix_row *row)
{
    json_t *probes = json_array();

    for (int i = 0; i < N_PROBES; i++) {
        if (row->bound[i])
            json_append(&probes, json_pack("{s:s, s:s}", "probe_id", probe_row((enum probe)i)->id,
                                           "verdict", row_probe_word(v, (enum probe)i)));
    }
    return json_pack("{s:i, s:o, s:s, s:o, s:o, s:s}", "row", row->row, "requirement",
                     safe_json(row->requirement), "source", row->source, "bar",
                     row->bar != 0 ? json_integer(row->bar) : json_null(), "probes", probes,
                     "result", row_result_name(row_judge(v, row)));
}

static json_t *rows_json(const struct verification *v)
{
    json_t *list = json_array();

    for (size_t i = 0; i < v->policy->matrix.n && v->made[CHECK_MATRIX]; i++)
        json_append(&list, row_json(v, &v->policy->matrix.rows[i]));
    return list;
}

json_t *report_json(const struct verification *v, const char *copy_of)
{
    return json_pack(
        "{s:i, s:s, s:o, s:{s:o, s:o, s:I}, s:o, s:o, s:I, s:o, s:o, s:s, s:o}", "schema_version",
        1, "verifier", "denybox " PACKAGE_VERSION, "verified_at", time_json(v->policy->now),
        "bundle", "path", safe_json(v->path), "sha256", text_or_null(v->sha256), "size",
        (json_int_t)v->size, "policy", policy_json(v->policy), "checks", checks_json(v),
        "further_reasons", (json_int_t)v->unsaid, "probes", probes_json(v), "matrix", rows_json(v),
        "verdict", outcome_row(verification_outcome(v))->word, "copy_of", text_or_null(copy_of));
}

json_t *report_tally_json(const struct tally *tally)
{
    return json_pack("{s:{s:I, s:I, s:I, s:I}}", "summary", "acceptable",
                     (json_int_t)tally->n[OUTCOME_ACCEPTABLE], "rejected",
                     (json_int_t)tally->n[OUTCOME_REJECTED], "blocked",
                     (json_int_t)tally->n[OUTCOME_BLOCKED], "copies", (json_int_t)tally->copies);
}
