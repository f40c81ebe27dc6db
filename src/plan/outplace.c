/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/outplace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan/object.h"
#include "plan/overlap.h"

bool outplace_options(const struct declared *d, struct error *e)
{
    bool out = d->out != NULL || d->out_each != NULL;
    const char *alone = out              ? NULL
                        : d->out_size    ? "out-size"
                        : d->strict_out  ? "strict-out"
                        : d->keep_failed ? "keep-failed"
                                         : NULL;

    if (alone != NULL) {
        error_set(e, EXIT_DENYBOX, "cannot use --%s without --out", alone);
        return error_hint(e, "give --out DIR; without it /out is a tmpfs of --tmp-size that is "
                             "thrown away");
    }
    if (d->keep_failed && d->out_size == 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --keep-failed without --out-size");
        return error_hint(e, "what is written to --out itself is kept anyway");
    }
    return true;
}

static bool refuse(const struct declared *d, const char *why, const char *hint, struct error *e)
{
    error_set(e, EXIT_DENYBOX, "cannot use --out '%s' with --out-size: %s", text_show(d->out), why);
    return error_hint(e, "%s", hint);
}

/* The path of the directory above, and the name in it, without the slashes at the end. */
static bool split(const struct declared *d, char parent[PATH_MAX], char name[256], struct error *e)
{
    size_t end = strlen(d->out);
    size_t start;

    while (end > 0 && d->out[end - 1] == '/')
        end--;
    for (start = end; start > 0 && d->out[start - 1] != '/';)
        start--;
    if (end - start > NAME_MAX || start + 2 > PATH_MAX)
        return refuse(d, "the name is too long", "choose a shorter name", e);
    memcpy(name, d->out + start, end - start);
    name[end - start] = '\0';
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return refuse(d, "want the name of a directory",
                      "the directory is replaced as a whole, so name it from the one above", e);
    memcpy(parent, d->out, start);
    strcpy(parent + start, start == 0 ? "." : "");
    return true;
}

static bool is_empty(int parent, const char *name, bool *empty)
{
    int fd = sys_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (d == NULL) {
        io_close(&fd);
        return false;
    }
    do
        entry = readdir(d);
    while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    *empty = entry == NULL;
    closedir(d);
    return true;
}

/* group_member(3) is glibc's alone. */
static bool is_member(gid_t group)
{
    int n = getgroups(0, NULL);
    gid_t *groups = n > 0 ? calloc((size_t)n, sizeof *groups) : NULL;
    bool found = false;

    n = groups != NULL ? getgroups(n, groups) : 0;
    for (int i = 0; i < n; i++)
        found = found || groups[i] == group;
    free(groups);
    return found;
}

/* The one that replaces it gets the group of the directory above where that has set-group-ID, and
 * this user's otherwise, mkdir(2); the owner can give it another of his own groups, chown(2). */
static bool can_have_group(int parent, gid_t group)
{
    struct stat above;

    if (geteuid() == 0 || group == getegid() || is_member(group))
        return true;
    return sys_fstat(parent, &above) == 0 && (above.st_mode & S_ISGID) != 0 &&
           above.st_gid == group;
}

/* What is there already: it will be replaced, by one of the same mode and owner. */
static bool check_directory(const struct declared *d, struct out_place *place, struct error *e)
{
    const struct host_object *o = &place->directory;
    struct stat st;
    bool empty = false;
    bool mounted = true;

    if (sys_fstat(o->fd, &st) < 0 || !io_is_mount_point(o->fd, "", &mounted) ||
        !is_empty(place->parent.fd, place->name, &empty))
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at --out '%s'", text_show(d->out));
    if (mounted)
        return refuse(d, "something is mounted there",
                      "give a directory in it: a mount point cannot be replaced", e);
    if (!empty)
        return refuse(d, "it is not empty", "give an empty directory, or a name that is free", e);
    if (geteuid() != 0 && st.st_uid != geteuid())
        return refuse(d, "it belongs to somebody else", "give a directory of your own", e);
    if (!can_have_group(place->parent.fd, st.st_gid))
        return refuse(d, "its group is none of yours", "give it a group of your own, by chgrp", e);
    place->mode = st.st_mode & 07777;
    place->uid = st.st_uid;
    place->gid = st.st_gid;
    return true;
}

static bool find_directory(const struct declared *d, struct out_place *place, struct error *e)
{
    struct host_object *o = &place->directory;
    struct stat st;
    mode_t mask;

    o->path = d->out;
    o->fd = sys_openat(place->parent.fd, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (o->fd < 0 && errno == ENOENT) {
        mask = umask(0);
        umask(mask);
        place->mode = 0777 & ~mask;
        return true;
    }
    if (o->fd < 0 || sys_fstat(o->fd, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot use --out '%s'", text_show(d->out));
    if (S_ISLNK(st.st_mode))
        return refuse(d, "it is a link", "name the directory itself", e);
    if (!S_ISDIR(st.st_mode))
        return refuse(d, "not a directory", "give an empty directory, or a name that is free", e);
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    o->directory = true;
    return check_directory(d, place, e);
}

bool outplace_find(const struct declared *d, struct out_place *place, struct error *e)
{
    char parent[PATH_MAX];

    if (!split(d, parent, place->name, e) || !object_open(&place->parent, "out", parent, true, e))
        return false;
    place->parent.path = d->out;
    if (faccessat(place->parent.fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
        error_errno(e, EXIT_DENYBOX, errno,
                    "cannot use --out '%s' with --out-size: the directory above it",
                    text_show(d->out));
        return error_hint(e, "the outputs are published by a rename, so the directory above must "
                             "be writable: give a directory in one of your own");
    }
    return find_directory(d, place, e);
}

bool outplace_refuse(const struct out_place *place, const struct host_object *other,
                     const char *option, struct error *e)
{
    return overlap_refuse_inside(&place->parent, "--out", other, option, e) &&
           overlap_refuse(&place->directory, "--out", other, option, e);
}

bool outplace_refuse_evidence(const struct out_place *place, const struct host_object *directory,
                              const char *name, struct error *e)
{
    if (place->parent.fd >= 0 && place->parent.dev == directory->dev &&
        place->parent.ino == directory->ino && strcmp(place->name, name) == 0) {
        error_set(e, EXIT_DENYBOX, "cannot use --evidence '%s': it is the name of --out",
                  text_show(directory->path));
        return error_hint(e, "choose another name");
    }
    return overlap_refuse_inside(directory, "--evidence", &place->directory, "--out", e);
}
