/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool unwritten(struct error *e)
{
    return error_errno(e, EXIT_DENYBOX, errno, "cannot write to standard output");
}

bool print_end(struct error *e)
{
    if (fflush(stdout) != 0)
        return unwritten(e);
    /* What was refused before has no reason any more. */
    return ferror(stdout) == 0 || error_set(e, EXIT_DENYBOX, "cannot write to standard output");
}

bool print_document(json_t *document, bool pretty, struct error *e)
{
    char *text = document == NULL ? NULL
                 : pretty         ? json_pretty(document)
                                  : json_canonical(document);
    bool ok = text != NULL;

    json_decref(document);
    if (!ok)
        error_set(e, EXIT_DENYBOX, "cannot print the document: out of memory");
    else
        ok = puts(text) < 0 ? unwritten(e) : print_end(e);
    free(text);
    return ok;
}
