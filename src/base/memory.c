/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "base/fault.h"

/*
 * In the test build an allocation can fail, ours and those of every library: what a program defines
 * comes before what the C library does, and glibc calls its own by these names too. A sanitizer
 * brings allocations of its own.
 */
#if defined DENYBOX_FAULTS && defined __GLIBC__ && !defined __SANITIZE_ADDRESS__

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    return fault_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fault_memory() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    return fault_memory() ? NULL : __libc_realloc(memory, size);
}

#endif
