/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/help.h"

#include <stdio.h>
#include <string.h>

bool help_asked(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

void help_option(const char *name, const char *value, const char *help, const char *default_text,
                 const char *note)
{
    char left[48];

    snprintf(left, sizeof left, "--%s %s", name, value);
    printf("  %-24s %s", left, help);
    if (default_text != NULL)
        printf(" [%s]", default_text);
    printf("%s\n", note);
}

void help_status(int status, const char *meaning)
{
    printf("  %3d  %s\n", status, meaning);
}
