/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/option.h"

#include <stdio.h>

#include "base/help.h"
#include "base/option.h"

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct wishes, __VA_ARGS__),
#include "attester/option.def"
#undef OPTION
};

static const struct option_set set = {
    .program = "denybox-attest",
    .rows = table,
    .n_rows = sizeof table / sizeof table[0],
    .order = OTHERS_NONE,
    .others = "it starts no program",
};

bool wishes_parse(struct wishes *w, int argc, char **argv, struct error *e)
{
    struct option_reader r = {.set = &set, .target = w};
    char **others;
    int n;

    *w = (struct wishes){
        .in = "/in",
        .out = "/out",
        .tmp = "/tmp",
        .runtime = "unknown",
        .target = "1.1.1.1",
        .venue = "unspecified",
        .nonce = "self",
    };
    return option_read(&r, argc, argv, &others, &n, e) &&
           option_exclude(w->seccomp != NULL, "seccomp", w->seccomp_sha256 != NULL,
                          "seccomp-sha256", e);
}

void wishes_help(void)
{
    puts("usage: denybox-attest [OPTIONS]\n\n"
         "Tries the probes of denybox-probes(7) in the sandbox in which it is started, and writes\n"
         "what it found as a bundle to standard output and a table to standard error.\n");
    option_help(&set);
    puts("\nExit status:");
#define EXITCODE(symbol, number, meaning) help_status(number, meaning);
#include "attester/exitcode.def"
#undef EXITCODE
    puts("\nManual: denybox-attest(1).");
}
