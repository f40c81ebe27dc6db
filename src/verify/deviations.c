/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "rules/deviation.h"
#include "rules/mounts.h"
#include "verify/checks.h"
#include "verify/field.h"

/* More mount points than any plan has rows; what is beyond is not declared. */
#define DECLARED_MAX 256

unsigned deviations_of(const struct verification *v)
{
    const json_t *list = json_object_get(v->bundle, "deviations");
    unsigned bits = 0;

    for (unsigned i = 0; deviation_name(i) != NULL; i++) {
        if (array_has(list, deviation_name(i)))
            bits |= 1U << i;
    }
    return bits;
}

/* The mounts that the plan has beyond the table's four, those of /dev among them. */
static void declare(const json_t *mounts, const char *declared[DECLARED_MAX + 8])
{
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                          "/dev/urandom"};
    const json_t *mount;
    size_t n = 0;
    size_t i;

    json_array_foreach(mounts, i, mount)
    {
        const char *at = field_text(mount, "at");

        if (i < 4 || n >= DECLARED_MAX)
            continue;
        declared[n++] = at;
        for (size_t d = 0; strcmp(at, "/dev") == 0 && d < sizeof devices / sizeof devices[0]; d++)
            declared[n++] = devices[d];
    }
    declared[n] = NULL;
}

/* PR-MOUNT-1 is excused for what was declared, and for nothing else. */
static void check_mounts(struct verification *v)
{
    const char *declared[DECLARED_MAX + 8];
    const struct raw *raw = &v->findings.raw[RAW_MOUNTINFO];
    char actual[320];

    if (raw->bytes == NULL)
        return;
    declare(field(v->bundle, "binding.plan.mounts"), declared);
    if (!mounts_hold(raw->bytes, declared, actual, sizeof actual))
        note(v, REASON_DEVIATION_MOUNT, "%.250s", actual);
}

bool check_deviations(struct verification *v)
{
    unsigned bits = deviations_of(v);

    for (unsigned i = 0; deviation_name(i) != NULL; i++) {
        if ((bits & ~v->policy->deviations & 1U << i) != 0)
            note(v, REASON_DEVIATION, "%s was declared, and is not allowed", deviation_name(i));
    }
    if (v->probe[PR_MOUNT_1].excused)
        check_mounts(v);
    return true;
}
