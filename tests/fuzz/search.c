/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A BPF program of raw bytes, as --seccomp FILE.bpf is: what is rewritten decides as it did. */
#include "filter/search.h"

#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "bpf_interp.h"
#include "fuzz.h"

#define ARCH AUDIT_ARCH_X86_64

/* Division by an index register of 0 ends a filter in the kernel; the interpreter of the tests
 * gives up there. filter_search never rewrites what divides. */
static bool divides(const struct filter_program *p)
{
    for (unsigned i = 0; i < p->length; i++) {
        if (p->code[i].code == (BPF_ALU | BPF_DIV | BPF_X))
            return true;
    }
    return false;
}

static void must_agree(const struct filter_program *was, const struct filter_program *is,
                       const struct seccomp_data *call)
{
    FUZZ_REQUIRE(bpf_run(was->code, was->length, call, NULL) ==
                 bpf_run(is->code, is->length, call, NULL));
}

/* Every constant of the program is where something changes: it and its neighbours. */
static void compare(const struct filter_program *was, const struct filter_program *is)
{
    static const uint32_t machines[] = {ARCH, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, 0};

    for (unsigned i = 0; i < was->length; i++) {
        for (unsigned near = 0; near < 3; near++) {
            uint32_t k = was->code[i].k + near - 1;

            for (size_t m = 0; m < sizeof machines / sizeof machines[0]; m++) {
                struct seccomp_data call = {.nr = (int)k, .arch = machines[m]};

                must_agree(was, is, &call);
                memset(call.args, (int)(k & 0xff), sizeof call.args);
                call.args[0] = k;
                call.args[1] = ((uint64_t)k << 32) | k;
                must_agree(was, is, &call);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filter_program was = {0};
    struct filter_program is = {0};
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);

    if (filter_from_bytes(bytes, size, &was, &e) && bpf_loadable(was.code, was.length) &&
        !divides(&was)) {
        FUZZ_REQUIRE(filter_from_bytes(bytes, size, &is, &e));
        FUZZ_REQUIRE(filter_search(&is, ARCH, &e));
        FUZZ_REQUIRE(bpf_loadable(is.code, is.length));
        compare(&was, &is);
    }
    filter_free(&was);
    filter_free(&is);
    free(bytes);
    return 0;
}
