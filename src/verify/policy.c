/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/policy.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/io.h"
#include "base/text.h"
#include "filter/compile.h"
#include "rules/deviation.h"

static bool load_profile(const char *file, struct known_profile *known, struct error *e)
{
    static const char *const arches[] = {"x86_64", "aarch64"};
    struct buf bytes = {0};
    bool ok = io_read_named(file, FILTER_FILE_MAX, &bytes) ||
              error_set(e, EXIT_DENYBOX, "cannot read --profile '%s': %s", text_show(file),
                        io_why_unread(errno));

    if (ok)
        sha256_text(known->json, buf_text(&bytes), bytes.length);
    for (size_t i = 0; ok && i < 2; i++) {
        struct filter_program program = {0};

        ok = filter_compile(buf_text(&bytes), bytes.length, arches[i], &program, e);
        if (ok)
            sha256_text(known->bpf[i], program.code, program.length * sizeof *program.code);
        filter_free(&program);
    }
    buf_free(&bytes);
    return ok;
}

static bool allow(struct policy *policy, const char *name, struct error *e)
{
    for (unsigned i = 0; deviation_name(i) != NULL; i++) {
        if (strcmp(deviation_name(i), name) == 0) {
            policy->deviations |= 1U << i;
            return true;
        }
    }
    error_set(e, EXIT_DENYBOX, "cannot use --allow-deviation '%s': there is no such deviation",
              text_show(name));
    return error_hint(e, "each is allowed by its name: see denybox-probes(7)");
}

static bool load_scans(struct policy *policy, struct error *e)
{
    for (size_t i = 0; i <= policy->scan_files.n; i++) {
        policy->n_scan = i + 1;
        if (!scan_policy_load(&policy->scan[i], i == 0 ? NULL : policy->scan_files.word[i - 1], e))
            return false;
    }
    return true;
}

bool policy_load(struct policy *policy, struct error *e)
{
    policy->now = time(NULL);
    if (policy->venues.n == 0 &&
        (!option_list_add(&policy->venues, "VPS", e) || !option_list_add(&policy->venues, "CI", e)))
        return false;
    for (size_t i = 0; i < policy->profiles.n; i++) {
        if (!load_profile(policy->profiles.word[i], &policy->profile[i], e))
            return false;
    }
    for (size_t i = 0; i < policy->allowed.n; i++) {
        if (!allow(policy, policy->allowed.word[i], e))
            return false;
    }
    return load_scans(policy, e) && matrix_load(&policy->matrix, policy->matrix_file, e) &&
           controls_load(&policy->controls, policy->controls_file, e);
}

void policy_free(struct policy *policy)
{
    for (size_t i = 0; i < policy->n_scan; i++)
        scan_policy_free(&policy->scan[i]);
    matrix_free(&policy->matrix);
    controls_free(&policy->controls);
    option_list_free(&policy->venues);
    option_list_free(&policy->profiles);
    option_list_free(&policy->scan_files);
    option_list_free(&policy->allowed);
}
