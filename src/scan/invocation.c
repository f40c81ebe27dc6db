/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/invocation.h"

#include <string.h>

/* Options that change nothing of what is run, and take no value: -B no bytecode is written, -b
 * warnings, -E, -I and -s less is looked at, -O asserts, -P, -q, -S no site, -u. */
#define HARMLESS "BbEIOPqSsu"

static enum invocation other(const char **word, const char *why)
{
    *word = why;
    return INVOCATION_OTHER;
}

/* One word that begins with a dash: does it end the options, and how? */
static bool read_option(const char *option, const char *next, const char **word,
                        enum invocation *what)
{
    size_t harmless = strspn(option + 1, HARMLESS);
    const char *rest = option + 1 + harmless;

    if (*rest == '\0' && harmless != 0)
        return false;
    if (*rest == 'c') {
        *word = rest[1] != '\0' ? rest + 1 : next;
        *what = *word != NULL ? INVOCATION_CODE : other(word, "-c has no code");
    } else if (*rest == 'm') {
        *what = other(word, "a module is looked for when it runs (-m); name its file");
    } else if (*rest == '\0') {
        *what = other(word, "the source comes from standard input");
    } else {
        *what = other(word, "an option of the interpreter is not known to be harmless");
    }
    return true;
}

enum invocation invocation_read(const char *const *argv, size_t n, const char **word)
{
    enum invocation what = INVOCATION_SCRIPT;

    for (size_t i = 1; i < n; i++) {
        if (argv[i][0] != '-') {
            *word = argv[i];
            return INVOCATION_SCRIPT;
        }
        if (strcmp(argv[i], "--") == 0) {
            *word = i + 1 < n ? argv[i + 1] : NULL;
            return *word != NULL ? INVOCATION_SCRIPT
                                 : other(word, "the source comes from standard input");
        }
        if (read_option(argv[i], i + 1 < n ? argv[i + 1] : NULL, word, &what))
            return what;
    }
    return other(word, "the source comes from standard input");
}

bool invocation_alone(const char *const *argv, size_t n)
{
    bool alone = false;

    for (size_t i = 1; i < n && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        size_t harmless = strspn(argv[i] + 1, HARMLESS);

        alone = alone || strcspn(argv[i] + 1, "IP") < harmless;
        if (argv[i][1 + harmless] != '\0')
            break;
    }
    return alone;
}

bool invocation_obeys(enum scan_kind kind, const char *pair)
{
    static const char home[] = "HOME=";

    if (kind == SCAN_ELF)
        /* LD_ORIGIN_PATH is denybox's own, and names no code. */
        return strncmp(pair, "GCONV_PATH=", 11) == 0 || strncmp(pair, "GLIBC_TUNABLES=", 15) == 0 ||
               (strncmp(pair, "LD_", 3) == 0 && strncmp(pair, "LD_ORIGIN_PATH=", 15) != 0);
    /* Beneath it the user may have modules that are imported at the start. /tmp, which it is when
     * nobody says otherwise, is empty then. */
    if (strncmp(pair, home, sizeof home - 1) == 0)
        return strcmp(pair + sizeof home - 1, "/tmp") != 0;
    return strncmp(pair, "PYTHON", 6) == 0 || strncmp(pair, "_PYTHON", 7) == 0;
}
