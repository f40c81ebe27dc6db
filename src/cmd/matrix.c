/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/matrix.h"

#include <stdio.h>
#include <string.h>

#include "base/terminal.h"
#include "base/text.h"

/* As much of an identifier as tells it from the others, written downwards. */
#define HEAD 8

/* The column after those of the probes. */
#define LAUNCHER N_PROBES

static const struct {
    char mark;
    const char *colour;
} marks[] = {
    [FLIP_NONE] = {'.', ""},
    [FLIP_EXPECTED] = {'x', "\033[32m"},
    [FLIP_UNEXPECTED] = {'!', "\033[31m"},
    [FLIP_MISSING] = {'o', "\033[31m"},
    [FLIP_NOT_RUN] = {'-', "\033[33m"},
};

static const char *head_of(int column)
{
    return column == LAUNCHER ? "LAUNCHER" : probe_row((enum probe)column)->id + 3;
}

/* The packet's probes, denybox's own and the launcher stand apart. */
static const char *gap(int column)
{
    return column == DX_SEAL || column == LAUNCHER ? "  " : " ";
}

static void print_heads(void)
{
    for (size_t line = 0; line < HEAD; line++) {
        char text[128] = "";
        size_t used = 0;

        for (int column = 0; column <= LAUNCHER; column++) {
            const char *head = head_of(column);

            used += (size_t)snprintf(text + used, sizeof text - used, "%s%c", gap(column),
                                     strlen(head) > line ? head[line] : ' ');
        }
        while (used > 0 && text[used - 1] == ' ')
            used--;
        fprintf(stderr, "  %-12s%.*s\n",
                line == HEAD - 2   ? "without"
                : line == HEAD - 1 ? "this wall"
                                   : "",
                (int)used, text);
    }
}

static void print_cell(enum flip flip, int column, bool terminal)
{
    bool coloured = terminal && marks[flip].colour[0] != '\0';

    fprintf(stderr, "%s%s%c%s", gap(column), coloured ? marks[flip].colour : "", marks[flip].mark,
            coloured ? "\033[0m" : "");
}

void print_matrix(const struct control *controls, size_t n)
{
    bool terminal = terminal_has_colour(2);

    print_heads();
    for (size_t i = 0; i < n; i++) {
        const struct control *c = &controls[i];

        fprintf(stderr, "  %-12s", removal_row(c->removal)->name);
        if (!c->ran) {
            fprintf(stderr, " %s: %s\n", c->faults != 0 ? "FAULT" : "NOT_RUN",
                    text_show(c->why_not));
            continue;
        }
        for (int column = 0; column < N_PROBES; column++)
            print_cell(c->flip[column], column, terminal);
        print_cell(c->launcher, LAUNCHER, terminal);
        fputc('\n', stderr);
    }
    fputs("  x flips, as the table says; LAUNCHER: it notices from outside   . stands\n"
          "  o must flip and did not   ! flips and must not   - not run\n",
          stderr);
}
