/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "tree/names.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

struct walk {
    const struct audit_visitor *visitor;
    struct buf path;
    int depth;
    /* How many more names are read. All that were read wait in memory, of each directory on the
     * way, and a payload can make a disk full of them: it is the reading that has a bound. */
    size_t left;
    bool whole;
    struct error *e;
};

static bool walk_names(struct walk *w, int fd, const struct names *names);

/* The sandbox's user is the caller, and its modes are the payload's choice. glibc does this without
 * following a link, by O_PATH and /proc. */
static bool open_up(const struct walk *w, int dirfd, const char *name, const struct stat *st)
{
    mode_t want = S_ISDIR(st->st_mode) ? 0700 : S_ISREG(st->st_mode) ? 0600 : 0;

    return !w->visitor->own || (st->st_mode & want) == want ||
           fchmodat(dirfd, name, (st->st_mode & 0777) | want, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool read_names(struct walk *w, int fd, struct names *names)
{
    bool ok = names_read(fd, w->left, names, &w->whole);

    w->left -= names->n;
    return ok;
}

/* Opens a directory and reads its names; what becomes of that is said in entry->odd. */
static int look_into(struct walk *w, struct audit_entry *entry, struct names *names)
{
    int fd;

    if (w->depth >= TREE_DEPTH_MAX) {
        entry->odd |= ODD_BIT(ODD_DEEP);
        return -1;
    }
    fd = openat(entry->dirfd, entry->name, DIRECTORY);
    /* A directory may show its names and nothing of what they are. */
    if (fd >= 0 && faccessat(fd, ".", F_OK, 0) == 0 && read_names(w, fd, names))
        return fd;
    entry->odd |= ODD_BIT(ODD_UNREADABLE);
    io_close(&fd);
    return -1;
}

static bool walk_entry(struct walk *w, int dirfd, const char *name)
{
    struct audit_entry entry = {.path = buf_text(&w->path), .name = name, .dirfd = dirfd};
    struct names names = {0};
    int fd = -1;
    bool ok;

    /* Somebody else has removed it since: it is not left. Otherwise it cannot be looked at. */
    if (fstatat(dirfd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ||
               error_errno(w->e, EXIT_DENYBOX, errno, "cannot look at the output '%s'",
                           text_show(entry.path));
    entry.odd = oddity_of(name, &entry.st);
    if (!open_up(w, dirfd, name, &entry.st))
        entry.odd |= ODD_BIT(ODD_UNREADABLE);
    else if (S_ISDIR(entry.st.st_mode))
        fd = look_into(w, &entry, &names);
    ok = w->visitor->visit(&entry, w->visitor->context, w->e);
    if (ok && fd >= 0 && !oddity_refused(entry.odd)) {
        w->depth++;
        ok = walk_names(w, fd, &names);
        w->depth--;
        if (w->visitor->leave != NULL)
            w->visitor->leave(w->visitor->context);
    }
    names_free(&names);
    io_close(&fd);
    return ok;
}

static bool walk_names(struct walk *w, int fd, const struct names *names)
{
    size_t length = w->path.length;
    bool ok = true;

    for (size_t i = 0; i < names->n && ok; i++) {
        if (length != 0)
            buf_puts(&w->path, "/");
        buf_puts(&w->path, names->name[i]);
        if (w->path.failed)
            return error_set(w->e, EXIT_DENYBOX, "cannot look at the outputs: out of memory");
        ok = walk_entry(w, fd, names->name[i]);
        w->path.length = length;
        w->path.data[length] = '\0';
    }
    return ok;
}

bool audit_walk(int dirfd, const struct audit_visitor *visitor, bool *whole, struct error *e)
{
    struct walk w = {.visitor = visitor, .left = visitor->most, .whole = true, .e = e};
    struct names names = {0};
    int fd;
    bool ok;

    ok = !visitor->own || fchmod(dirfd, 0700) == 0;
    fd = ok ? openat(dirfd, ".", DIRECTORY) : -1;
    ok = fd >= 0 && read_names(&w, fd, &names);
    if (!ok)
        error_errno(e, EXIT_DENYBOX, errno, "cannot look at the outputs");
    else
        ok = walk_names(&w, fd, &names);
    names_free(&names);
    io_close(&fd);
    buf_free(&w.path);
    *whole = w.whole;
    return ok;
}
