/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ROOT_INTERPRETER_H
#define DENYBOX_ROOT_INTERPRETER_H

#include "root/process.h"

/*
 * Takes the library of an interpreter into the root: of a program whose own file name a row of
 * interpreter.def begins. `path` is where the program was found (a virtual environment is told by
 * it), `real` its own path, and the process has its libraries. Any other program needs nothing
 * more. False and *e: the library is not where it should be, or cannot be read.
 */
bool interpreter_take(struct process *p, const char *path, const char *real, struct error *e);

/* One a row. */
#define INTERPRETER(name, prefix)                                                                  \
    bool interpreter_##name(struct process *p, const char *path, const char *real, struct error *e);
#include "root/interpreter.def"
#undef INTERPRETER

#endif
