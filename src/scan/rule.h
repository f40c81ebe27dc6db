/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_RULE_H
#define DENYBOX_SCAN_RULE_H

#include <stdbool.h>

/* The rules as data: what is noted, of which kind of file. Nothing here opens a file. */

enum rule {
#define RULE(symbol, ...) RULE_##symbol,
#include "scan/rule.def"
#undef RULE
    N_RULES
};

enum scan_kind { SCAN_ELF, SCAN_PYTHON };

enum rule_how { RULE_LISTED, RULE_NAMED, RULE_MADE };

struct rule_row {
    const char *id;
    enum scan_kind kind;
    enum rule_how how;
    const char *names; /* separated by spaces */
    const char *meaning;
};

/* "elf" or "python" */
const char *scan_kind_name(enum scan_kind kind);

const struct rule_row *rule_row(enum rule rule);

/* The rule of an identifier, or N_RULES. */
enum rule rule_find(const char *id);

/* The rule that has this symbol among its names, or N_RULES. */
enum rule rule_of_symbol(const char *name);

/* The same for what a source does. `form` is 'm' for a module that is imported, which what is
 * beneath it is too; 'n' for a name; 'a' for an attribute, "os.system", or ".eval" of something
 * unnamed; 'p' for what a module
 * keeps for itself, "os._name". */
enum rule rule_of_python(char form, const char *name);

#endif
