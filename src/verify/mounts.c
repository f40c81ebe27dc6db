/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/mounts.h"

#include <string.h>

#include "base/text.h"
#include "rules/mounts.h"
#include "rules/procfs.h"
#include "verify/checks.h"
#include "verify/field.h"

/* More rows than mountinfo can then have. */
#define SEEN_MAX (PLANNED_MAX + N_MOUNT_DEVICES)

/* What is kept of each row that was seen. */
struct sight {
    const char *at; /* borrowed */
    unsigned id;
    unsigned parent;
    unsigned major;
    unsigned minor;
    bool made; /* a file system that denybox has made */
};

struct looked {
    struct verification *v;
    const json_t *mounts;
    bool collected; /* /out is a tmpfs, by --out-size */
    unsigned char times[PLANNED_MAX];
    bool device[N_MOUNT_DEVICES];
    struct sight sight[SEEN_MAX];
    size_t n;
};

char *mount_text(char out[MOUNT_TEXT_SIZE], const char *point)
{
    return text_safe(out, MOUNT_TEXT_SIZE, point, strlen(point));
}

/* The row of the plan, or how many it has. */
static size_t planned_index(const json_t *mounts, const char *at)
{
    size_t i = 0;

    while (i < json_array_size(mounts) &&
           !same_text(field_text(json_array_get(mounts, i), "at"), at))
        i++;
    return i;
}

const json_t *planned_mount(const json_t *mounts, const char *at)
{
    return json_array_get(mounts, planned_index(mounts, at));
}

/* ---------------------------------------------------------------- the plan by itself */

/* The flags that a mount is given, whatever the host has. */
static const char *flags_of(size_t i, bool proc, bool dev)
{
    static const char *const table[] = {"ro,nosuid,nodev", "ro,nosuid,nodev,noexec",
                                        "rw,nosuid,nodev,noexec", "rw,nosuid,nodev,noexec"};

    return i < 4 ? table[i] : proc ? "ro,nosuid,nodev,noexec" : dev ? "ro,nosuid,noexec" : table[0];
}

/* The deviations that the rows beyond the table's four stand for, and no other. */
static void check_declared(struct verification *v, const json_t *mounts)
{
    const json_t *deviations = json_object_get(v->bundle, "deviations");
    bool proc = false;
    bool dev = false;
    bool bind = false;
    const json_t *mount;
    size_t i;

    json_array_foreach(mounts, i, mount)
    {
        static const char *const table[] = {"/", "/in", "/out", "/tmp"};
        const char *at = field_text(mount, "at");
        bool is_proc = strcmp(at, "/proc") == 0 && same_text(field_text(mount, "source"), "proc");
        bool is_dev = strcmp(at, "/dev") == 0 && same_text(field_text(mount, "source"), "tmpfs");

        if (i < 4 && strcmp(at, table[i]) != 0)
            note(v, REASON_MOUNTS, "the plan has %s in place of %s", text_show(at), table[i]);
        if (strcmp(field_text(mount, "flags"), flags_of(i, is_proc, is_dev)) != 0)
            note(v, REASON_MOUNTS, "the flags of %s are not those that it gets", text_show(at));
        /* With one it would be held as what was bound there, and not as what denybox makes. */
        if (i == 3 && !field_null(mount, "source"))
            note(v, REASON_MOUNTS, "the plan has a source for /tmp, and no option gives one");
        if (i < 4)
            continue;
        proc = proc || is_proc;
        dev = dev || is_dev;
        bind = bind || (!is_proc && !is_dev);
    }
    if (proc != array_has(deviations, "proc") || dev != array_has(deviations, "dev") ||
        bind != array_has(deviations, "ro-bind"))
        note(v, REASON_PROFILE_DIFFERS, "the deviations are not those of the plan's mounts");
}

/* Where the outputs go, in the two places that say so. */
static void check_output(struct verification *v)
{
    const json_t *plan = field(v->bundle, "binding.plan");
    bool collected = !field_null(plan, "limits.out_bytes");
    const char *directory = field_text(plan, "output.directory");
    const char *source = field_text(planned_mount(field(plan, "mounts"), "/out"), "source");
    const char *want = collected ? "tmpfs" : directory;

    if (want == NULL ? source != NULL : !same_text(source, want))
        note(v, REASON_MOUNTS, "/out is not where the outputs go");
    if ((collected && directory == NULL) ||
        (!collected && json_is_true(field(plan, "output.keep_failed"))) ||
        (directory == NULL && json_is_true(field(plan, "output.strict"))))
        note(v, REASON_MOUNTS, "the plan's output contradicts itself");
}

/* ---------------------------------------------------------------- a row */

