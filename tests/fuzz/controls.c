/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the controls came to: denybox verify --controls. What is taken for one is held against the
 * document itself, key by key. */
#include "verify/controls.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    FUZZ_REQUIRE(value != NULL && fuzz_printable(value));
    return value;
}

static bool is_in(const json_t *list, const char *word)
{
    size_t i = 0;

    while (i < json_array_size(list) &&
           strcmp(json_string_value(json_array_get(list, i)), word) != 0)
        i++;
    return i < json_array_size(list);
}

/* A flip is a verdict that is not the one it has with every wall, and the other way round. */
static void hold_probe(const struct control *c, const json_t *row, enum probe probe)
{
    const json_t *entry = json_array_get(json_object_get(row, "probes"), (size_t)probe);
    const char *verdict = text(entry, "verdict");
    bool must = removal_flips(c->removal, probe);
    bool flipped = is_in(json_object_get(row, "flipped"), probe_row(probe)->id);

    FUZZ_REQUIRE(strcmp(text(entry, "probe_id"), probe_row(probe)->id) == 0);
    text(entry, "actual_stderr_or_value");
    if (probe_never(probe) != NULL)
        FUZZ_REQUIRE(!flipped);
    else if (must)
        FUZZ_REQUIRE(flipped == (strcmp(verdict, "FAIL") == 0));
    else
        FUZZ_REQUIRE(flipped == (strcmp(verdict, "PASS") != 0));
    FUZZ_REQUIRE(c->flip[probe] != FLIP_UNEXPECTED || c->faults > 0);
}

static void hold(const struct controls *controls)
{
    const json_t *rows = json_object_get(controls->document, "matrix");
    int faults = 0;
    int ran = 0;

    FUZZ_REQUIRE(json_array_size(rows) == N_REMOVALS);
    for (int i = 0; i < N_REMOVALS; i++) {
        const struct control *c = &controls->row[i];
        const json_t *row = json_array_get(rows, (size_t)i);

        FUZZ_REQUIRE(strcmp(text(row, "removal"), removal_row((enum removal)i)->name) == 0);
        FUZZ_REQUIRE(c->ran == json_is_true(json_object_get(row, "ran")));
        FUZZ_REQUIRE(json_array_size(json_object_get(row, "faults")) == (size_t)c->faults);
        for (int p = 0; c->ran && p < N_PROBES; p++)
            hold_probe(c, row, (enum probe)p);
        faults += c->faults;
        ran += c->ran && i != REMOVE_NOTHING;
    }
    FUZZ_REQUIRE(faults == controls->faults && ran == controls->removals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct controls controls;
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);

    if (controls_read(&controls, bytes, size, &e))
        hold(&controls);
    else
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text) && controls.document == NULL);
    controls_free(&controls);
    free(bytes);
    return 0;
}
