/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/deviation.h"
#include "rules/mounts.h"
#include "verify/checks.h"
#include "verify/field.h"
#include "verify/mounts.h"

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

/* The mounts that the plan has beyond the table's four, those of /dev among them; each as its
 * bytes, for the plan has them as text. `declared` has room for all. False when out of memory. */
static bool declare(const json_t *mounts, char **declared)
{
    const json_t *mount;
    size_t n = 0;
    size_t i;

    json_array_foreach(mounts, i, mount)
    {
        const char *at = field_text(mount, "at");
        size_t length = 0;

        if (i < 4)
            continue;
        declared[n] = strdup(at);
        if (declared[n] == NULL || !text_unsafe(declared[n], &length, at))
            return false;
        declared[n++][length] = '\0';
    }
    return true;
}

static void declared_free(char **declared, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(declared[i]);
    free(declared);
}

/* What may be there beyond the table's four, `owned` those of the plan. */
static void declared_points(const json_t *mounts, char *const *owned,
                            const char *declared[PLANNED_MAX + N_MOUNT_DEVICES])
{
    size_t n = 0;

    for (; owned[n] != NULL; n++)
        declared[n] = owned[n];
    for (size_t i = 0; planned_mount(mounts, "/dev") != NULL && i < N_MOUNT_DEVICES; i++)
        declared[n++] = mount_devices[i];
}

static bool only_declared(const json_t *mounts, const char *mountinfo, char *actual, size_t size)
{
    const char *declared[PLANNED_MAX + N_MOUNT_DEVICES + 1] = {NULL};
    size_t n = json_array_size(mounts);
    char **owned = n <= PLANNED_MAX ? calloc(n + 1, sizeof *owned) : NULL;
    bool ok;

    if (owned == NULL)
        return false;
    ok = declare(mounts, owned);
    if (ok)
        declared_points(mounts, owned, declared);
    ok = ok && mounts_hold(mountinfo, declared, actual, size);
    declared_free(owned, n);
    return ok;
}

/* PR-MOUNT-1 is excused for what was declared, and for nothing else. */
static void check_mounts(struct verification *v)
{
    const char *mountinfo = v->findings.raw[RAW_MOUNTINFO].bytes;
    char actual[320] = "out of memory, or too many mounts";

    if (mountinfo != NULL &&
        !only_declared(field(v->bundle, "binding.plan.mounts"), mountinfo, actual, sizeof actual))
        note(v, REASON_DEVIATION_MOUNT, "%.250s", actual);
}

bool check_deviations(struct verification *v)
{
    unsigned bits = deviations_of(v);

    for (unsigned i = 0; deviation_name(i) != NULL; i++) {
        if ((bits & ~v->policy->deviations & 1U << i) != 0)
            note(v, REASON_DEVIATION,
                 "%s was declared, and is not allowed: accept it by --allow-deviation %s, or not",
                 deviation_name(i), deviation_name(i));
    }
    if (v->probe[PR_MOUNT_1].excused)
        check_mounts(v);
    return true;
}