/* Does the row have each of the comma-separated flags? */
static bool has_flags(const struct mount_row *row, const char *flags)
{
    while (*flags != '\0') {
        size_t length = strcspn(flags, ",");
        char flag[32];

        if (length >= sizeof flag)
            return false;
        memcpy(flag, flags, length);
        flag[length] = '\0';
        if (!mount_has(row->options, flag))
            return false;
        flags += length + (flags[length] == ',');
    }
    return true;
}

/* What denybox makes itself at a place, and all of it: what the plan has no source for is a tmpfs,
 * and so is /out with --out-size, where "tmpfs" is no directory of that name. A root that has a
 * source is the lower layer of an overlay. NULL: what lies there was bound. */
static const char *made_at(const struct looked *l, const char *at, const json_t *mount)
{
    const char *source = field_text(mount, "source");

    return source == NULL                                            ? "tmpfs"
           : strcmp(at, "/") == 0                                    ? "overlay"
           : strcmp(at, "/out") == 0 && l->collected                 ? "tmpfs"
           : strcmp(at, "/proc") == 0 && strcmp(source, "proc") == 0 ? "proc"
           : strcmp(at, "/dev") == 0 && strcmp(source, "tmpfs") == 0 ? "tmpfs"
                                                                     : NULL;
}

/* The overlay has no layer that is written to, and the kernel makes it read-only for that. */
static bool right_layers(const struct mount_row *row)
{
    char value[32];

    return mount_super(row, "ro", value, sizeof value) &&
           mount_super(row, "lowerdir", value, sizeof value) &&
           strcmp(value, "skeleton:root") == 0 &&
           memmem(row->super, row->super_length, ",upperdir=", 10) == NULL;
}

/* Of a tmpfs that the payload can fill: as large as planned, in whole pages. The kernel leaves the
 * size out where it is half of the memory (shmem_show_options), as no round number is. */
static bool right_size(const struct looked *l, const struct mount_row *row)
{
    const json_t *bundle = l->v->bundle;
    const char *planned =
        strcmp(row->point, "/out") == 0 && l->collected ? "out_bytes" : "tmp_bytes";
    json_int_t page = same_text(field_text(bundle, "host.machine"), "x86_64") ? 4096 : LARGEST_PAGE;
    json_int_t more;
    unsigned long long kib;
    char text[16];
    size_t length;

    if (!mount_super(row, "rw", text, sizeof text) || !mount_super(row, "size", text, sizeof text))
        return false;
    length = strlen(text);
    if (length < 2 || text[length - 1] != 'k' || text[0] == '0')
        return false;
    text[length - 1] = '\0';
    if (!text_number(text, 1ULL << 40, &kib))
        return false;
    more = (json_int_t)kib * 1024 - field_number(field(bundle, "binding.plan.limits"), planned);
    return more >= 0 && more < page;
}

static void check_made(const struct looked *l, const struct mount_row *row, const char *type)
{
    const char *wrong =
        strcmp(row->type, type) != 0 || strcmp(row->root, "/") != 0 ? "what denybox makes there"
        : strcmp(type, "overlay") == 0 && !right_layers(row) ? "an overlay of the planned root"
        : (strcmp(row->point, "/out") == 0 || strcmp(row->point, "/tmp") == 0) &&
                !right_size(l, row)
            ? "as large as planned"
            : NULL;

    if (wrong != NULL)
        note(l->v, REASON_MOUNTS, "%s is not %s", text_show(row->point), wrong);
}

/* The host's /dev is a file system of its own, or a directory of that name. */
static bool is_device(const char *root, const char *device)
{
    size_t length = strlen(root);
    size_t name = strlen(device);

    return strcmp(root, device + strlen("/dev")) == 0 ||
           (length >= name && strcmp(root + length - name, device) == 0);
}

/* The plan has a row for /dev, and mountinfo one more for each device, which is the host's of that
 * name. The index, or N_MOUNT_DEVICES. */
static size_t device_of(const struct looked *l, const struct mount_row *row)
{
    size_t i = 0;

    if (planned_mount(l->mounts, "/dev") == NULL)
        return N_MOUNT_DEVICES;
    while (i < N_MOUNT_DEVICES && strcmp(mount_devices[i], row->point) != 0)
        i++;
    if (i < N_MOUNT_DEVICES && !is_device(row->root, mount_devices[i]))
        note(l->v, REASON_MOUNTS, "%s is another device: %s", row->point, text_show(row->root));
    return i;
}

/* ---------------------------------------------------------------- the rows together */

static bool keep(struct looked *l, const struct mount_row *row, const char *at, bool made)
{
    if (l->n == SEEN_MAX)
        return false;
    l->sight[l->n++] = (struct sight){at, row->id, row->parent, row->major, row->minor, made};
    return true;
}

