/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "collect/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/signals.h"
#include "base/sys.h"
#include "base/text.h"
#include "collect/copy.h"
#include "tree/stage.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* One walk: to look, or to copy. Both come to the same decisions, in the same order. */
struct collector {
    uint64_t left;       /* bytes that may still be published */
    struct audit *audit; /* where it is noted; NULL when it is copied */
    int into[TREE_DEPTH_MAX + 1];
    int depth; /* into[depth] is where the next entry goes */
};

/* ---------------------------------------------------------------- signals */

static sigset_t enders(void)
{
    sigset_t set;

    signals_to_end(&set);
    return set;
}

/* Takes the signal, which is answered by an exit status of its number. */
static bool end_interrupted(struct error *e)
{
    static const struct timespec now = {0};
    sigset_t set = enders();
    int signal = sigtimedwait(&set, NULL, &now);

    return error_set(e, (enum exit_code)(128 + (signal > 0 ? signal : SIGINT)),
                     "cannot publish the outputs: interrupted by SIG%s, and nothing was published",
                     signal_name(signal > 0 ? signal : SIGINT));
}

/* ---------------------------------------------------------------- one entry */

static bool cannot_publish(const char *path, struct error *e)
{
    if (errno == EINTR && signals_pending())
        return end_interrupted(e);
    error_errno(e, EXIT_DENYBOX, errno, "cannot publish the output '%s'", text_show(path));
    return error_hint(e, "nothing was published, and nothing is left of it");
}

static void decide(struct collector *c, struct audit_entry *entry)
{
    uint64_t size = S_ISREG(entry->st.st_mode) ? (uint64_t)entry->st.st_size : 0;

    if (size > c->left)
        entry->odd |= ODD_BIT(ODD_LARGE);
    else if (!oddity_refused(entry->odd))
        c->left -= size;
}

static bool copy_directory(struct collector *c, const struct audit_entry *entry, struct error *e)
{
    int into = c->into[c->depth];
    int fd = -1;

    if (sys_mkdirat(into, entry->name, 0700) == 0)
        fd = sys_openat(into, entry->name, DIRECTORY, 0);
    if (fd < 0 || fchmod(fd, 0755) < 0) {
        cannot_publish(entry->path, e);
        io_close(&fd);
        return false;
    }
    c->into[++c->depth] = fd;
    return true;
}

static bool copy_regular(struct collector *c, const struct audit_entry *entry, struct error *e)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = openat(entry->dirfd, entry->name, flags);
    struct stat now;
    bool ok = fd >= 0 && fstat(fd, &now) == 0;

    /* Nobody is left who could have; a descriptor that the payload gave away might. */
    if (ok && (!S_ISREG(now.st_mode) || now.st_ino != entry->st.st_ino)) {
        errno = ESTALE;
        ok = false;
    }
    ok = ok && copy_file(fd, c->into[c->depth], entry->name, (uint64_t)entry->st.st_size,
                         (entry->st.st_mode & 0111) != 0, signals_pending);
    if (!ok)
        cannot_publish(entry->path, e);
    io_close(&fd);
    return ok;
}

static bool visit(struct audit_entry *entry, void *context, struct error *e)
{
    struct collector *c = context;

    decide(c, entry);
    if (c->audit != NULL)
        return audit_note(c->audit, entry, e);
    if (signals_pending())
        return end_interrupted(e);
    if (oddity_refused(entry->odd))
        return true;
    return S_ISDIR(entry->st.st_mode) ? copy_directory(c, entry, e) : copy_regular(c, entry, e);
}

static void leave(void *context)
{
    struct collector *c = context;

    if (c->audit == NULL)
        io_close(&c->into[c->depth--]);
}

static bool walk(int tmpfs, struct collector *c, bool *whole, struct error *e)
{
    struct audit_visitor visitor = {
        .own = true, .visit = visit, .leave = leave, .context = c, .most = TREE_ENTRIES_MAX};

    return audit_walk(tmpfs, &visitor, whole, e);
}

bool collect_look(int tmpfs, uint64_t size, struct audit *a, struct error *e)
{
    struct collector c = {.left = size, .audit = a};
    bool whole = true;
    bool ok = walk(tmpfs, &c, &whole, e);

    a->endless = !whole;
    return ok;
}

/* ---------------------------------------------------------------- all of it */

static bool copy_all(int tmpfs, uint64_t size, int stage, struct error *e)
{
    struct collector c = {.left = size, .into = {stage}};
    bool whole = true;
    bool ok = walk(tmpfs, &c, &whole, e);

    while (c.depth > 0) /* those that an error has left open */
        io_close(&c.into[c.depth--]);
    return ok;
}

static bool cannot_place(const struct collect_place *place, struct error *e)
{
    error_errno(e, EXIT_DENYBOX, errno, "cannot publish the outputs in '%s'",
                text_show(place->name));
    return error_hint(e, "nothing was published, and nothing is left of it");
}

/* The rename: the directory becomes what it replaces. Written to disk first, for a crash after the
 * rename must not leave half of it, and what the disk has to say of it must come before. */
static bool put_in_place(int stage, const char *name, const struct collect_place *place,
                         struct error *e)
{
    struct stat st;
    unsigned flags = place->exists ? 0 : RENAME_NOREPLACE;

    if (fstat(stage, &st) < 0 ||
        (place->exists && (st.st_uid != place->uid || st.st_gid != place->gid) &&
         fchown(stage, place->uid, place->gid) < 0) ||
        fchmod(stage, place->mode) < 0 || syncfs(stage) < 0)
        return cannot_place(place, e);
    if (signals_pending())
        return end_interrupted(e);
    return sys_renameat2(place->parent, name, place->parent, place->name, flags) == 0 ||
           cannot_place(place, e);
}

static int publish(int tmpfs, uint64_t size, const struct collect_place *place, struct error *e)
{
    struct stage stage;

    stage_sweep(place->parent, STAGE_BESIDE);
    if (!stage_make(place->parent, STAGE_BESIDE, &stage)) {
        cannot_place(place, e);
        return -1;
    }
    if (copy_all(tmpfs, size, stage.fd, e) && put_in_place(stage.fd, stage.name, place, e))
        return stage.fd;
    if (!stage_drop(&stage))
        error_hint(e, "and it could not be removed: %s", stage.name);
    return -1;
}

int collect_publish(int tmpfs, uint64_t size, const struct collect_place *place, struct error *e)
{
    sigset_t set = enders();
    sigset_t before;
    int fd;

    /* What ends this process must not leave the half of it: see interrupted. */
    if (sigprocmask(SIG_BLOCK, &set, &before) < 0) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot block signals");
        return -1;
    }
    fd = publish(tmpfs, size, place, e);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return fd;
}
