/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "rules/words.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/form.h"

/* What the runs of a batch share: digests that were taken once, before the first of them. */

/* What has been digested once for many runs was digested before each of them; and for whoever asks
 * how old it is, evidence is as old as the oldest of what it says. */
void check_batch_age(struct verification *v, int64_t started)
{
    const char *taken = field_text(v->bundle, "binding.batch.taken_at");
    const struct policy *policy = v->policy;
    int64_t at = 0;

    if (taken == NULL)
        return;
    form_time(taken, &at);
    if (at > started)
        note(v, REASON_DATES, "the digests of a batch were taken at %s, after started_at", taken);
    else if (policy->max_age != 0 && policy->now - at > (int64_t)policy->max_age)
        note(v, REASON_TOO_OLD, "the digests of its batch were taken %lld seconds ago",
             (long long)(policy->now - at));
}

/* The launcher and the payload; a root only where denybox has made it, for one of the user's may
 * change between two runs. */
static void check_shared(struct verification *v, const json_t *shared, const char *root)
{
    static const char *const names[] = {"launcher_sha256", "payload_sha256", "root_sha256"};
    bool made = same_text(root, SOURCE_IMAGE) || same_text(root, SOURCE_HOST);
    size_t n = made ? 3 : 2;
    bool right = json_array_size(shared) == n;

    for (size_t i = 0; right && i < n; i++)
        right = same_text(json_string_value(json_array_get(shared, i)), names[i]) &&
                !field_null(field(v->bundle, "binding"), names[i]);
    if (!right)
        note(v, REASON_BATCH, "shared is not the digests that a batch of this root shares");
}

/* Is it DIRECTORY/RESULTS_WORK/NAME, and which name? NULL: it is not. */
static const char *result_name(const char *path, size_t length)
{
    static const char work[] = "/" RESULTS_WORK "/";
    size_t name = length;

    while (name > 0 && path[name - 1] != '/')
        name--;
    if (name == length || name < sizeof work || path[name] == '.' ||
        memcmp(path + name - strlen(work), work, strlen(work)) != 0)
        return NULL;
    return path + name;
}

/* Does the plan write the evidence where a batch makes its results, and nobody else? */
static bool in_a_batch(const json_t *plan)
{
    const char *evidence = field_text(plan, "evidence");

    return evidence != NULL && text_ends_in(evidence, "/" RESULTS_BUNDLE) &&
           result_name(evidence, strlen(evidence) - strlen("/" RESULTS_BUNDLE)) != NULL;
}

/* The output directory beside that evidence, and an input of the same name. */
static bool right_places(const json_t *plan, const char *in)
{
    const char *evidence = field_text(plan, "evidence");
    const char *out = field_text(plan, "output.directory");
    size_t length = strlen(evidence) - strlen("/" RESULTS_BUNDLE);
    const char *name = result_name(evidence, length);
    size_t named = name != NULL ? length - (size_t)(name - evidence) : 0;
    const char *base = in != NULL ? strrchr(in, '/') : NULL;

    return name != NULL && out != NULL && strncmp(out, evidence, length) == 0 &&
           strcmp(out + length, "/" RESULTS_OUT) == 0 && base != NULL &&
           strlen(base + 1) == named && memcmp(base + 1, name, named) == 0;
}

void check_batch(struct verification *v)
{
    const json_t *batch = field(v->bundle, "binding.batch");
    const json_t *plan = field(v->bundle, "binding.plan");
    const json_t *mounts = field(plan, "mounts");
    bool made = in_a_batch(plan);

    if (batch == NULL) {
        if (made)
            note(v, REASON_BATCH, "it was made where only a batch makes results, and is of none");
        return;
    }
    if (field_null(plan, "payload"))
        note(v, REASON_BATCH, "there is no payload, and a batch has one");
    check_shared(v, field(batch, "shared"), field_text(json_array_get(mounts, 0), "source"));
    if (!made || !right_places(plan, field_text(json_array_get(mounts, 1), "source")))
        note(v, REASON_BATCH, "input, output and evidence are not where a batch has them");
}
