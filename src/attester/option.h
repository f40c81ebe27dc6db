/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ATTESTER_OPTION_H
#define DENYBOX_ATTESTER_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* What was asked for; strings are borrowed from argv. NULL where the default is not a text. */
struct wishes {
    const char *in;
    const char *out;
    const char *tmp;
    const char *runtime;
    const char *image_digest;   /* "sha256:..." */
    const char *seccomp_sha256; /* "sha256:..." */
    const char *seccomp;        /* a file; never with seccomp_sha256 */
    const char *target;
    const char *evidence; /* NULL: standard output */
    const char *venue;
    const char *run_date; /* NULL: today */
    const char *nonce;
    const char *run_id; /* NULL: random */
    bool quiet;
    bool help;
    bool version;
};

enum attester_exit {
#define EXITCODE(symbol, number, meaning) symbol = (number),
#include "attester/exitcode.def"
#undef EXITCODE
};

/* Reads the words after the program's name into *w, over the defaults. False and *e for an unknown
 * option, a bad or missing value, an option given twice, or a word that is none. */
bool wishes_parse(struct wishes *w, int argc, char **argv, struct error *e);

/* Writes usage, options and exit codes to standard output. */
void wishes_help(void);

#endif
