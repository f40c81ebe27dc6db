/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy of scan: --policy, run --scan, verify --scan-policy. */
#include "scan/policy.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_policy policy = {0};
    struct error e = {0};
    char *bytes = fuzz_copy(data, size);

    if (scan_policy_read(&policy, bytes, size, &e)) {
        for (int i = 0; i < N_RULES; i++)
            scan_policy_allows(&policy, (enum rule)i, "os.path", NULL);
        scan_policy_allows(&policy, RULE_PY_IMPORT, "", NULL);
        scan_policy_denies(&policy, "dlopen");
    } else {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
    }
    scan_policy_free(&policy);
    free(bytes);
    return 0;
}
