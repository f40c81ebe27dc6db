/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "payload.h"

static int write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(1, bytes, length);

        if (n < 0)
            return -1;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

/* flood: writes for as long as anybody takes it. */
int flood_main(int argc, char **argv)
{
    static char block[65536];

    (void)argc;
    (void)argv;
    memset(block, 'x', sizeof block);
    block[sizeof block - 1] = '\n';
    while (write_all(block, sizeof block) == 0)
        continue;
    report("write", -1);
    return 1;
}

/* text BYTES: lines of 63 printable characters, each another one; what is written is all known. */
int text_main(int argc, char **argv)
{
    unsigned long lines = strtoul(argc > 1 ? argv[1] : "64", NULL, 10) / 64;
    char line[65];

    for (unsigned long i = 0; i < lines; i++) {
        int n = snprintf(line, sizeof line, "%lu ", i);

        while (n < 63) {
            line[n] = (char)('!' + (i + (unsigned long)n) % 94);
            n++;
        }
        line[63] = '\n';
        if (write_all(line, 64) != 0)
            return 1;
    }
    return 0;
}
