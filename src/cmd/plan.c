/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/commands.h"
#include "cmd/common.h"
#include "cmd/print.h"
#include "evidence/plan_json.h"

int command_plan(int argc, char **argv)
{
    static struct plan plan;
    struct error e;
    int status = prepare_plan(&plan, COMMAND_PLAN, argc, argv);

    if (status < 0) {
        status = EXIT_OK;
        if (!print_document(plan_json(&plan), true, &e)) {
            error_print(&e);
            status = (int)e.exit;
        }
    }
    plan_free(&plan);
    return status;
}
