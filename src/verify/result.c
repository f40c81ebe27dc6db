/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "verify/checks.h"
#include "verify/field.h"

/* Signals are 1 to 64. */
#define SIGNAL_LAST 64

static void check_ending(struct verification *v, const json_t *result)
{
    const char *ending = field_text(result, "ending");
    json_int_t number = field_number(result, "number");
    bool attest = field_null(v->bundle, "binding.plan.payload");
    bool ran = strcmp(ending, "exited") == 0 || strcmp(ending, "signalled") == 0;

    if (!ran) {
        note(v, REASON_RESULT_BLOCKED, "the ending is '%s'", ending);
        return;
    }
    if (field_null(result, "number") || field_null(result, "usage"))
        note(v, REASON_RESULT, "it is %s, without number or usage", ending);
    if (strcmp(ending, "signalled") == 0 && (number < 1 || number > SIGNAL_LAST))
        note(v, REASON_RESULT, "there is no signal %lld", (long long)number);
    if (attest && (strcmp(ending, "exited") != 0 || number != 0))
        note(v, REASON_RESULT, "attest did not write its files");
}

/* What can be odd about an output, in the order in which it is said. */
enum oddity { LINK, SPECIAL, SET_ID, NAMES, UNDIGESTED, NOT_PLAIN };

static const char *const oddities[] = {
    [LINK] = "link",
    [SPECIAL] = "special file",
    [SET_ID] = "setuid or setgid",
    [NAMES] = "more than one name",
    [UNDIGESTED] = "not digested",
    [NOT_PLAIN] = "name is not plain ASCII",
};

/* Each word is known, and none is there twice. */
static bool right_words(const json_t *odd)
{
    const json_t *word;
    size_t next = 0;
    size_t i;

    json_array_foreach(odd, i, word)
    {
        while (next < sizeof oddities / sizeof oddities[0] &&
               !same_text(json_string_value(word), oddities[next]))
            next++;
        if (next++ >= sizeof oddities / sizeof oddities[0])
            return false;
    }
    return true;
}

/* The bytes of the path, for its text has escapes in it. */
static bool plain_path(const json_t *output)
{
    size_t length = 0;
    unsigned char *bytes = text_base64_decode(field_text(output, "path_b64"), &length);
    bool plain = bytes != NULL;

    for (size_t i = 0; plain && i < length; i++)
        plain = bytes[i] >= 0x20 && bytes[i] < 0x7f;
    free(bytes);
    return plain;
}

/* What is odd about an output, as far as the other fields tell. */
static bool right_output(const json_t *output)
{
    const char *type = field_text(output, "type");
    const json_t *odd = field(output, "odd");
    bool file = strcmp(type, "file") == 0;
    bool link = strcmp(type, "link") == 0;
    bool special = !file && !link && strcmp(type, "directory") != 0;
    bool undigested = array_has(odd, oddities[UNDIGESTED]);

    return right_words(odd) && field_null(output, "sha256") == (!file || undigested) &&
           (file || (field_number(output, "size") == 0 && !undigested)) &&
           array_has(odd, oddities[LINK]) == link && array_has(odd, oddities[SPECIAL]) == special &&
           array_has(odd, oddities[NOT_PLAIN]) == !plain_path(output);
}

static void check_count(struct verification *v, const json_t *result, json_int_t odd)
{
    json_int_t listed = (json_int_t)json_array_size(field(result, "outputs"));
    json_int_t entries = field_number(result, "outputs_entries");
    json_int_t all_odd = field_number(result, "outputs_odd");
    bool complete = json_is_true(field(result, "outputs_complete"));

    if (!complete && entries == 0)
        note(v, REASON_OUTPUTS_UNKNOWN, "outputs_complete is false, and none is listed");
    else if (complete ? entries != listed || all_odd != odd : entries <= listed || all_odd < odd)
        note(v, REASON_RESULT, "the outputs are not as many as it says");
}

/* The artefacts of attest are lines of this file, where /out is kept. */
static void check_artifact(struct verification *v, const json_t *result)
{
    const json_t *output;
    size_t i;

    json_array_foreach(field(result, "outputs"), i, output)
    {
        if (same_text(field_text(output, "path"), PROBE_ARTIFACT) &&
            same_text(field_text(output, "type"), "file"))
            return;
    }
    note(v, REASON_RESULT, PROBE_ARTIFACT " is not among the outputs");
}

static void check_outputs(struct verification *v, const json_t *result)
{
    bool attest = field_null(v->bundle, "binding.plan.payload");
    const json_t *list = field(result, "outputs");
    const json_t *mounts = field(v->bundle, "binding.plan.mounts");
    json_int_t odd = 0;
    const json_t *output;
    size_t i;

    json_array_foreach(list, i, output)
    {
        odd += json_array_size(field(output, "odd")) != 0;
        if (!right_output(output))
            note(v, REASON_RESULT, "outputs[%zu] contradicts itself: '%s'", i,
                 text_show(field_text(output, "path")));
    }
    check_count(v, result, odd);
    if (attest && !field_null(json_array_get(mounts, 2), "source") &&
        json_is_true(field(result, "outputs_complete")))
        check_artifact(v, result);
    if (field_null(json_array_get(mounts, 2), "source") && json_array_size(list) != 0)
        note(v, REASON_RESULT, "there are outputs, and the plan throws /out away");
}

void check_result(struct verification *v)
{
    const json_t *result = field(v->bundle, "result");

    check_ending(v, result);
    check_outputs(v, result);
}
