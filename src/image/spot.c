/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/spot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "image/limit.h"

#define DIRECTORY (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define INSIDE (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

static bool refuse(const char *written, struct error *e, const char *why)
{
    return error_set(e, EXIT_DENYBOX, "cannot unpack '%s': %s", text_show(written), why);
}

/* The path without empty parts and ".". */
static bool normalise(const char *written, struct spot *p, struct error *e)
{
    size_t used = 0;
    int depth = 0;

    /* "/" alone is the root itself: umoci-insert(1) writes it. */
    if (written[0] == '/' && written[strspn(written, "/")] != '\0')
        return refuse(written, e, "the name is absolute");
    for (const char *part = written; *part != '\0';) {
        size_t length = strcspn(part, "/");

        if (length == 2 && part[0] == '.' && part[1] == '.')
            return refuse(written, e, "the name leads out of the root");
        if (length > NAME_MAX || used + length + 1 > IMAGE_PATH_MAX)
            return refuse(written, e, "the name is too long");
        if (length != 0 && !(length == 1 && part[0] == '.')) {
            if (++depth > IMAGE_DEPTH_MAX)
                return refuse(written, e, "it lies too deep");
            if (used != 0)
                p->path[used++] = '/';
            memcpy(p->path + used, part, length);
            used += length;
        }
        part += length + (part[length] == '/');
    }
    p->path[used] = '\0';
    p->name = strrchr(p->path, '/') != NULL ? strrchr(p->path, '/') + 1 : p->path;
    return true;
}

static bool refuse_way(const char *written, int number, struct error *e)
{
    if (number == ENOTDIR)
        return refuse(written, e, "the way to it goes through something that is no directory");
    if (number == ELOOP)
        return refuse(written, e, "the way to it goes through links in a circle");
    if (number == EEXIST)
        return refuse(written, e, "the way to it goes through a link that leads nowhere");
    return error_errno(e, EXIT_DENYBOX, number, "cannot unpack '%s'", text_show(written));
}

/* Opens the directory `path`, of which the part before the last is there: makes the last. */
static int make_directory(int root, char *path)
{
    char *slash = strrchr(path, '/');
    int parent;
    int made;

    if (slash != NULL)
        *slash = '\0';
    parent = sys_openat2(root, slash != NULL ? path : ".", DIRECTORY, INSIDE);
    if (slash != NULL)
        *slash = '/';
    if (parent < 0)
        return -1;
    made = sys_mkdirat(parent, slash != NULL ? slash + 1 : path, 0755);
    /* Whatever the umask is: the digest of the tree must not depend on it. */
    if (made == 0)
        made = fchmodat(parent, slash != NULL ? slash + 1 : path, 0755, 0);
    io_close(&parent);
    return made < 0 ? -1 : sys_openat2(root, path, DIRECTORY, INSIDE);
}

/* One part after the other: what is missing is made in what the way before it leads to. */
static int make_way(int root, const char *directory, unsigned *made)
{
    char path[PATH_MAX];
    int fd = -1;

    for (const char *end = directory; end != NULL;) {
        size_t length;

        end = strchr(end, '/');
        length = end != NULL ? (size_t)(end - directory) : strlen(directory);
        memcpy(path, directory, length);
        path[length] = '\0';
        io_close(&fd);
        fd = sys_openat2(root, path, DIRECTORY, INSIDE);
        if (fd < 0 && errno == ENOENT) {
            fd = make_directory(root, path);
            ++*made;
        }
        if (fd < 0)
            return -1;
        end = end != NULL ? end + 1 : NULL;
    }
    return fd;
}

/*
 * Does the directory lie so deep that nothing may be in it? Only a link can have led there, and one
 * behind the other they lead as deep as they like: where each way is as long as the tree is deep,
 * nothing ends any more.
 */
static bool is_too_deep(int root, int directory)
{
    struct stat top;
    struct stat st;
    int fd = -1;
    int depth = 0;
    bool ok = sys_fstat(root, &top) == 0;

    for (int at = directory; ok && depth < IMAGE_DEPTH_MAX; depth++) {
        int above;

        ok = sys_fstat(at, &st) == 0;
        if (!ok || (st.st_ino == top.st_ino && st.st_dev == top.st_dev))
            break;
        above = sys_openat(at, "..", DIRECTORY, 0);
        ok = above >= 0;
        io_close(&fd);
        at = fd = above;
    }
    io_close(&fd);
    return !ok || depth == IMAGE_DEPTH_MAX;
}

/* The way to the directory, as far as it is there. */
static int open_way(int root, const char *directory, bool *linked)
{
    int fd = sys_openat2(root, directory, DIRECTORY, INSIDE | RESOLVE_NO_SYMLINKS);

    *linked = fd < 0;
    return fd < 0 && errno == ELOOP ? sys_openat2(root, directory, DIRECTORY, INSIDE) : fd;
}

bool spot_find(int root, const char *written, enum spot_missing missing, struct spot *p,
               struct error *e)
{
    char directory[PATH_MAX];
    size_t length;
    bool linked;

    p->parent = -1;
    p->made = 0;
    if (!normalise(written, p, e))
        return false;
    length = (size_t)(p->name - p->path);
    memcpy(directory, length != 0 ? p->path : ".", length != 0 ? length : 1);
    directory[length != 0 ? length - 1 : 1] = '\0';
    p->parent = open_way(root, directory, &linked);
    if (p->parent < 0 && errno == ENOENT && missing == SPOT_MAKE) {
        p->parent = make_way(root, directory, &p->made);
    } else if (p->parent < 0 && missing == SPOT_LEAVE && (errno == ENOENT || errno == ENOTDIR)) {
        return true;
    }
    if (p->parent >= 0 && linked && is_too_deep(root, p->parent)) {
        io_close(&p->parent);
        return refuse(written, e, "it lies too deep");
    }
    return p->parent >= 0 ? true : refuse_way(written, errno, e);
}

void spot_close(struct spot *p)
{
    io_close(&p->parent);
}
