/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "image/inodes.h"
#include "image/limit.h"
#include "image/spot.h"
#include "tree/remove.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
#define AUFS ".wh..wh."

struct layer {
    int root;
    struct layer_budget *budget;
    struct inodes own; /* what this layer brought: its whiteouts are of the layers before it */
    struct tar_reader *tar;
};

static bool refuse(const char *path, struct error *e, const char *why)
{
    return error_set(e, EXIT_DENYBOX, "cannot unpack '%s': %s", text_show(path), why);
}

static bool refused(const char *path, struct error *e)
{
    return error_errno(e, EXIT_DENYBOX, errno, "cannot unpack '%s'", text_show(path));
}

static bool note_own(struct layer *l, int dirfd, const char *name, struct error *e)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return refused(name, e);
    return inodes_add(&l->own, st.st_ino)
               ? true
               : error_set(e, EXIT_DENYBOX, "cannot unpack the layer: out of memory");
}

static bool hide_beneath(struct layer *l, int dirfd, const char *name, struct error *e);

/* Removes what the layers before have there; of a directory of this layer's, what they have in it.
 */
static bool hide(struct layer *l, int dirfd, const char *name, struct error *e)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? true : refused(name, e);
    if (!inodes_has(&l->own, st.st_ino))
        return tree_remove(dirfd, name) ? true : refused(name, e);
    return !S_ISDIR(st.st_mode) || hide_beneath(l, dirfd, name, e);
}

static bool hide_beneath(struct layer *l, int dirfd, const char *name, struct error *e)
{
    int fd = sys_openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;

    if (d == NULL) {
        io_close(&fd);
        return refused(name, e);
    }
    for (struct dirent *entry; ok && (entry = readdir(d)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = hide(l, fd, entry->d_name, e);
    }
    closedir(d);
    return ok;
}

static bool white_out(struct layer *l, const struct tar_entry *entry, struct spot *p,
                      struct error *e)
{
    const char *hidden = p->name + strlen(WHITEOUT);

    if (strcmp(p->name, OPAQUE) == 0)
        return p->parent < 0 || hide_beneath(l, p->parent, ".", e);
    if (strncmp(p->name, AUFS, strlen(AUFS)) == 0)
        return true; /* of the bookkeeping of aufs, which layers once came from */
    if (hidden[0] == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
        return refuse(entry->path, e, "it is a whiteout of nothing");
    return p->parent < 0 || hide(l, p->parent, hidden, e);
}

static bool put_directory(const struct tar_entry *entry, const struct spot *p, struct error *e)
{
    mode_t mode = (entry->mode & 0755) | 0700;
    struct stat st;
    bool there = fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0;

    if (there && !S_ISDIR(st.st_mode) && !tree_remove(p->parent, p->name))
        return refused(entry->path, e);
    if ((!there || !S_ISDIR(st.st_mode)) && sys_mkdirat(p->parent, p->name, 0700) < 0)
        return refused(entry->path, e);
    return fchmodat(p->parent, p->name, mode, 0) == 0 ? true : refused(entry->path, e);
}

static bool write_run(int fd, const char *bytes, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t n = pwrite(fd, bytes, length, (off_t)offset);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            offset += (uint64_t)n;
            length -= (size_t)n;
        }
    }
    return true;
}

static bool write_data(struct layer *l, const struct tar_entry *entry, int fd, struct error *e)
{
    const void *bytes;
    size_t length;
    uint64_t offset;
    int got;

    while ((got = tar_data(l->tar, &bytes, &length, &offset, e)) > 0) {
        if (offset > entry->size || length > entry->size - offset)
            return refuse(entry->path, e, "it has more data than its header says");
        if (!write_run(fd, bytes, length, offset))
            return refused(entry->path, e);
    }
    if (got < 0)
        return false;
    return ftruncate(fd, (off_t)entry->size) == 0 ? true : refused(entry->path, e);
}

/* The time is kept: what is compiled from a source is compared with it, of Python above all. */
static bool finish_file(const struct tar_entry *entry, int fd, struct error *e)
{
    struct timespec times[2] = {{.tv_sec = entry->mtime}, {.tv_sec = entry->mtime}};

    if (fchmod(fd, (entry->mode & 0755) | 0400) < 0 || futimens(fd, times) < 0)
        return refused(entry->path, e);
    return true;
}

static bool put_file(struct layer *l, const struct tar_entry *entry, const struct spot *p,
                     struct error *e)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd;
    bool ok;

    if (entry->size > IMAGE_FILE_MAX)
        return error_set(e, EXIT_DENYBOX, "cannot unpack '%s': it has more than %lld bytes",
                         text_show(entry->path), (long long)IMAGE_FILE_MAX);
    if (!tree_remove(p->parent, p->name))
        return refused(entry->path, e);
    fd = sys_openat(p->parent, p->name, flags, 0600);
    if (fd < 0)
        return refused(entry->path, e);
    ok = write_data(l, entry, fd, e) && finish_file(entry, fd, e);
    io_close(&fd);
    return ok;
}

