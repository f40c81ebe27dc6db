/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_BASE_TERMINAL_H
#define DENYBOX_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a payload prints, made fit for a terminal: printable ASCII, tab, line feed and well-formed
 * UTF-8 pass; every other byte, the control codes of U+0080 to U+009F among them, becomes \xNN. A
 * terminal acts on control codes, and some answer into its own input.
 */
struct terminal_filter {
    unsigned char pending[4]; /* the beginning of a UTF-8 sequence */
    size_t n_pending;
    size_t expected; /* its whole length */
};

/* The most that `n` bytes can become, with what was pending. */
#define TERMINAL_ROOM(n) (((n) + 4) * 4)

/* Filters `length` bytes into out, which has TERMINAL_ROOM(length); returns how many came out. */
size_t terminal_filter(struct terminal_filter *f, const void *bytes, size_t length, char *out);

/* At the end: what is still pending was not well-formed. `out` has TERMINAL_ROOM(0). */
size_t terminal_flush(struct terminal_filter *f, char *out);

/* Is `fd` a terminal, and colour not unwanted there (NO_COLOR, no-color.org)? */
bool terminal_has_colour(int fd);

/* Does `fd` take a line now? One on which somebody has pressed Ctrl-S does not. */
bool terminal_takes(int fd);

#endif
