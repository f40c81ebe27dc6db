/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/invocation.h"

#include <string.h>
#include <strings.h>

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
        if (argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
            if (!read_option(argv[i], i + 1 < n ? argv[i + 1] : NULL, word, &what))
                continue;
            if (what == INVOCATION_CODE && !invocation_alone(argv, n))
                return other(word, "-c looks for modules wherever it then is; add -I");
            return what;
        }
        i += argv[i][0] == '-';
        /* A dash is standard input wherever it stands, behind "--" as well. */
        if (i == n || strcmp(argv[i], "-") == 0)
            break;
        *word = argv[i];
        return INVOCATION_SCRIPT;
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

/* What is harmless as the value of a variable. */
typedef bool harmless(const char *value);

/* denybox's own; it names no code. */
static bool is_own(const char *value)
{
    (void)value;
    return true;
}

/* /tmp, which it is when nobody says otherwise, is empty at the start. */
static bool is_empty_home(const char *value)
{
    return strcmp(value, "/tmp") == 0;
}

/* By this the code of -c becomes characters; the parser knows it as UTF-8. */
static bool is_utf8(const char *value)
{
    const char *dot = strrchr(value, '.');

    return value[0] == '\0' || strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0 ||
           (dot != NULL && (strcasecmp(dot, ".UTF-8") == 0 || strcasecmp(dot, ".UTF8") == 0));
}

/* Variables that decide what is loaded, or how it is read. The first row that has a name decides.
 */
static const struct variable {
    enum scan_kind kind;
    const char *name;   /* with '=' the whole name, else how it begins */
    harmless *harmless; /* NULL: no value is */
} variables[] = {
    {SCAN_ELF, "LD_ORIGIN_PATH=", is_own},
    {SCAN_ELF, "LD_", NULL},
    {SCAN_ELF, "GLIBC_TUNABLES=", NULL},
    {SCAN_ELF, "GCONV_PATH=", NULL}, /* libraries that iconv loads */
    {SCAN_ELF, "LOCPATH=", NULL},    /* which encoding a locale has */
    {SCAN_ELF, "OPENSSL_", NULL},    /* a file that names libraries, and where they are */
    {SCAN_PYTHON, "PYTHON", NULL},
    {SCAN_PYTHON, "_PYTHON", NULL},
    {SCAN_PYTHON, "HOME=", is_empty_home}, /* modules that are imported at the start */
    {SCAN_PYTHON, "LC_ALL=", is_utf8},
    {SCAN_PYTHON, "LC_CTYPE=", is_utf8},
    {SCAN_PYTHON, "LANG=", is_utf8},
};

bool invocation_obeys(enum scan_kind kind, const char *pair)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const struct variable *v = &variables[i];
        size_t length = strlen(v->name);

        if (v->kind == kind && strncmp(pair, v->name, length) == 0)
            return v->harmless == NULL || !v->harmless(pair + length);
    }
    return false;
}
