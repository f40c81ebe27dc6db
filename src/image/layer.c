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
#include "image/limit.h"
#include "image/own.h"
#include "image/spot.h"
#include "tree/remove.h"
#include "tree/tree.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
#define AUFS ".wh..wh."

struct layer {
    int root;
    struct layer_budget *budget;
    ino_t root_inode;
    struct own own;
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

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot unpack the layer: out of memory");
}

/*
 * The directory of an entry, and those above it up to the root: something of this layer's lies in
 * them. By ".." rather than by the path, which may lead through links. What is noted has all above
 * it noted as well, unless it was made just now, with the inode number of one that is gone.
 */
static bool note_way(struct layer *l, const struct spot *p, struct error *e)
{
    struct stat st;
    int fd = -1;
    bool ok = true;

    for (int at = p->parent; ok; at = fd) {
        int above;

        ok = sys_fstat(at, &st) == 0 || refused(p->path, e);
        if (!ok || st.st_ino == l->root_inode || (p->made == 0 && own_has(&l->own, st.st_ino, "")))
            break;
        ok = own_add(&l->own, st.st_ino, "") || out_of_memory(e);
        above = ok ? sys_openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0) : -1;
        ok = ok && (above >= 0 || refused(p->path, e));
        io_close(&fd);
        fd = above;
    }
    io_close(&fd);
    return ok;
}

static bool note_own(struct layer *l, const struct spot *p, struct error *e)
{
    struct stat parent;
    struct stat st;

    if (sys_fstat(p->parent, &parent) < 0 ||
        fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return refused(p->path, e);
    return note_way(l, p, e) && (S_ISDIR(st.st_mode) ? own_add(&l->own, st.st_ino, "")
                                 : own_add(&l->own, parent.st_ino, p->name) ? true
                                                                            : out_of_memory(e));
}

static bool hide_beneath(struct layer *l, int dirfd, const char *name, int depth, struct error *e);

/* Removes what the layers before have there; of a directory that this layer has something in, what
 * they have in it. */
static bool hide(struct layer *l, int dirfd, const char *name, int depth, struct error *e)
{
    struct stat parent;
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? true : refused(name, e);
    if (S_ISDIR(st.st_mode) && own_has(&l->own, st.st_ino, ""))
        return depth > TREE_DEPTH_MAX ? refuse(name, e, "it lies too deep")
                                      : hide_beneath(l, dirfd, name, depth + 1, e);
    if (!S_ISDIR(st.st_mode)) {
        if (sys_fstat(dirfd, &parent) < 0)
            return refused(name, e);
        if (own_has(&l->own, parent.st_ino, name))
            return true;
    }
    return tree_remove(dirfd, name) ? true : refused(name, e);
}

/* A layer may have any number of whiteouts for one directory of its own, each of which looks at all
 * that is in there. */
static bool spend_look(struct layer *l, struct error *e)
{
    if (l->budget->looks == 0)
        return error_set(e, EXIT_DENYBOX,
                         "cannot unpack the image: its whiteouts look at more than %d files",
                         IMAGE_LOOKS_MAX);
    l->budget->looks--;
    return true;
}

static bool hide_beneath(struct layer *l, int dirfd, const char *name, int depth, struct error *e)
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
            ok = spend_look(l, e) && hide(l, fd, entry->d_name, depth, e);
    }
    closedir(d);
    return ok;
}

static bool white_out(struct layer *l, const struct tar_entry *entry, struct spot *p,
                      struct error *e)
{
    const char *hidden = p->name + strlen(WHITEOUT);

