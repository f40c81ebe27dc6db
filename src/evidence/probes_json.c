/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/probes_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"
#include "evidence/document.h"
#include "rules/words.h"

static json_t *tests_json(const struct probe_row *row)
{
    json_t *list = json_array();
    int tests[TESTS_MAX];
    size_t n = probe_tests(row, tests);

    for (size_t i = 0; i < n; i++)
        json_append(&list, json_integer(tests[i]));
    return list;
}

static json_t *raw_ref(enum judge_kind kind)
{
    enum raw_kind raw = judge_raw_kind(kind);

    return raw == N_RAWS ? json_null() : json_sprintf("/raw/%s", raw_name(raw));
}

static json_t *observed_json(const struct fact *fact)
{
    json_t *list = json_array();

    for (int i = 0; i < fact->n; i++)
        json_append(&list, json_pack("{s:o, s:i}", "what", document_string(fact->observed[i].label),
                                     "value", fact->observed[i].value));
    return list;
}

static json_t *control_json(const struct probe_row *row, const struct fact *fact)
{
    return json_pack("{s:s, s:s}", "operation", row->control, "result",
                     control_word(fact->control));
}

static json_t *probe_json(enum probe probe, const struct findings *f, bool artifacts)
{
    const struct probe_row *row = probe_row(probe);
    struct judgement j;
    char artifact[64];

    judge(probe, f, &j);
    snprintf(artifact, sizeof artifact, "/out/" PROBE_ARTIFACT "#%s", row->id);
    return json_pack("{s:s, s:s, s:s, s:o, s:i, s:s, s:o, s:o, s:i, s:o, s:o, s:o}", "probe_id",
                     row->id, "operation", row->operation, "expected", row->expected,
                     "actual_stderr_or_value", document_string(j.actual), "errno_or_exit", j.number,
                     "verdict", verdict_name(j.verdict), "artifact_path",
                     artifacts ? json_string(artifact) : json_null(), "tests", tests_json(row),
                     "boundary", row->bar, "control", control_json(row, &f->fact[probe]),
                     "observed", observed_json(&f->fact[probe]), "raw_ref", raw_ref(row->judge));
}

json_t *probes_json(const struct findings *f, bool artifacts)
{
    json_t *list = json_array();

    for (int i = 0; i < N_PROBES; i++)
        json_append(&list, probe_json((enum probe)i, f, artifacts));
    return list;
}

static json_t *keys_json(const struct raw *raw)
{
    json_t *list = json_array();

    for (size_t at = 0; at < raw->length; at += strlen(raw->bytes + at) + 1)
        json_append(&list, document_string(raw->bytes + at));
    return list;
}

static json_t *lines_json(const struct raw *raw)
{
    char *text = text_lines(raw->bytes, raw->length);
    json_t *value = text != NULL ? json_string(text) : NULL;

    free(text);
    return value;
}

static void add_raw(json_t **object, const char *name, const struct raw *raw)
{
    char key[64];
    char digest[DIGEST_TEXT_SIZE];

    json_put(object, name, raw->bytes != NULL ? lines_json(raw) : json_null());
    snprintf(key, sizeof key, "%s_b64", name);
    json_put(object, key, document_base64(raw->bytes, raw->length));
    if (raw->bytes == NULL)
        return;
    snprintf(key, sizeof key, "%s_sha256", name);
    json_put(object, key, json_string(sha256_text(digest, raw->bytes, raw->length)));
}

json_t *raw_json(const struct findings *f)
{
    json_t *object = json_object();

    for (int i = 0; i < N_RAWS; i++) {
        const struct raw *raw = &f->raw[i];

        if (i == RAW_ENV_KEYS)
            json_put(&object, raw_name(RAW_ENV_KEYS),
                     raw->bytes != NULL ? keys_json(raw) : json_null());
        else
            add_raw(&object, raw_name((enum raw_kind)i), raw);
    }
    return object;
}
