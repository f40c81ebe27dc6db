/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "host/requirement.h"
#include "launch/landlock.h"
#include "tree/audit.h"

static bool refuse(struct error *e)
{
    return error_hint(e, "take it away, or start denybox on a kernel with Landlock, which would "
                         "hold it");
}

/* What is in a directory that cannot be read may be opened all the same, by who knows its name. */
static bool is_unseen(const struct audit_entry *entry)
{
    return S_ISDIR(entry->st.st_mode) &&
           (entry->odd & (ODD_BIT(ODD_DEEP) | ODD_BIT(ODD_UNREADABLE))) != 0 &&
           (faccessat(entry->dirfd, entry->name, X_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0 ||
            errno != EACCES);
}

static bool visit(struct audit_entry *entry, void *context, struct error *e)
{
    const char *option = context;

    if (S_ISFIFO(entry->st.st_mode))
        error_set(e, EXIT_BLOCKED,
                  "cannot keep the payload from writing to '%s' of %s: it is a FIFO",
                  text_show(entry->path), option);
    else if (is_unseen(entry))
        error_set(e, EXIT_BLOCKED, "cannot look for FIFOs in '%s' of %s: it is %s",
                  text_show(entry->path), option,
                  (entry->odd & ODD_BIT(ODD_DEEP)) != 0 ? "too deep" : "unreadable");
    else
        return true;
    return refuse(e);
}

static bool look(const struct host_object *o, const char *option, struct error *e)
{
    struct audit_visitor visitor = {
        .visit = visit, .context = (char *)(uintptr_t)option, .most = TREE_ENTRIES_MAX};
    bool whole = true;
    struct stat st;

    if (o->fd < 0)
        return true;
    if (!o->directory) {
        if (fstat(o->fd, &st) < 0)
            return error_errno(e, EXIT_BLOCKED, errno, "cannot look at %s '%s'", option,
                               text_show(o->path));
        if (!S_ISFIFO(st.st_mode))
            return true;
        error_set(e, EXIT_BLOCKED, "cannot keep the payload from writing to %s '%s': it is a FIFO",
                  option, text_show(o->path));
        return refuse(e);
    }
    if (!audit_walk(o->fd, &visitor, &whole, e))
        return false;
    if (whole)
        return true;
    error_set(e, EXIT_BLOCKED, "cannot look for FIFOs in %s: it has more than %d entries", option,
              TREE_ENTRIES_MAX);
    return refuse(e);
}

/* null, zero, full, random and urandom, which nobody minds being read or written to, by their
 * numbers in the kernel's drivers/char/mem.c. mem, port and kmsg have the others. */
static bool is_harmless(dev_t device)
{
    static const unsigned harmless[] = {3, 5, 7, 8, 9};

    for (size_t i = 0; major(device) == 1 && i < sizeof harmless / sizeof harmless[0]; i++) {
        if (minor(device) == harmless[i])
            return true;
    }
    return false;
}

/* A file, FIFO or device of the host's of which only a part was given: to read, to write, or to
 * append. What has no name is not asked about, and a terminal, which is never passed on. */
static bool is_given_in_part(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || ((flags & O_ACCMODE) == O_RDWR && (flags & O_APPEND) == 0) ||
        fstat(fd, &st) < 0)
        return false;
    return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) ||
           (S_ISCHR(st.st_mode) && !is_harmless(st.st_rdev) && !isatty(fd)) ||
           (S_ISFIFO(st.st_mode) && !io_is_on(fd, PIPEFS_MAGIC));
}

/* What memfd_create(2) makes lies in no directory: Landlock lets everybody open it. */
static bool is_memfd(int fd)
{
    static const char mark[] = "/memfd:"; /* __shmem_file_setup() in the kernel's mm/shmem.c */
    char place[sizeof mark];

    return io_place_of(fd, place, sizeof place) && strcmp(place, mark) == 0;
}

/* By /proc/self/fd it could be opened anew, for everything: its mount is the host's, and no
 * read-only one. With Landlock that is so of a memfd alone. */
static bool refuse_opening_anew(bool landlock, struct error *e)
{
    for (int fd = 0; fd < 3; fd++) {
        bool memfd = is_memfd(fd);

        if (!is_given_in_part(fd) || (landlock && !memfd))
            continue;
        error_set(e, EXIT_BLOCKED,
                  "cannot hold the payload to what the file at descriptor %d was opened for: with "
                  "--proc it could open it anew",
                  fd);
        return error_hint(e, "put a pipe between, as in: cat FILE | denybox run ... | cat >FILE%s",
                          memfd ? ""
                                : ", or start denybox on a kernel with Landlock, which would hold "
                                  "it");
    }
    return true;
}

bool pipes_refuse(const struct plan *plan, struct error *e)
{
    const struct derived *d = &plan->derived;
    int version = landlock_version();
    bool ok;

    if (version < 0) {
        error_errno(e, EXIT_BLOCKED, errno, "cannot ask for Landlock");
        host_explain(0, e);
        return false;
    }
    ok = !plan->declared.proc || refuse_opening_anew(version > 0, e);
    if (version > 0)
        return ok;
    ok = ok && look(&d->in, "--in", e);
    for (size_t i = 0; ok && i < plan->declared.n_binds; i++)
        ok = look(&d->binds[i], "--ro-bind", e);
    return ok;
}
