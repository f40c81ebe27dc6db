/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader's cache, /etc/ld.so.cache, and the trace that a cached root is known again by. */
#include "root/ldcache.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "root/trace.h"

static void read_cache(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"libc.so.6", "libz.so.1", "libm.so.6", ""};
    struct ldcache cache;
    struct hwcaps caps;
    struct buf bytes = {0};
    struct error e = {0};

    hwcaps_take(&caps);
    buf_add(&bytes, data, size);
    if (ldcache_parse(&cache, &bytes, &e)) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const char *path = ldcache_find(&cache, names[i], &caps);

            /* Behind the bytes of the file there is a NUL of the buffer's. */
            FUZZ_REQUIRE(path == NULL || path + strlen(path) < cache.bytes.data + size);
        }
    } else {
        FUZZ_REQUIRE(e.text[0] != '\0' && fuzz_printable(e.text));
    }
    ldcache_free(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = fuzz_copy(data, size);

    read_cache(data, size);
    trace_holds(bytes, size);
    free(bytes);
    return 0;
}