/* False where there is no use in looking at more. */
static bool take_row(struct looked *l, const struct mount_row *row)
{
    static char at[MOUNT_TEXT_SIZE];
    size_t i = planned_index(l->mounts, mount_text(at, row->point));
    const json_t *mount = json_array_get(l->mounts, i);
    size_t device = mount == NULL ? device_of(l, row) : N_MOUNT_DEVICES;
    const char *type = mount != NULL ? made_at(l, at, mount) : NULL;

    if (mount == NULL && device == N_MOUNT_DEVICES)
        return note(l->v, REASON_MOUNTS, "%s was not planned", text_show(row->point));
    if (mount == NULL ? l->device[device] : l->times[i] != 0)
        return note(l->v, REASON_MOUNTS, "%s is mounted twice", text_show(row->point));
    if (mount == NULL)
        l->device[device] = true;
    else
        l->times[i] = 1;
    if (type != NULL)
        check_made(l, row, type);
    if (mount != NULL && !has_flags(row, field_text(mount, "flags")))
        note(l->v, REASON_MOUNTS, "%s is not %s", text_show(row->point),
             text_show(field_text(mount, "flags")));
    return keep(l, row, mount == NULL ? mount_devices[device] : field_text(mount, "at"),
                type != NULL);
}

/* Is it the place itself, or beneath it? */
static bool is_beneath(const char *path, const char *place)
{
    size_t length = strcmp(place, "/") == 0 ? 0 : strlen(place);

    return strncmp(path, place, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* It was mounted on one of the others, and denybox shares no file system that it makes. */
static void check_sight(const struct looked *l, size_t i)
{
    const struct sight *it = &l->sight[i];
    bool root = strcmp(it->at, "/") == 0;
    bool upon = root;

    for (size_t j = 0; j < l->n; j++) {
        const struct sight *other = &l->sight[j];

        if (j == i)
            continue;
        if (it->id == other->id)
            note(l->v, REASON_MOUNTS, "%s and %s are one mount", text_show(it->at),
                 text_show(other->at));
        if (it->made && it->major == other->major && it->minor == other->minor)
            note(l->v, REASON_MOUNTS, "%s is the file system of %s", text_show(it->at),
                 text_show(other->at));
        upon = upon || (it->parent == other->id && is_beneath(it->at, other->at));
    }
    if (!upon)
        note(l->v, REASON_MOUNTS, "%s is mounted on none of the others", text_show(it->at));
}

/* What is in the directory of --out could be changed at the other place too, were it the same. */
static void check_out(const struct looked *l, const char *mountinfo)
{
    static struct mount_row out;
    static struct mount_row row;
    const char *next = mountinfo;
    bool bad;

    while (mount_next(&next, &out, &bad) && strcmp(out.point, "/out") != 0)
        continue;
    for (next = mountinfo; mount_next(&next, &row, &bad);) {
        if (strcmp(row.point, "/out") != 0 && row.major == out.major && row.minor == out.minor &&
            (is_beneath(row.root, out.root) || is_beneath(out.root, row.root)))
            note(l->v, REASON_MOUNTS, "%s is what lies at /out, or in it, or around it",
                 text_show(row.point));
    }
}

static void check_all(struct looked *l, const char *mountinfo)
{
    size_t rows = json_array_size(l->mounts);
    bool dev = planned_mount(l->mounts, "/dev") != NULL;
    bool whole = true;

    for (size_t i = 0; i < rows; i++) {
        whole = whole && l->times[i] != 0;
        if (l->times[i] == 0)
            note(l->v, REASON_MOUNTS, "%s is planned, and was not found",
                 text_show(field_text(json_array_get(l->mounts, i), "at")));
    }
    for (size_t i = 0; i < N_MOUNT_DEVICES; i++) {
        if (dev && !l->device[i])
            note(l->v, REASON_MOUNTS, "%s was not found", mount_devices[i]);
    }
    for (size_t i = 0; i < l->n; i++)
        check_sight(l, i);
    if (whole)
        check_out(l, mountinfo);
}

void check_planned_mounts(struct verification *v)
{
    static struct looked l;
    static struct mount_row row;
    const char *mountinfo = v->findings.raw[RAW_MOUNTINFO].bytes;
    const char *next = mountinfo;
    bool bad;

    l = (struct looked){.v = v, .mounts = field(v->bundle, "binding.plan.mounts")};
    l.collected = !field_null(v->bundle, "binding.plan.limits.out_bytes");
    if (json_array_size(l.mounts) > PLANNED_MAX) {
        note(v, REASON_MOUNTS, "%zu mounts are planned", json_array_size(l.mounts));
        return;
    }
    check_declared(v, l.mounts);
    check_output(v);
    if (mountinfo == NULL)
        return;
    while (mount_next(&next, &row, &bad)) {
        if (!take_row(&l, &row))
            return;
    }
    check_all(&l, mountinfo);
}
