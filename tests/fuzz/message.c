/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the payload-to-be says of itself: taken apart, judged, and written into a bundle. */
#include <stdlib.h>
#include <string.h>

#include "evidence/probes_json.h"
#include "fuzz.h"
#include "launch/channel.h"
#include "json/json.h"

static void look(const struct findings *f)
{
    struct judgement j;
    json_t *list;

    for (int i = 0; i < N_PROBES; i++) {
        for (int k = 0; k < f->fact[i].n; k++)
            FUZZ_REQUIRE(memchr(f->fact[i].observed[k].label, '\0', 32) != NULL);
    }
    for (int i = 0; i < N_PROBES; i++) {
        judge((enum probe)i, f, &j);
        FUZZ_REQUIRE((j.verdict == VERDICT_PASS) == judge_passes((enum probe)i, f));
        FUZZ_REQUIRE(fuzz_printable(j.actual));
    }
    list = probes_json(f, true);
    FUZZ_REQUIRE(list != NULL);
    json_decref(list);
    list = raw_json(f);
    FUZZ_REQUIRE(list != NULL);
    json_decref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct findings findings;
    struct message message = {.kind = MESSAGE_FINDINGS, .length = size};
    char *bytes;

    if (size > MESSAGE_MAX)
        return 0;
    bytes = fuzz_copy(data, size);
    message.bytes = (const unsigned char *)bytes;
    findings = (struct findings){0};
    if (message_take_findings(&message, &findings))
        look(&findings);
    findings_free(&findings);
    free(bytes);
    return 0;
}
