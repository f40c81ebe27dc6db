/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "plan/habit.h"
#include "plan/value.h"

#define R COMMAND_RUN
#define A COMMAND_ATTEST
#define P COMMAND_PLAN
#define B COMMAND_BATCH
#define RP (R | P)
#define RAP (R | A | P)
#define RPB (R | P | B)
#define RAPB (R | A | P | B)
#define MANY OPTION_MANY
#define DEVIATION OPTION_DEVIATION

/* All the options that --args may bring; far more than anyone needs, and a bound. */
#define ARGS_MAX (1U << 20)

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct declared, __VA_ARGS__),
#include "plan/option.def"
#undef OPTION
};

#define N_OPTIONS (sizeof table / sizeof table[0])

_Static_assert(N_OPTIONS <= OPTION_ROWS_MAX, "OPTION_ROWS_MAX has to grow");

const struct option_row *option_table(size_t *n)
{
    *n = N_OPTIONS;
    return table;
}

/* The words of NUL-separated bytes, which they point into; a last NUL may be missing. NULL: out of
 * memory. */
static char **split(struct buf *bytes, int *n)
{
    size_t start = 0;
    char **word;

    if (bytes->length != 0 && bytes->data[bytes->length - 1] != '\0')
        buf_add(bytes, "", 1);
    *n = 0;
    for (size_t i = 0; i < bytes->length; i++)
        *n += bytes->data[i] == '\0';
    word = bytes->failed ? NULL : calloc((size_t)*n + 1, sizeof *word);
    *n = 0;
    for (size_t i = 0; word != NULL && i < bytes->length; i++) {
        if (bytes->data[i] == '\0') {
            word[(*n)++] = bytes->data + start;
            start = i + 1;
        }
    }
    return word;
}

static bool unreadable(int fd, int number, struct error *e)
{
    error_errno(e, EXIT_DENYBOX, number, "cannot read the options from descriptor %d", fd);
    return number == EFBIG
               ? error_hint(e, "they may have %u bytes", ARGS_MAX)
               : error_hint(e, "it has to be open for reading, as in: --args %d %d<FILE", fd, fd);
}

/* The strings of the plan point into the bytes, which are the plan's to free. */
static bool read_words(struct option_reader *r, struct buf *bytes, struct error *e)
{
    struct declared *d = r->target;
    int n;
    char **word = split(bytes, &n);
    char **others;
    bool ok;

    if (word == NULL || !option_list_add(&d->args, bytes->data, e)) {
        buf_free(bytes);
        free(word);
        return error_set(e, EXIT_DENYBOX, "cannot read the options: out of memory");
    }
    ok = option_read(r, n, word, &others, &n, e);
    if (ok && n != 0)
        ok = error_set(e, EXIT_DENYBOX, "cannot use '%s' in --args: only options go there",
                       text_show(others[0]));
    free(word);
    return ok;
}

/* --args FD, which may stand more than once, but not in what it brings: bwrap(1). */
static bool read_args(struct option_reader *r, const struct option_row *row, const char *value,
                      struct error *e)
{
    struct option_row descriptor = *row;
    struct declared *d = r->target;
    struct buf bytes = {0};
    int64_t fd;
    bool ok;

    if (d->in_args)
        return error_set(e, EXIT_DENYBOX, "cannot use --args in --args");
    descriptor.kind = OPTION_FD;
    if (!value_read(&descriptor, value, &fd, e))
        return false;
    if (!io_read_all((int)fd, ARGS_MAX, &bytes)) {
        unreadable((int)fd, errno, e);
        buf_free(&bytes);
        return false;
    }
    d->in_args = true;
    ok = read_words(r, &bytes, e);
    d->in_args = false;
    return ok;
}

static bool read_own(struct option_reader *r, const struct option_row *row,
                     const char *const value[2], struct error *e)
{
    struct declared *d = r->target;

    switch (row->kind) {
    case OPTION_ENV:
        return value_env(row, value[0], value[1], d, e);
    case OPTION_BIND:
        return value_bind(row, value[0], value[1], d, e);
    default:
        return read_args(r, row, value[0], e);
    }
}

static struct option_set set_of(enum command command)
{
    return (struct option_set){
        .program = command == COMMAND_RUN      ? "denybox run"
                   : command == COMMAND_ATTEST ? "denybox attest"
                   : command == COMMAND_BATCH  ? "denybox batch"
                                               : "denybox plan",
        .rows = table,
        .n_rows = N_OPTIONS,
        .command = (unsigned)command,
        .order = OTHERS_COMMAND,
        .own = read_own,
        .advice = habit_advice,
    };
}

bool option_parse(struct plan *plan, int argc, char **argv, struct error *e)
{
    const struct option_set set = set_of(plan->command);
    struct option_reader r = {.set = &set, .target = &plan->declared};
    struct declared *d = &plan->declared;
    int n;

    if (!option_read(&r, argc, argv, &d->command, &n, e))
        return false;
    d->n_command = (size_t)n;
    return option_exclude(d->quiet, "quiet", d->verbose, "verbose", e);
}

void option_help_of(enum command command)
{
    const struct option_set set = set_of(command);

    option_help(&set);
}
