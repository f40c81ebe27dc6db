/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_ODDITY_H
#define DENYBOX_RULES_ODDITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum oddity {
#define ODDITY(symbol, words, fate) ODD_##symbol,
#include "rules/oddity.def"
#undef ODDITY
    N_ODDITIES
};

/* Of the outputs so many are listed, as long as their paths are no longer together, or the bundle
 * would become larger than anybody reads; so many bytes of those are digested, for a payload makes
 * a file of 16 TiB with one call; and a directory that is in so many others is too deep. */
#define OUTPUTS_LISTED 1000
#define OUTPUTS_PATHS (512 << 10)
#define OUTPUTS_DIGESTED (INT64_C(4) << 30)
#define OUTPUT_DEPTH_MAX 128

/* One of them in a set. */
#define ODD_BIT(oddity) (1U << (oddity))

/* The words of one, as the bundle has them. */
const char *oddity_words(enum oddity oddity);

/* Is something with one of these never published by --out-size? */
bool oddity_refused(unsigned odd);

/* The type of an output, in the words of the bundle: "file", "directory", "link", "fifo", "socket"
 * or "device". */
const char *oddity_type(mode_t mode);

/* What is odd about an entry by its name and by what lstat(2) says of it, as a set. */
unsigned oddity_of(const char *name, const struct stat *st);

/*
 * Could the name do harm where it is shown, or given to a program as an argument? One that is not
 * UTF-8, holds a control character, or one that cannot be seen or turns the text around, or begins
 * with a dash. `name` is the last component of a path.
 */
bool oddity_name(const char *name);

#endif
