/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tree/tree.h"

#define HEADER "# denybox root manifest 2\n"

struct manifest {
    const struct contents *contents;
    struct buf list;
    struct buf sums;
};

static int compare_path(const void *key, const void *item)
{
    return strcmp(key, ((const struct item *)item)->path);
}

/* Directories that only lead somewhere are not in the list. */
static const char *why_of(const struct contents *c, const char *path)
{
    char absolute[PATH_MAX];
    const struct item *item;

    if (snprintf(absolute, sizeof absolute, "/%s", path) >= (int)sizeof absolute)
        return "-";
    item = bsearch(absolute, c->items, c->n, sizeof *c->items, compare_path);
    return item != NULL && item->why[0] != '\0' ? item->why : "-";
}

/* As sha256sum(1): with a backslash in front where the name needs escapes. */
static void add_sum(struct buf *b, const char *sha256, const char *path)
{
    bool escaped = strpbrk(path, "\\\n\r") != NULL;

    buf_printf(b, "%s%s  ", escaped ? "\\" : "", sha256 + strlen("sha256:"));
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '\n')
            buf_puts(b, "\\n");
        else if (*p == '\r')
            buf_puts(b, "\\r");
        else if (*p == '\\')
            buf_puts(b, "\\\\");
        else
            buf_add(b, p, 1);
    }
    buf_puts(b, "\n");
}

static bool add_entry(const struct tree_entry *entry, void *context)
{
    struct manifest *m = context;
    unsigned mode = entry->st.st_mode & 07777;
    char path[4 * PATH_MAX + 4];
    char target[4 * PATH_MAX + 4];
    const char *why = why_of(m->contents, entry->path);

    text_safe(path, sizeof path, entry->path, strlen(entry->path));
    if (entry->target != NULL) {
        text_safe(target, sizeof target, entry->target, strlen(entry->target));
        buf_printf(&m->list, "# link %s -> %s: %s\n", path, target, why);
    } else if (S_ISDIR(entry->st.st_mode)) {
        buf_printf(&m->list, "# directory %04o %s: %s\n", mode, path, why);
    } else {
        buf_printf(&m->list, "# file %04o %lld %s: %s\n", mode, (long long)entry->st.st_size, path,
                   why);
        add_sum(&m->sums, entry->sha256, entry->path);
    }
    return true;
}

bool manifest_write(const struct contents *c, int root, char digest[DIGEST_TEXT_SIZE],
                    struct buf *out, struct error *e)
{
    struct manifest m = {.contents = c};
    bool ok = tree_digest(root, digest, e) && tree_walk(root, UINT64_MAX, add_entry, &m, e);

    if (ok) {
        buf_printf(out, HEADER "# digest %s\n", digest);
        buf_add(out, m.list.data, m.list.length);
        buf_add(out, m.sums.data, m.sums.length);
        if (m.list.failed || m.sums.failed || out->failed)
            ok = error_set(e, EXIT_DENYBOX, "cannot write the manifest: out of memory");
    }
    buf_free(&m.list);
    buf_free(&m.sums);
    return ok;
}
