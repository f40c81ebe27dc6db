/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_INVOCATION_H
#define DENYBOX_SCAN_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "scan/rule.h"

/* What the words of a command make an interpreter of Python run. */
enum invocation {
    INVOCATION_SCRIPT, /* a file: the word that names it */
    INVOCATION_CODE,   /* -c: the code itself; its interpreter is alone */
    INVOCATION_OTHER,  /* anything that is not seen before it runs */
};

/*
 * Reads argv (argv[0] is the interpreter's own name) by the rules of python(1). *word becomes the
 * path or the code, borrowed from argv; of INVOCATION_OTHER, why it is none of them. Code that is
 * not alone finds its modules in the directory of the moment, which it can choose, and write to.
 */
enum invocation invocation_read(const char *const *argv, size_t n, const char **word);

/* Is it told to look for no module beside what it runs (-I, -P)? */
bool invocation_alone(const char *const *argv, size_t n);

/* Is it, "NAME=VALUE", a variable that decides what is loaded: by the loader of any program, or by
 * such an interpreter? */
bool invocation_obeys(enum scan_kind kind, const char *pair);

#endif
