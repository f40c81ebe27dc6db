/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/controls_json.h"

#include <string.h>

#include "evidence/document.h"

json_t *controls_json(const struct control_record *r)
{
    if (!r->run)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:i, s:i}", "matrix_sha256", r->matrix_sha256,
                     "golden_sha256", r->golden_sha256, "run_at", document_time(r->run_at),
                     "removals", r->removals, "faults", r->faults);
}

/* The probes that must flip, and those that did. */
static json_t *expected_json(enum removal removal)
{
    json_t *list = json_array();

    for (int p = 0; p < N_PROBES; p++) {
        if (removal_flips(removal, (enum probe)p))
            json_append(&list, json_string(probe_row((enum probe)p)->id));
    }
    return list;
}

static json_t *flipped_json(const struct control *c)
{
    json_t *list = json_array();

    for (int p = 0; c->ran && p < N_PROBES; p++) {
        if (c->flip[p] == FLIP_EXPECTED || c->flip[p] == FLIP_UNEXPECTED)
            json_append(&list, json_string(probe_row((enum probe)p)->id));
    }
    return list;
}

static json_t *probes_json_of(const struct control *c)
{
    json_t *list = json_array();

    for (int p = 0; c->ran && p < N_PROBES; p++)
        json_append(&list,
                    json_pack("{s:s, s:s, s:o}", "probe_id", probe_row((enum probe)p)->id,
                              "verdict", verdict_name(c->judgement[p].verdict),
                              "actual_stderr_or_value", document_string(c->judgement[p].actual)));
    return list;
}

/* The lines of a text as strings. */
static json_t *lines_json(const char *text)
{
    json_t *list = json_array();

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        json_append(&list, document_text(text, length));
        text += length + (text[length] == '\n');
    }
    return list;
}

static json_t *removal_json(const struct control *c)
{
    const struct removal_row *row = removal_row(c->removal);
    struct buf faults = {0};
    json_t *object;

    control_faults(c, &faults);
    object = json_pack(
        "{s:s, s:s, s:b, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "removal", row->name, "removes",
        row->what, "ran", c->ran, "reason", c->ran ? json_null() : document_string(c->why_not),
        "expected", expected_json(c->removal), "flipped", flipped_json(c), "launcher", "expected",
        row->launcher == EITHER ? json_null() : json_boolean(row->launcher == SEEN), "found",
        lines_json(c->ran ? c->found : ""), "faults", lines_json(buf_text(&faults)), "probes",
        probes_json_of(c));
    buf_free(&faults);
    return object;
}

static json_t *never_json(void)
{
    json_t *object = json_object();

    for (int p = 0; p < N_PROBES; p++) {
        const char *why = probe_never((enum probe)p);

        if (why != NULL)
            json_put(&object, probe_row((enum probe)p)->id, json_string(why));
    }
    return object;
}

json_t *controls_matrix_json(const struct control *controls, size_t n,
                             const struct control_record *record, const char *profile)
{
    struct buf golden = {0};
    json_t *rows = json_array();
    json_t *object;

    control_golden(&golden);
    for (size_t i = 0; i < n; i++)
        json_append(&rows, removal_json(&controls[i]));
    object = json_pack("{s:i, s:s, s:s, s:o, s:o, s:s, s:i, s:i, s:o, s:o}", "schema_version", 1,
                       "profile", "weakened", "seccomp", profile, "run_at",
                       document_time(record->run_at), "golden", lines_json(buf_text(&golden)),
                       "golden_sha256", record->golden_sha256, "removals", record->removals,
                       "faults", record->faults, "never_flips", never_json(), "matrix", rows);
    buf_free(&golden);
    return object;
}
