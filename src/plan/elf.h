/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_PLAN_ELF_H
#define DENYBOX_PLAN_ELF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Can this kernel, under these filters, start the file? It must be a 64-bit ELF program of this
 * machine. *dynamic tells whether it has a PT_INTERP, which is copied into `loader` and must be an
 * absolute path. Errors: exit 126, one line that says what the file is instead.
 */
bool elf_check(int fd, const char *path, bool *dynamic, char *loader, size_t size, struct error *e);

#endif
