/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/commands.h"
#include "cmd/common.h"
#include "evidence/plan_json.h"

int command_plan(int argc, char **argv)
{
    static struct plan plan;
    int status = prepare_plan(&plan, COMMAND_PLAN, argc, argv);
    json_t *document;
    char *text;

    if (status < 0) {
        document = plan_json(&plan);
        text = document != NULL ? json_pretty(document) : NULL;
        status = text != NULL && puts(text) >= 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_DENYBOX;
        free(text);
        json_decref(document);
    }
    plan_free(&plan);
    return status;
}
