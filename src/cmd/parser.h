/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_CMD_PARSER_H
#define DENYBOX_CMD_PARSER_H

#include "scan/source.h"

/*
 * Python's parser, on the sandbox's terms: `denybox run` of an interpreter, in a child of this
 * process, with the sources as its standard input. It has one process, its memory is limited, and
 * so are what it writes and how long it takes.
 */
struct parser {
    const char *rootfs; /* NULL: what run provides for a program of the host */
    const char *python; /* the interpreter, by its path in the root or by its name */
};

/* The function of struct scan_parser; the context is a struct parser. False and *e (EXIT_BLOCKED):
 * no sandbox, a crash, too much, too long. */
bool parser_run(void *context, const struct buf *input, struct buf *output, struct error *e);

#endif
