/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/option.h"

#define MANY OPTION_MANY

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct policy, __VA_ARGS__),
#include "verify/option.def"
#undef OPTION
};

static const struct option_set set = {
    .program = "denybox verify",
    .rows = table,
    .n_rows = sizeof table / sizeof table[0],
    .order = OTHERS_BEHIND,
    .others = "bundles",
};

static bool few(const char *name, const struct option_list *list, struct error *e)
{
    return list->n <= VALUES_MAX ||
           error_set(e, EXIT_DENYBOX, "cannot use --%s more than %d times", name, VALUES_MAX);
}

bool verify_options(struct policy *policy, int argc, char **argv, struct error *e)
{
    struct option_reader r = {.set = &set, .target = policy};

    if (!option_read(&r, argc, argv, &policy->files, &policy->n_files, e) ||
        !few("venue", &policy->venues, e) || !few("profile", &policy->profiles, e) ||
        !few("scan-policy", &policy->scan_files, e) || !few("allow-deviation", &policy->allowed, e))
        return false;
    if (policy->n_files == 0 && !policy->help && !policy->version) {
        error_set(e, EXIT_DENYBOX, "cannot verify: no bundle is given");
        return error_hint(e, "denybox verify [OPTIONS] BUNDLE...");
    }
    if (policy->controls_file != NULL && policy->n_files > 1) {
        error_set(e, EXIT_DENYBOX, "cannot use --controls for %d bundles: it belongs to one",
                  policy->n_files);
        return error_hint(e, "verify that one by itself");
    }
    return true;
}

void verify_options_help(void)
{
    option_help(&set);
}
