/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_PROGRAM_H
#define DENYBOX_SCAN_PROGRAM_H

#include "scan/report.h"

/*
 * Scans an ELF file: adds it to the report, with what it can load or call. `fd` is read-only and
 * stays the caller's. Of an interpreter of Python (scan_interpreter) only that it is one, and what
 * its memory is like. False, and the report has failed, when it is damaged.
 */
bool scan_program(struct scan_report *r, int fd, const char *path);

/* Is it, by its name, an interpreter of Python: python, python3, python3.11? */
bool scan_interpreter(const char *path);

#endif
