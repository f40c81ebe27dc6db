/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_COMPILE_H
#define DENYBOX_FILTER_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "filter/filter.h"

/*
 * The newest system call that every profile knows, futex_waitv on every machine. A profile that
 * names a higher number knows up to that one.
 */
#define COMPILE_NEWEST 449

/*
 * Compiles a profile, `length` bytes of JSON, to the program for one machine, "x86_64" or
 * "aarch64", whatever machine this one is and whatever its kernel can do. On success *out owns the
 * program (filter_free); on failure it is empty and *e is set (EXIT_DENYBOX).
 *
 * Beyond what the profile says:
 * - system calls of another machine, 32-bit ones and x32 kill the process;
 * - numbers above the newest known one answer ENOSYS, except where the default is to kill or trap;
 * - a name that this machine does not have is passed over, one that none has is an error;
 * - what libseccomp could turn into a weaker filter is an error: two actions for one system call,
 *   a comparison beside a rule without one, several comparisons that are not all for equality.
 *   A rule that repeats the default documents it, and must be the only one for its call.
 */
bool filter_compile(const char *json, size_t length, const char *arch, struct filter_program *out,
                    struct error *e);

#endif
