/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "batch/results.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "tree/names.h"
#include "tree/remove.h"
#include "tree/stage.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* More than these a batch never leaves: it works on as many at once as it has jobs. */
#define LEFT_MAX 100000

/* A batch that was killed lets go when the last of its tasks is dead, which is a moment later. */
#define LOCK_TRIES 20
#define LOCK_NAP_NS 50000000L

static int lock(int fd)
{
    const struct timespec nap = {.tv_nsec = LOCK_NAP_NS};

    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        nanosleep(&nap, NULL);
    }
    errno = EWOULDBLOCK;
    return -1;
}

/* Opens RESULTS_WORK and locks it. A batch that ends removes it: then there may be a new one, or
 * none, by the time that the lock is had. -1 and errno; EWOULDBLOCK: another batch has it. */
static int take_work(int results)
{
    int fd;

    for (;;) {
        if (sys_mkdirat(results, RESULTS_WORK, 0700) < 0 && errno != EEXIST)
            return -1;
        fd = sys_openat(results, RESULTS_WORK, DIRECTORY, 0);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || lock(fd) < 0)
            break;
        if (stage_is_named(results, RESULTS_WORK, fd))
            return fd;
        io_close(&fd);
    }
    io_close(&fd);
    return -1;
}

/* What a batch was at work on when it was killed. */
static bool sweep(int work)
{
    struct names left = {0};
    bool whole;
    bool ok = names_read(work, LEFT_MAX, &left, &whole);

    for (size_t i = 0; ok && i < left.n; i++)
        ok = tree_remove(work, left.name[i]);
    names_free(&left);
    return ok;
}

/* Whoever else could write there would choose where outputs go, and what a result is. */
static bool check_own(int fd, const char *path, struct error *e)
{
    struct stat st;

    if (sys_fstat(fd, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at --out-each '%s'",
                           text_show(path));
    if (st.st_uid != geteuid()) {
        error_set(e, EXIT_DENYBOX, "cannot use --out-each '%s': it belongs to user %lu",
                  text_show(path), (unsigned long)st.st_uid);
        return error_hint(e, "make one of your own: mkdir RESULTS, and --out-each RESULTS");
    }
    if ((st.st_mode & 022) == 0)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot use --out-each '%s': others may write to it",
              text_show(path));
    return error_hint(e, "look at what is in it, then: chmod go-w %s", text_show(path));
}

bool results_open(struct results *p, const char *path, struct error *e)
{
    *p = (struct results){.path = path, .dir = -1, .work = -1};
    p->dir = sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (p->dir < 0) {
        bool missing = errno == ENOENT;

        error_errno(e, EXIT_DENYBOX, errno, "cannot open --out-each '%s'", text_show(path));
        return missing ? error_hint(e, "make it first: mkdir -p %s", text_show(path)) : false;
    }
    if (!check_own(p->dir, path, e))
        return false;
    p->work = take_work(p->dir);
    if (p->work < 0 && errno == EWOULDBLOCK) {
        error_set(e, EXIT_DENYBOX, "cannot use --out-each '%s': another batch is at work there",
                  text_show(path));
        return error_hint(e, "wait for it, or choose another directory");
    }
    if (p->work < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot make '%s/" RESULTS_WORK "'",
                           text_show(path));
    if (!sweep(p->work))
        return error_errno(e, EXIT_DENYBOX, errno,
                           "cannot remove what an earlier batch left in '%s/" RESULTS_WORK "'",
                           text_show(path));
    return true;
}

static int has(int dirfd, const char *name)
{
    struct stat st;
    int fd = sys_openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    int found;

    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    /* An empty one is what a machine leaves that lost its power. */
    found = fstatat(fd, RESULTS_BUNDLE, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
                    st.st_size != 0
                ? 1
                : -1;
    io_close(&fd);
    return found;
}

int results_has(const struct results *p, const char *name)
{
    return has(p->dir, name);
}

bool results_whole(const struct results *p, const char *name)
{
    return has(p->work, name) == 1;
}

int results_begin(const struct results *p, const char *name, struct error *e)
{
    int fd = -1;

    if (sys_mkdirat(p->work, name, 0777) == 0) {
        fd = sys_openat(p->work, name, DIRECTORY, 0);
        if (fd >= 0 && sys_mkdirat(fd, RESULTS_OUT, 0777) == 0)
            return fd;
    }
    error_errno(e, EXIT_DENYBOX, errno, "cannot make '%s/" RESULTS_WORK "/%s'", text_show(p->path),
                text_show(name));
    io_close(&fd);
    return -1;
}

/* What a payload leaves can be anything, and need not be open to its owner; so it is the whole file
 * system, and not each of the files. By a descriptor that was opened before any of them was made:
 * syncfs(2) tells of what went wrong since then. */
int results_keep(const struct results *p)
{
    return sys_syncfs(p->work) == 0 ? 0 : errno;
}

bool results_keep_names(const struct results *p, struct error *e)
{
    return fsync(p->dir) == 0 || error_errno(e, EXIT_DENYBOX, errno,
                                             "cannot keep the results in '%s'", text_show(p->path));
}

bool results_publish(const struct results *p, const char *name, struct error *e)
{
    if (sys_renameat2(p->work, name, p->dir, name, RENAME_NOREPLACE) == 0)
        return true;
    return error_errno(e, EXIT_DENYBOX, errno, "cannot make the result '%s/%s'", text_show(p->path),
                       text_show(name));
}

bool results_drop(const struct results *p, const char *name)
{
    return tree_remove(p->work, name);
}

void results_close(struct results *p)
{
    if (p->work >= 0)
        unlinkat(p->dir, RESULTS_WORK, AT_REMOVEDIR);
    io_close(&p->work);
    io_close(&p->dir);
}