static bool put_symlink(const struct tar_entry *entry, const struct spot *p, struct error *e)
{
    if (entry->target[0] == '\0' || strlen(entry->target) > IMAGE_PATH_MAX)
        return refuse(entry->path, e, "the target of the link is empty or too long");
    if (!tree_remove(p->parent, p->name) || sys_symlinkat(entry->target, p->parent, p->name) < 0)
        return refused(entry->path, e);
    return true;
}

static bool put_hard_link(struct layer *l, const struct tar_entry *entry, const struct spot *p,
                          struct error *e)
{
    struct spot other;
    struct error why;
    struct stat st;
    bool ok;

    if (!spot_find(l->root, entry->target, SPOT_LEAVE, &other, &why))
        return error_set(e, EXIT_DENYBOX, "cannot unpack '%s': a hard link to '%s': %s",
                         text_show(entry->path), text_show(entry->target),
                         strrchr(why.text, ':') != NULL ? strrchr(why.text, ':') + 2 : why.text);
    if (other.parent < 0 || fstatat(other.parent, other.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        S_ISDIR(st.st_mode)) {
        spot_close(&other);
        return error_set(e, EXIT_DENYBOX,
                         "cannot unpack '%s': a hard link to '%s', which is no file of the image",
                         text_show(entry->path), text_show(entry->target));
    }
    ok = strcmp(p->path, other.path) == 0 ||
         (tree_remove(p->parent, p->name) &&
          linkat(other.parent, other.name, p->parent, p->name, 0) == 0);
    if (!ok)
        refused(entry->path, e);
    spot_close(&other);
    return ok;
}

static bool put(struct layer *l, const struct tar_entry *entry, const struct spot *p,
                struct error *e)
{
    bool ok;

    /* What a device took the place of is not there any more, and the device is not wanted. */
    if (entry->type == TAR_SPECIAL) {
        l->budget->dropped++;
        return p->parent < 0 || tree_remove(p->parent, p->name) || refused(entry->path, e);
    }
    if (entry->type == TAR_DIRECTORY)
        ok = put_directory(entry, p, e);
    else if (entry->type == TAR_SYMLINK)
        ok = put_symlink(entry, p, e);
    else if (entry->type == TAR_HARDLINK)
        ok = put_hard_link(l, entry, p, e);
    else
        ok = put_file(l, entry, p, e);
    return ok && note_own(l, p->parent, p->name, e);
}

static bool spend(struct layer *l, const struct tar_entry *entry, struct error *e)
{
    if (l->budget->entries == 0)
        return error_set(e, EXIT_DENYBOX, "cannot unpack the image: it has more than %d entries",
                         IMAGE_ENTRIES_MAX);
    l->budget->entries--;
    /* A sparse file is larger than what the archive has of it. */
    if (entry->size > l->budget->apparent)
        return refuse(entry->path, e, "the image would become larger than it may");
    l->budget->apparent -= entry->size;
    return true;
}

static bool is_whiteout(const char *path)
{
    size_t end = strlen(path);
    size_t begin;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    return end - begin >= strlen(WHITEOUT) &&
           strncmp(path + begin, WHITEOUT, strlen(WHITEOUT)) == 0;
}

static bool apply_entry(struct layer *l, const struct tar_entry *entry, struct error *e)
{
    struct spot p;
    bool whiteout = is_whiteout(entry->path);
    bool ok = true;

    if (!spend(l, entry, e))
        return false;
    if (!spot_find(l->root, entry->path,
                   whiteout || entry->type == TAR_SPECIAL ? SPOT_LEAVE : SPOT_MAKE, &p, e))
        return false;
    if (whiteout)
        ok = white_out(l, entry, &p, e);
    else if (p.name[0] == '\0')
        ok = entry->type == TAR_DIRECTORY ||
             refuse(entry->path, e, "the root itself can only be a directory");
    else
        ok = put(l, entry, &p, e);
    spot_close(&p);
    return ok;
}

bool layer_apply(int root, struct byte_source tar, struct layer_budget *budget, struct error *e)
{
    struct layer l = {.root = root, .budget = budget, .tar = tar_open(tar, false, e)};
    enum tar_step step = l.tar != NULL ? TAR_ENTRY : TAR_FAILED;
    struct tar_entry entry;

    while (step == TAR_ENTRY) {
        step = tar_next(l.tar, &entry, e);
        if (step == TAR_ENTRY && !apply_entry(&l, &entry, e))
            step = TAR_FAILED;
    }
    tar_close(l.tar);
    inodes_free(&l.own);
    return step == TAR_END;
}
