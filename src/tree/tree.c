/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "tree/names.h"

struct walk {
    uint64_t hash; /* how many bytes may still be hashed */
    tree_visit *visit;
    void *context;
    struct error *e;
    struct buf path;
    int depth;
    unsigned long entries;
};

static bool cannot_read(struct walk *w)
{
    return error_errno(w->e, EXIT_DENYBOX, errno, "cannot read '%s' for the digest",
                       text_show(buf_text(&w->path)));
}

static bool walk_directory(struct walk *w, int fd);

static bool read_link(struct walk *w, int dirfd, const char *name, struct tree_entry *entry,
                      char target[PATH_MAX])
{
    ssize_t n = readlinkat(dirfd, name, target, PATH_MAX - 1);

    if (n < 0)
        return cannot_read(w);
    target[n] = '\0';
    entry->target = target;
    return true;
}

static bool hash_file(struct walk *w, int dirfd, const char *name, struct tree_entry *entry)
{
    /* Not blocking: what was a file a moment ago may be a FIFO now. */
    int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat now;
    bool ok = fd >= 0 && fstat(fd, &now) == 0 && S_ISREG(now.st_mode) &&
              now.st_ino == entry->st.st_ino && sha256_file(entry->sha256, fd);

    if (!ok)
        cannot_read(w);
    io_close(&fd);
    return ok;
}

static bool enter_directory(struct walk *w, int dirfd, const char *name)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return cannot_read(w);
    if (++w->depth > TREE_DEPTH_MAX) {
        io_close(&fd);
        return error_set(w->e, EXIT_DENYBOX, "cannot digest a tree deeper than %d directories",
                         TREE_DEPTH_MAX);
    }
    ok = walk_directory(w, fd);
    w->depth--;
    return ok;
}

static bool walk_entry(struct walk *w, int dirfd, const char *name)
{
    char target[PATH_MAX];
    struct tree_entry entry = {.path = buf_text(&w->path)};

    if (++w->entries > TREE_ENTRIES_MAX)
        return error_set(w->e, EXIT_DENYBOX, "cannot digest a tree of more than %d entries",
                         TREE_ENTRIES_MAX);
    if (fstatat(dirfd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
        return cannot_read(w);
    if (S_ISLNK(entry.st.st_mode) && !read_link(w, dirfd, name, &entry, target))
        return false;
    if (S_ISREG(entry.st.st_mode) && (uint64_t)entry.st.st_size <= w->hash) {
        w->hash -= (uint64_t)entry.st.st_size;
        if (!hash_file(w, dirfd, name, &entry))
            return false;
    }
    if (!w->visit(&entry, w->context))
        return false;
    return !S_ISDIR(entry.st.st_mode) || enter_directory(w, dirfd, name);
}

/* Takes over fd. */
static bool walk_directory(struct walk *w, int fd)
{
    size_t length = w->path.length;
    struct names names = {0};
    bool whole;
    bool ok = names_read(fd, SIZE_MAX, &names, &whole) || cannot_read(w);

    for (size_t i = 0; i < names.n; i++) {
        if (length != 0 && ok)
            buf_puts(&w->path, "/");
        if (ok)
            buf_puts(&w->path, names.name[i]);
        ok = ok && !w->path.failed && walk_entry(w, fd, names.name[i]);
        if (!w->path.failed && w->path.data != NULL) {
            w->path.length = length;
            w->path.data[length] = '\0';
        }
    }
    names_free(&names);
    io_close(&fd);
    return ok;
}

bool tree_walk(int dirfd, uint64_t hash, tree_visit *visit, void *context, struct error *e)
{
    struct walk w = {.hash = hash, .visit = visit, .context = context, .e = e};
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? walk_directory(&w, fd) : cannot_read(&w);

    if (w.path.failed)
        ok = error_set(e, EXIT_DENYBOX, "cannot digest a tree: out of memory");
    buf_free(&w.path);
    return ok;
}

static bool add_entry(const struct tree_entry *entry, void *context)
{
    struct sha256 *s = context;
    mode_t type = entry->st.st_mode & S_IFMT;
    char line[128];
    int n;

    if (S_ISREG(type) || S_ISDIR(type) || S_ISLNK(type))
        n = snprintf(line, sizeof line, "%c", S_ISREG(type) ? 'f' : S_ISDIR(type) ? 'd' : 'l');
    else
        n = snprintf(line, sizeof line, "%o", (unsigned)type);
    n += 1 + snprintf(line + n + 1, sizeof line - (size_t)n - 1, "%o",
                      (unsigned)(entry->st.st_mode & 07777));
    n += 1 + snprintf(line + n + 1, sizeof line - (size_t)n - 1, "%lld",
                      S_ISDIR(type) ? 0LL : (long long)entry->st.st_size);
    sha256_add(s, line, (size_t)n + 1);
    if (entry->target != NULL)
        sha256_add(s, entry->target, strlen(entry->target) + 1);
    else
        sha256_add(s, entry->sha256[0] != '\0' ? entry->sha256 : "-",
                   entry->sha256[0] != '\0' ? strlen(entry->sha256) + 1 : 2);
    sha256_add(s, entry->path, strlen(entry->path) + 1);
    return true;
}

bool tree_digest(int dirfd, char digest[DIGEST_TEXT_SIZE], struct error *e)
{
    struct sha256 s;

    sha256_start(&s);
    if (!tree_walk(dirfd, UINT64_MAX, add_entry, &s, e))
        return false;
    sha256_end_text(&s, digest);
    return true;
}
