/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_SECRET_H
#define DENYBOX_BASE_SECRET_H

/*
 * Does the name of an environment variable look like that of a secret? Case-insensitive search for
 * the words of the operator packet's PR-ENV-1. Returns the word that matched, or NULL.
 */
const char *secret_word(const char *name);

#endif
