/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_FILTER_SEARCH_H
#define DENYBOX_FILTER_SEARCH_H

#include <stdint.h>

#include "filter/filter.h"

/*
 * Rewrites a program so that it decides sooner, and decides the same: system calls are found by a
 * binary search over ranges of numbers that are decided alike, and what looks at arguments is kept,
 * instruction by instruction. libseccomp searches for one call at a time and is twice as deep; the
 * kernel walks that path once for every number when a filter is loaded, to learn which calls are
 * always allowed, which is most of what loading costs.
 *
 * `audit_arch` is the one machine that the program lets through. A program that this cannot follow
 * (an instruction it does not know, another machine that is let through) is left as it is. False
 * and *e only when out of memory.
 */
bool filter_search(struct filter_program *program, uint32_t audit_arch, struct error *e);

#endif
