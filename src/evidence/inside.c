/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "evidence/probes_json.h"

static bool write_new(const char *directory, const char *name, const struct buf *text)
{
    char path[4096];
    int fd;
    bool ok;

    if (text->failed) {
        errno = ENOMEM;
        return false;
    }
    snprintf(path, sizeof path, "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    ok = fd >= 0 && io_write_all(fd, text->data, text->length);
    io_close(&fd);
    return ok;
}

static void add_line(struct buf *b, const json_t *value, bool pretty)
{
    char *text = pretty ? json_pretty(value) : json_canonical(value);

    if (text == NULL)
        b->failed = true;
    else
        buf_printf(b, "%s\n", text);
    free(text);
}

bool inside_write(const char *out, const struct findings *f)
{
    struct buf lines = {0};
    struct buf document = {0};
    json_t *probes = probes_json(f, true);
    json_t *all =
        json_pack("{s:i, s:O, s:o}", "schema_version", 1, "probes", probes, "raw", raw_json(f));
    bool ok;

    for (size_t i = 0; i < json_array_size(probes); i++)
        add_line(&lines, json_array_get(probes, i), false);
    add_line(&document, all, true);
    ok = probes != NULL && all != NULL && write_new(out, PROBE_ARTIFACT, &lines) &&
         write_new(out, PROBE_DOCUMENT, &document);
    json_decref(probes);
    json_decref(all);
    buf_free(&lines);
    buf_free(&document);
    return ok;
}

const char *inside_taken(int dirfd)
{
    static const char *const names[] = {PROBE_ARTIFACT, PROBE_REPORT, PROBE_DOCUMENT};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (faccessat(dirfd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return names[i];
    }
    return NULL;
}
