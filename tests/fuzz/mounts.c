/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's texts as a bundle may bring them: mountinfo, status, the interfaces. */
#include "rules/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rules/procfs.h"

static void read_rows(const char *text)
{
    static struct mount_row row;
    const char *next = text;
    bool bad;

    while (mount_next(&next, &row, &bad)) {
        FUZZ_REQUIRE(!bad && next <= text + strlen(text));
        FUZZ_REQUIRE(mount_has(row.options, "ro") != mount_has(row.options, "rw"));
        FUZZ_REQUIRE(row.root[0] != '\0' && row.point[0] != '\0' && row.type[0] != '\0');
    }
}

static void hold(const char *text)
{
    static const char *const declared[] = {"/data", "/proc", "/dev/null", NULL};
    char actual[320];

    mounts_hold(text, NULL, actual, sizeof actual);
    FUZZ_REQUIRE(fuzz_printable(actual));
    mounts_hold(text, declared, actual, sizeof actual);
    FUZZ_REQUIRE(fuzz_printable(actual));
    mounts_hold(text, declared, actual, 8);
    FUZZ_REQUIRE(strlen(actual) < 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    char value[64];
    bool used;

    read_rows(text);
    hold(text);
    for (const char *const *name = status_compared; *name != NULL; name++)
        FUZZ_REQUIRE(!status_value(text, *name, value, sizeof value) ||
                     strchr(value, '\n') == NULL);
    FUZZ_REQUIRE(!net_dev_names(text, value, sizeof value, &used) || strlen(value) < sizeof value);
    free(text);
    return 0;
}
