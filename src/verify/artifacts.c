/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "json/json.h"

/* What attest leaves in /out, where that is kept: what is in it follows from the bundle, byte for
 * byte. Of a list that is not complete it may be missing. */

static const json_t *find_output(const json_t *result, const char *name)
{
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        if (same_text(field_text(output, "path"), name) &&
            same_text(field_text(output, "type"), "file"))
            return output;
    }
    return NULL;
}

/* Where nobody could read it, it has no digest. */
static bool has_digest(const json_t *output, const char *digest)
{
    return field_null(output, "sha256") || same_text(field_text(output, "sha256"), digest);
}

/* How large it is can be seen all the same. */
static bool is_text(const json_t *output, const struct buf *text)
{
    char digest[DIGEST_TEXT_SIZE];

    sha256_text(digest, buf_text(text), text->length);
    return !text->failed && has_digest(output, digest) &&
           field_number(output, "size") == (json_int_t)text->length;
}

/* NULL, when out of memory, has no text. The text is released. */
static void add_line(struct buf *b, char *text)
{
    b->failed = b->failed || text == NULL;
    buf_printf(b, "%s\n", text != NULL ? text : "");
    free(text);
}

/* A line for each of the bundle's probes. */
static bool right_lines(const struct verification *v, const json_t *output)
{
    const json_t *probe;
    struct buf lines = {0};
    bool right;
    size_t i;

    json_array_foreach(json_object_get(v->bundle, "probes"), i, probe)
    {
        add_line(&lines, json_canonical(probe));
    }
    right = is_text(output, &lines);
    buf_free(&lines);
    return right;
}

/* Its probes and its raw texts, as one document. Whoever has written the bundle once more may have
 * sorted its keys. */
static bool right_document(const struct verification *v, const json_t *output)
{
    json_t *document = json_object();
    struct buf text = {0};
    bool right;

    json_put(&document, "schema_version", json_integer(1));
    json_put(&document, "probes", schema_ordered("probes", json_object_get(v->bundle, "probes")));
    json_put(&document, "raw", schema_ordered("raw", json_object_get(v->bundle, "raw")));
    add_line(&text, document != NULL ? json_pretty(document) : NULL);
    right = is_text(output, &text);
    buf_free(&text);
    json_decref(document);
    return right;
}

/* What the probe wrote to see that it can. */
static bool right_report(const json_t *output)
{
    struct buf text = {0};
    bool right;

    buf_puts(&text, "ok\n");
    right = is_text(output, &text);
    buf_free(&text);
    return right;
}

void check_artifacts(struct verification *v, const json_t *result)
{
    const json_t *lines = find_output(result, PROBE_ARTIFACT);
    const json_t *wrote = find_output(result, PROBE_REPORT);
    const json_t *document = find_output(result, PROBE_DOCUMENT);
    const json_t *controls = find_output(result, PROBE_CONTROLS);
    bool all = json_is_true(field(result, "outputs_complete"));

    if (all && (lines == NULL || wrote == NULL || document == NULL))
        note(v, REASON_RESULT, "not all that attest leaves is among the outputs");
    if (lines != NULL && !right_lines(v, lines))
        note(v, REASON_RESULT, PROBE_ARTIFACT " has not the lines of the probes");
    if (wrote != NULL && !right_report(wrote))
        note(v, REASON_RESULT, PROBE_REPORT " is not what the probe writes");
    if (document != NULL && !right_document(v, document))
        note(v, REASON_RESULT, PROBE_DOCUMENT " has not the probes and raw texts of the bundle");
    if (!field_null(v->bundle, "controls") &&
        (controls == NULL ? all
                          : !has_digest(controls, field_text(v->bundle, "controls.matrix_sha256"))))
        note(v, REASON_RESULT, PROBE_CONTROLS " among the outputs is not that of the controls");
}
