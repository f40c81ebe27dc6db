/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/tarball.h"

#include <errno.h>
#include <fcntl.h>

#include "archive/archive.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "tree/tree.h"

struct tarball {
    int root;
    struct tar_writer *writer;
    struct error *e;
};

static bool put_file(struct tarball *t, const struct tree_entry *entry)
{
    struct stat st;
    int fd = io_open_file(t->root, entry->path, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, &st);
    bool ok;

    if (fd < 0)
        return error_errno(t->e, EXIT_DENYBOX, errno, "cannot read '%s'", text_show(entry->path));
    /* The epoch, or what a compiled form beside it says (contents.h): bytes decide it either way.
     */
    tar_set_time(t->writer, entry->st.st_mtim.tv_sec);
    ok = tar_put_file(t->writer, entry->path, entry->st.st_mode, (uint64_t)entry->st.st_size, fd,
                      t->e);
    io_close(&fd);
    return ok;
}

static bool put_entry(const struct tree_entry *entry, void *context)
{
    struct tarball *t = context;

    if (entry->target != NULL)
        return tar_put_link(t->writer, entry->path, entry->target, t->e);
    if (S_ISDIR(entry->st.st_mode))
        return tar_put_directory(t->writer, entry->path, entry->st.st_mode, t->e);
    return put_file(t, entry);
}

bool root_tarball(int root, int fd, struct error *e)
{
    struct tarball t = {.root = root, .writer = tar_create(fd, e), .e = e};

    if (t.writer == NULL)
        return false;
    if (tree_walk(root, 0, put_entry, &t, e))
        return tar_finish(t.writer, e);
    tar_abandon(t.writer);
    return false;
}
