/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seccomp profile: read, and compiled for both machines to what the kernel would load. */
#include "filter/profile.h"

#include <stdlib.h>

#include "bpf_interp.h"
#include "filter/compile.h"
#include "fuzz.h"

static void compile(const char *json, size_t size, const char *arch)
{
    struct filter_program program = {0};
    struct error e = {0};

    if (filter_compile(json, size, arch, &program, &e))
        FUZZ_REQUIRE(bpf_loadable(program.code, program.length));
    else
        FUZZ_REQUIRE(program.code == NULL && e.text[0] != '\0' && fuzz_printable(e.text));
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
