/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "rules/procfs.h"
#include "verify/field.h"
#include "verify/html_table.h"
#include "verify/mounts.h"
#include "verify/page.h"

/* The world of the payload: mounts and limits, as planned and as seen. */

static void mount(struct html_table *t, const struct verification *v, const struct mount_row *row)
{
    char at[MOUNT_TEXT_SIZE];
    const json_t *plan =
        planned_mount(field(v->bundle, "binding.plan.mounts"), mount_text(at, row->point));

    table_row(t, NULL);
    table_text(t, NULL, row->point);
    table_cell(t, NULL);
    page_mark(t->h, mount_has(row->options, "ro") ? "good" : "none",
              mount_has(row->options, "ro") ? "read only" : "read and write");
    html_end(t->h);
    table_text(t, NULL, row->type);
    table_text(t, NULL, row->options);
    table_cell(t, NULL);
    if (plan != NULL)
        page_value(t->h, field(plan, "flags"));
    else if (v->foreign)
        html_element(t->h, "span", "dim", "not stated");
    else
        page_mark(t->h, "bad", "not planned");
    html_end(t->h);
    table_cell(t, NULL);
    if (plan != NULL && field_null(plan, "source"))
        html_element(t->h, "span", "dim", "nothing of the host");
    else
        page_value(t->h, field(plan, "source"));
    html_end(t->h);
    table_row_end(t);
}

void page_mounts(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"At",      "Access",      "Type", "Seen",
                                           "Planned", "Of the host", NULL};
    const char *next = v->findings.raw[RAW_MOUNTINFO].bytes;
    struct mount_row row;
    struct html_table t;
    bool bad = false;
    size_t n = 0;

    if (next == NULL) {
        page_none(h, "The bundle has no table of mounts that could be read.");
        return;
    }
    html_start(h, "p");
    html_text(h, "Seen is mountinfo, as the process read it inside: ");
    page_basis(h, v, CHECK_DIGESTS);
    if (v->foreign) {
        html_text(h, " against its bytes. Another sandbox states no plan.");
    } else {
        html_text(h,
                  " against its bytes and what the launcher read outside. Planned is the plan: ");
        page_basis(h, v, CHECK_AGREEMENT);
        html_text(h, " against the other. What of the host was mounted, the plan alone states.");
    }
    html_end(h);
    table_begin(&t, h, "mounts", "The mounts", headings);
    for (; mount_next(&next, &row, &bad); n++) {
        if (n < PAGE_LIST_MAX)
            mount(&t, v, &row);
    }
    table_end(&t);
    page_more(h, n, PAGE_LIST_MAX);
    if (bad)
        html_element(h, "p", "note loud", "A row is malformed; none behind it is shown.");
}

/* ---------------------------------------------------------------- limits */

enum unit { COUNT, BYTES, SECONDS };

static const struct limit_row {
    const char *name;
    const char *what;
    enum unit unit;
    const char *planned; /* NULL: it is always there */
} limits[] = {
    {"pids", "processes", COUNT, "pids"},
    {"memory", "memory", BYTES, "memory_bytes"},
    {"fsize", "size of a file", BYTES, "fsize_bytes"},
    {"out", "size of /out", BYTES, "out_bytes"},
    {"time", "time", SECONDS, "timeout_seconds"},
    {"core", "core dump", BYTES, NULL},
    {"nofile", "open files", COUNT, "nofile"},
    {"cpus", "processors", COUNT, "cpus"},
};

static void amount(struct html *h, const json_t *value, enum unit unit)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    json_int_t n = json_integer_value(value);
    size_t u = 0;

    if (!json_is_integer(value)) {
        page_value(h, value);
        return;
    }
    while (unit == BYTES && u < 4 && n >= 1024 && n % 1024 == 0) {
        n /= 1024;
        u++;
    }
    html_printf(h, "%lld%s%s", (long long)n, unit == COUNT ? "" : " ",
                unit == COUNT     ? ""
                : unit == SECONDS ? "s"
                                  : units[u]);
}

static void held_by(struct html_table *t, const json_t *held, const char *key)
{
    table_cell(t, NULL);
    if (json_is_object(held))
        page_value(t->h, json_object_get(held, key));
    html_end(t->h);
}

static void limit(struct html_table *t, const struct verification *v, const struct limit_row *row)
{
    const json_t *plan = field(v->bundle, "binding.plan.limits");
    const json_t *held = json_object_get(json_object_get(v->bundle, "limits"), row->name);
    const json_t *wanted = row->planned != NULL ? json_object_get(plan, row->planned) : NULL;

    table_row(t, NULL);
    table_text(t, NULL, row->what);
    table_cell(t, NULL);
    if (row->planned == NULL)
        html_element(t->h, "span", "dim", "always");
    else
        amount(t->h, wanted, row->unit);
    html_end(t->h);
    table_cell(t, NULL);
    if (json_is_object(held))
        amount(t->h, json_object_get(held, "value"), row->unit);
    else
        page_mark(t->h, "none", "no limit");
    html_end(t->h);
    held_by(t, held, "held_by");
    held_by(t, held, "scope");
    table_row_end(t);
}

void page_limits(struct html *h, const struct verification *v)
{
    static const char *const headings[] = {"Of what", "Planned", "In force",
                                           "Held by", "For",     NULL};
    struct html_table t;

    if (!json_is_object(json_object_get(v->bundle, "limits"))) {
        page_none(h, "The bundle states none: a sandbox of another program does not say.");
        return;
    }
    html_start(h, "p");
    html_text(h, "In force is what the launcher read back from outside, by the bundle's word; that "
                 "it is the plan's: ");
    page_basis(h, v, CHECK_AGREEMENT);
    html_text(h, ".");
    html_end(h);
    table_begin(&t, h, "limits", "The limits, and who holds them", headings);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        limit(&t, v, &limits[i]);
    table_end(&t);
    html_start(h, "p");
    html_text(h, "Of the plan, too: /tmp ");
    amount(h, field(v->bundle, "binding.plan.limits.tmp_bytes"), BYTES);
    html_text(h, ", cgroup ");
    page_value(h, field(v->bundle, "binding.plan.limits.cgroup"));
    html_text(h, ". Landlock, a layer beside the walls, in force: ");
    page_value(h, field(v->bundle, "layers.landlock.in_force"));
    html_text(h, ".");
    html_end(h);
}