    if (strcmp(p->name, OPAQUE) == 0) /* its directory is one of this layer, if by this alone */
        return note_way(l, p, e) && hide_beneath(l, p->parent, ".", 0, e);
    if (strncmp(p->name, AUFS, strlen(AUFS)) == 0)
        return true; /* of the bookkeeping of aufs, which layers once came from */
    if (hidden[0] == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
        return refuse(entry->path, e, "it is a whiteout of nothing");
    return p->parent < 0 || hide(l, p->parent, hidden, 0, e);
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

/* All of it will be digested: of a sparse file what the archive does not have, too, and of a file
 * with many names each of them. */
static bool spend_bytes(struct layer *l, const char *path, uint64_t size, struct error *e)
{
    if (size > l->budget->apparent) {
        refuse(path, e, "the image would become larger than it may");
        return error_hint(e, LAYER_LARGER);
    }
    l->budget->apparent -= size;
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
    ok = strcmp(p->path, other.path) == 0;
    if (!ok && spend_bytes(l, entry->path, (uint64_t)st.st_size, e))
        ok = (tree_remove(p->parent, p->name) &&
              linkat(other.parent, other.name, p->parent, p->name, 0) == 0) ||
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
    return ok && note_own(l, p, e);
}

static bool spend_entries(struct layer *l, unsigned n, struct error *e)
{
    if (l->budget->entries < n)
        return error_set(e, EXIT_DENYBOX, "cannot unpack the image: it has more than %d entries",
                         IMAGE_ENTRIES_MAX);
    l->budget->entries -= n;
    return true;
}

/* The last part of a path, which ends at *length. */
static const char *last_part(const char *path, size_t *length)
{
    size_t end = strlen(path);
    size_t begin;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    *length = end - begin;
    return path + begin;
}

static bool is_whiteout(const char *path)
{
    size_t length;
    const char *name = last_part(path, &length);

    return length >= strlen(WHITEOUT) && strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0;
}

/* Only what an entry brings needs a directory to be in. */
static enum spot_missing missing_of(const struct tar_entry *entry)
{
    size_t length;
    const char *name = last_part(entry->path, &length);

    if (length == strlen(OPAQUE) && strncmp(name, OPAQUE, length) == 0)
        return SPOT_MAKE;
    return is_whiteout(entry->path) || entry->type == TAR_SPECIAL ? SPOT_LEAVE : SPOT_MAKE;
}

static bool apply_at(struct layer *l, const struct tar_entry *entry, struct spot *p,
                     struct error *e)
{
    if (is_whiteout(entry->path))
        return white_out(l, entry, p, e);
    /* "x/.wh.y/." is a file for one who looks at the end of it, and a whiteout for one who tidies
     * the path first. */
    if (strncmp(p->name, WHITEOUT, strlen(WHITEOUT)) == 0)
        return refuse(entry->path, e, "it is a whiteout, or a file, by how its name is read");
    if (p->name[0] != '\0')
        return put(l, entry, p, e);
    return entry->type == TAR_DIRECTORY ||
           refuse(entry->path, e, "the root itself can only be a directory");
}

static bool apply_entry(struct layer *l, const struct tar_entry *entry, struct error *e)
{
    struct spot p;
    bool ok;

    if (!spend_entries(l, 1, e) || !spend_bytes(l, entry->path, entry->size, e) ||
        !spot_find(l->root, entry->path, missing_of(entry), &p, e))
        return false;
    /* A path of a hundred parts costs the archive little, and the file system a hundred inodes. */
    ok = spend_entries(l, p.made, e) && apply_at(l, entry, &p, e);
    spot_close(&p);
    return ok;
}

bool layer_apply(int root, struct byte_source tar, struct layer_budget *budget, struct error *e)
{
    struct layer l = {.root = root, .budget = budget};
    enum tar_step step;
    struct tar_entry entry;
    struct stat st;

    if (sys_fstat(root, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at the root of the image");
    l.root_inode = st.st_ino;
    l.tar = tar_open(tar, false, e);
    step = l.tar != NULL ? TAR_ENTRY : TAR_FAILED;
    while (step == TAR_ENTRY) {
        step = tar_next(l.tar, &entry, e);
        if (step == TAR_ENTRY && !apply_entry(&l, &entry, e))
            step = TAR_FAILED;
    }
    tar_close(l.tar);
    own_free(&l.own);
    return step == TAR_END;
}
