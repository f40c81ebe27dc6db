/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_FAULT_H
#define DENYBOX_BASE_FAULT_H

#include <stdbool.h>

/*
 * Fault points, for the test build only (DENYBOX_FAULTS). In the program that is installed both
 * calls are the constant false, and no environment variable is read.
 *
 *   DENYBOX_FAULT=fail:NAME:ERRNO[:N]   the Nth call (first unless said) of wrapper NAME fails
 *   DENYBOX_FAULT=fail:malloc:ENOMEM:N  the Nth allocation does
 *   DENYBOX_FAULT=stop:NAME[:N]         the process stops itself (SIGSTOP) before that call
 *   DENYBOX_FAULT=skip:STEP[,skip:STEP] the steps of that name are left out: walls are missing
 */
#ifdef DENYBOX_FAULTS
bool fault_fails(const char *wrapper); /* true: errno is set, the caller returns -1 */
bool fault_skips(const char *step);
bool fault_memory(void); /* true: errno is set, the allocation fails; of memory.c */
#else
#define fault_fails(wrapper) false
#define fault_skips(step) false
#endif

#endif
