/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_OPTION_H
#define DENYBOX_PLAN_OPTION_H

#include "plan/plan.h"

enum option_kind {
    KIND_FLAG,   /* no value */
    KIND_PATH,   /* a path of the host, not empty */
    KIND_INSIDE, /* an absolute, normal path inside the sandbox */
    KIND_TEXT,   /* printable ASCII of min to max bytes */
    KIND_WORD,   /* letters, digits, '.', '_', '-' of min to max bytes */
    KIND_HOST,   /* letters, digits, '-' and '.' */
    KIND_DATE,   /* YYYY-MM-DD */
    KIND_COUNT,  /* a decimal number of min to max */
    KIND_SIZE,   /* bytes, or a number with k, m, g or t */
    KIND_FD,     /* a number; the descriptor must be open */
    KIND_ARGS,   /* a descriptor, read at once for further options */
    KIND_ENV,    /* two words */
    KIND_BIND,   /* two words */
    KIND_WITH,   /* a path of the host, one more of a list */
};

enum option_flag {
    OPTION_MANY = 1 << 8,
    OPTION_DEVIATION = 1 << 9,
    /* below 1 << 8: the commands that know the option, as enum command */
};

struct option_row {
    const char *name; /* without the dashes */
    enum option_kind kind;
    const char *value; /* what --help calls it; empty for a flag */
    size_t offset;     /* of the field in struct declared */
    uint64_t min;
    uint64_t max;
    unsigned flags;
    const char *default_text;
    const char *help;
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
void option_help(enum command command);

#endif
