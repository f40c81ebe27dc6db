/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_OPTION_H
#define DENYBOX_SCAN_OPTION_H

#include <stdbool.h>

#include "base/error.h"

/* The words after `scan`. Strings belong to argv. */
struct scan_options {
    const char *policy; /* NULL: the built-in one */
    const char *rootfs; /* NULL: none was named */
    bool show_policy;
    bool json;
    bool quiet;
    bool help;
    bool version;
    char **paths; /* points into argv */
    int n_paths;
};

/*
 * Reads the words into *options, which is zero-initialised. Options end at the first other word or
 * after "--"; the rest are paths, at least one. False and *e.
 */
bool scan_options(struct scan_options *options, int argc, char **argv, struct error *e);

/* Writes the options to standard output, as --help shows them. */
void scan_options_help(void);

#endif
