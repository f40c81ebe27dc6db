/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seccomp profile: read, and compiled for both machines to what the kernel would load; at calls
 * near those that it names, the program decides what the document says. */
#include "filter/profile.h"

#include <stdlib.h>

#include "bpf_interp.h"
#include "filter/compile.h"
#include "fuzz.h"
#include "meaning.h"

/* Where the document names a call that the table of the tests has not, there is nothing to compare.
 */
static void compare(const char *json, size_t size, const char *arch, const struct filter_program *p)
{
    static struct meaning meaning;
    json_t *document = json_loadb(json, size, JSON_REJECT_DUPLICATES, NULL);
    struct seccomp_data call;

    FUZZ_REQUIRE(document != NULL);
    if (meaning_take(&meaning, document, arch)) {
        for (int n = 0; n < 200; n++) {
            meaning_draw(&meaning, &call);
            FUZZ_REQUIRE(bpf_run(p->code, p->length, &call, NULL) == meaning_of(&meaning, &call));
        }
    }
    json_decref(document);
}

static void compile(const char *json, size_t size, const char *arch)
{
    struct filter_program program = {0};
    struct error e = {0};

    if (filter_compile(json, size, arch, &program, &e)) {
        FUZZ_REQUIRE(bpf_loadable(program.code, program.length));
        compare(json, size, arch, &program);
    } else {
        FUZZ_REQUIRE(program.code == NULL && e.text[0] != '\0' && fuzz_printable(e.text));
    }
    filter_free(&program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filter_profile profile = {0};
    struct error e = {0};
    char *json;

    /* libseccomp takes long for a large one, and nothing of that is ours. */
    if (size > 16384)
        return 0;
    json = fuzz_copy(data, size);
    if (profile_parse(json, size, &profile, &e)) {
        FUZZ_REQUIRE(profile.n_calls <= PROFILE_MAX_CALLS);
        compile(json, size, "x86_64");
        compile(json, size, "aarch64");
    } else {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
    }
    profile_free(&profile);
    free(json);
    return 0;
}
