/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/option.h"

#include "base/option.h"

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct scan_options, __VA_ARGS__),
#include "scan/option.def"
#undef OPTION
};

static const struct option_set set = {
    .program = "denybox scan",
    .rows = table,
    .n_rows = sizeof table / sizeof table[0],
    .order = OTHERS_BEHIND,
    .others = "payloads",
};

bool scan_options(struct scan_options *o, int argc, char **argv, struct error *e)
{
    struct option_reader r = {.set = &set, .target = o};

    if (!option_read(&r, argc, argv, &o->paths, &o->n_paths, e) ||
        !option_exclude(o->quiet, "quiet", o->json, "json", e))
        return false;
    if (o->n_paths == 0 && !o->help && !o->version && !o->show_policy) {
        error_set(e, EXIT_DENYBOX, "cannot scan: no payload is given");
        return error_hint(e, "denybox scan [OPTIONS] PAYLOAD...");
    }
    return true;
}

void scan_options_help(void)
{
    option_help(&set);
}
