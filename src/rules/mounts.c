/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/mounts.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rules/procfs.h"

struct expected_mount {
    const char *point;
    const char *type;       /* NULL: any */
    const char *options[5]; /* each must be there */
};

static const struct expected_mount expected[] = {
    {"/", NULL, {"ro", "nosuid", "nodev", NULL}},
    {"/in", NULL, {"ro", "nosuid", "nodev", "noexec", NULL}},
    {"/out", NULL, {"rw", "nosuid", "nodev", "noexec", NULL}},
    {"/tmp", "tmpfs", {"rw", "nosuid", "nodev", "noexec", NULL}},
};

const char *const mount_devices[N_MOUNT_DEVICES] = {"/dev/null", "/dev/zero", "/dev/full",
                                                    "/dev/random", "/dev/urandom"};

#define N_EXPECTED (sizeof expected / sizeof expected[0])

static bool wrong(char *actual, size_t size, const struct mount_row *row, const char *what)
{
    char point[128];
    char options[128];

    text_safe(point, sizeof point, row->point, strlen(row->point));
    text_safe(options, sizeof options, row->options, strlen(row->options));
    snprintf(actual, size, "%s %s: %s", point, options, what);
    return false;
}

static const char *missing_option(const struct mount_row *row, const char *const *options)
{
    for (; *options != NULL; options++) {
        if (!mount_has(row->options, *options))
            return *options;
    }
    return NULL;
}

static bool check_expected(const struct expected_mount *want, const struct mount_row *row,
                           char *actual, size_t size)
{
    const char *option = missing_option(row, want->options);
    char what[64];

    if (option != NULL) {
        snprintf(what, sizeof what, "not %s", option);
        return wrong(actual, size, row, what);
    }
    if (want->type != NULL && strcmp(row->type, want->type) != 0)
        return wrong(actual, size, row, "not a tmpfs");
    return true;
}

static bool check_declared(const char *const *declared, const struct mount_row *row, char *actual,
                           size_t size)
{
    static const char *const always[] = {"nosuid", "noexec", NULL};
    bool device = strcmp(row->point, "/dev") == 0 || strncmp(row->point, "/dev/", 5) == 0;

    for (; declared != NULL && *declared != NULL; declared++) {
        if (strcmp(*declared, row->point) != 0)
            continue;
        if (!mount_has(row->options, "nosuid") ||
            ((device || strcmp(row->point, "/proc") == 0) && missing_option(row, always) != NULL))
            return wrong(actual, size, row, "declared, but not nosuid and noexec");
        if (!device && strcmp(row->point, "/proc") != 0 && !mount_has(row->options, "ro"))
            return wrong(actual, size, row, "declared, but not ro");
        return true;
    }
    return wrong(actual, size, row, "a mount that the table does not have");
}

static size_t find_expected(const char *point)
{
    size_t i = 0;

    while (i < N_EXPECTED && strcmp(expected[i].point, point) != 0)
        i++;
    return i;
}

bool mounts_hold(const char *mountinfo, const char *const *declared, char *actual, size_t size)
{
    int seen[N_EXPECTED] = {0};
    struct mount_row row;
    bool bad;
    const char *next = mountinfo;

    while (mount_next(&next, &row, &bad)) {
        size_t i = find_expected(row.point);

        if (row.propagates)
            return wrong(actual, size, &row, "not private");
        if (i == N_EXPECTED) {
            if (!check_declared(declared, &row, actual, size))
                return false;
            continue;
        }
        if (seen[i]++ != 0)
            return wrong(actual, size, &row, "mounted twice");
        if (!check_expected(&expected[i], &row, actual, size))
            return false;
    }
    if (bad) {
        snprintf(actual, size, "a row of mountinfo is malformed");
        return false;
    }
    for (size_t i = 0; i < N_EXPECTED; i++) {
        if (seen[i] == 0) {
            snprintf(actual, size, "%s is not mounted", expected[i].point);
            return false;
        }
    }
    snprintf(actual, size, "/ ro, /in ro, /out rw, /tmp tmpfs noexec");
    return true;
}

bool mounts_beneath(const char *mountinfo, const char *point)
{
    size_t length = strlen(point);
    struct mount_row row;
    bool bad;

    while (mount_next(&mountinfo, &row, &bad)) {
        if (strncmp(row.point, point, length) == 0 && row.point[length] == '/')
            return true;
    }
    return false;
}
