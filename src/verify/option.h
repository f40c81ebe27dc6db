/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_VERIFY_OPTION_H
#define DENYBOX_VERIFY_OPTION_H

#include "base/option.h"
#include "verify/policy.h"

/*
 * Reads the words after `verify` into the first part of *policy, which is zero-initialised. Options
 * end at the first other word or after "--"; the rest are files. False and *e, as option_read; the
 * policy is to be freed in any case.
 */
bool verify_options(struct policy *policy, int argc, char **argv, struct error *e);

/* Writes the options to standard output, as --help shows them. */
void verify_options_help(void);

#endif
