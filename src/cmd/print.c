/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool print_end(struct error *e)
{
    return (fflush(stdout) == 0 && ferror(stdout) == 0) ||
           error_errno(e, EXIT_DENYBOX, errno, "cannot write to standard output");
}

bool print_document(json_t *document, bool pretty, struct error *e)
{
    char *text = document == NULL ? NULL
                 : pretty         ? json_pretty(document)
                                  : json_canonical(document);
    bool ok = text != NULL;

    json_decref(document);
    if (!ok) {
        error_set(e, EXIT_DENYBOX, "cannot print the document: out of memory");
    } else {
        puts(text);
        ok = print_end(e);
    }
    free(text);
    return ok;
}
