/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_OPTION_H
#define DENYBOX_PLAN_OPTION_H

#include "base/option.h"
#include "plan/plan.h"

/* The kinds that only a plan has; the others are in base/option.h. */
enum plan_option_kind {
    OPTION_ARGS = OPTION_OWN, /* a descriptor, read at once for further options */
    OPTION_ENV,               /* two words */
    OPTION_BIND,              /* two words */
};

/* The table of options; *n becomes its length. */
const struct option_row *option_table(size_t *n);

/*
 * Reads the words after the command's name into plan->declared. The first word that is not an
 * option, or the word after "--", begins the payload's command. False and *e for an unknown option,
 * a bad or missing value, or an option given twice that makes no sense twice.
 */
bool option_parse(struct plan *plan, int argc, char **argv, struct error *e);

/* Writes the options of one command to standard output, as --help shows them. */
void option_help_of(enum command command);

#endif
