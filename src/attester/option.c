/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attester/option.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/help.h"
#include "base/sha256.h"
#include "base/text.h"

enum kind {
    KIND_FLAG,    /* no value */
    KIND_PATH,    /* not empty */
    KIND_TEXT,    /* printable ASCII of min to max bytes */
    KIND_WORD,    /* letters, digits, '.', '_', '-' of min to max bytes */
    KIND_DATE,    /* YYYY-MM-DD */
    KIND_DIGEST,  /* "sha256:" and 64 lower-case hexadecimal digits */
    KIND_ADDRESS, /* an IPv4 address in dotted form */
};

static const struct row {
    const char *name;
    enum kind kind;
    const char *value;
    size_t offset; /* of the field in struct wishes */
    size_t min;
    size_t max;
    const char *default_text;
    const char *help;
} table[] = {
#define ATTESTER_OPTION(field, name, kind, value, min, max, default_text, help)                    \
    {name, KIND_##kind, value, offsetof(struct wishes, field), min, max, default_text, help},
#include "attester/option.def"
#undef ATTESTER_OPTION
};

#define N_OPTIONS (sizeof table / sizeof table[0])

static const struct row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    }
    return NULL;
}

/* What is wrong with the value, or NULL. */
static const char *wrong(const struct row *row, const char *text)
{
    struct in_addr address;

    switch (row->kind) {
    case KIND_PATH:
        return text[0] != '\0' && strlen(text) < PATH_MAX - 64 ? NULL : "want a path";
    case KIND_TEXT:
        return text_is_printable(text) ? NULL : "want printable ASCII";
    case KIND_WORD:
        return text_is_word(text) ? NULL : "want letters, digits, '.', '_' and '-'";
    case KIND_DATE:
        return text_date_wrong(text);
    case KIND_DIGEST:
        return sha256_is_text(text) ? NULL : "want sha256: and 64 hexadecimal digits in lower case";
    case KIND_ADDRESS:
        return inet_pton(AF_INET, text, &address) == 1 ? NULL : "want an address such as 127.0.0.1";
    default:
        return NULL;
    }
}

static bool read_value(struct wishes *w, const struct row *row, const char *text, struct error *e)
{
    void *field = (char *)w + row->offset;
    size_t length = strlen(text);
    const char *what;

    if ((row->kind == KIND_TEXT || row->kind == KIND_WORD) &&
        (length < row->min || length > row->max))
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': want %zu to %zu characters",
                         row->name, text_show(text), row->min, row->max);
    what = wrong(row, text);
    if (what != NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s '%s': %s", row->name, text_show(text),
                         what);
    *(const char **)field = text;
    return true;
}

/* The option in argv[*next]; takes its value and moves on. */
static bool parse_option(struct wishes *w, int argc, char **argv, int *next, bool *seen,
                         struct error *e)
{
    const char *word = argv[(*next)++] + 2;
    size_t length = strcspn(word, "=");
    const char *value = word[length] == '=' ? word + length + 1 : NULL;
    const struct row *row = find_row(word, length);

    if (row == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot use '--%s': there is no such option", text_show(word));
        return error_hint(e, "denybox-attest --help lists the options");
    }
    if (seen[row - table])
        return error_set(e, EXIT_DENYBOX, "cannot use --%s twice", row->name);
    seen[row - table] = true;
    if (row->kind == KIND_FLAG) {
        if (value != NULL)
            return error_set(e, EXIT_DENYBOX, "cannot use --%s: it takes no value", row->name);
        *(bool *)((char *)w + row->offset) = true;
        return true;
    }
    if (value == NULL && *next < argc)
        value = argv[(*next)++];
    if (value == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use --%s: want --%s %s", row->name, row->name,
                         row->value);
    return read_value(w, row, value, e);
}

bool wishes_parse(struct wishes *w, int argc, char **argv, struct error *e)
{
    bool seen[N_OPTIONS] = {false};

    *w = (struct wishes){
        .in = "/in",
        .out = "/out",
        .tmp = "/tmp",
        .runtime = "unknown",
        .target = "1.1.1.1",
        .venue = "unspecified",
        .nonce = "self",
    };
    for (int next = 0; next < argc;) {
        if (strncmp(argv[next], "--", 2) != 0 || argv[next][2] == '\0') {
            error_set(e, EXIT_DENYBOX, "cannot use '%s': it starts no program",
                      text_show(argv[next]));
            return error_hint(e, "denybox-attest --help lists the options");
        }
        if (!parse_option(w, argc, argv, &next, seen, e))
            return false;
    }
    if (w->seccomp != NULL && w->seccomp_sha256 != NULL)
        return error_set(e, EXIT_DENYBOX, "cannot use --seccomp with --seccomp-sha256");
    return true;
}

void wishes_help(void)
{
    puts("usage: denybox-attest [OPTIONS]\n\n"
         "Tries the probes of denybox-probes(7) in the sandbox in which it is started, and writes\n"
         "what it found as a bundle to standard output and a table to standard error.\n");
    for (size_t i = 0; i < N_OPTIONS; i++)
        help_option(table[i].name, table[i].value, table[i].help,
                    table[i].kind != KIND_FLAG ? table[i].default_text : NULL, "");
    puts("\nExit status:");
#define EXITCODE(symbol, number, meaning) help_status(number, meaning);
#include "attester/exitcode.def"
#undef EXITCODE
    puts("\nManual: denybox-attest(1).");
}
