/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/delegation.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "host/unit.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define UNIT_RUNTIME "/run/user"
#define FILE_MAX (1U << 16)

static const char *const names[N_CONTROLLERS] = {"memory", "pids", "cpu"};

const char *controller_name(enum controller c)
{
    return names[c];
}

unsigned controllers_of(int fd, const char *file)
{
    struct buf b = {0};
    unsigned found = 0;

    if (!io_read_file(fd, file, FILE_MAX, &b))
        buf_free(&b);
    for (const char *word = buf_text(&b); *word != '\0';) {
        size_t length = strcspn(word, " \n");

        for (int c = 0; c < N_CONTROLLERS; c++) {
            if (strlen(names[c]) == length && strncmp(word, names[c], length) == 0)
                found |= CONTROLLER_BIT(c);
        }
        word += length + strspn(word + length, " \n");
    }
    buf_free(&b);
    return found;
}

/* Is this all that cgroup.procs says? */
static bool processes_are(int fd, const char *text)
{
    struct buf b = {0};
    bool same = io_read_file(fd, "cgroup.procs", FILE_MAX, &b) && strcmp(buf_text(&b), text) == 0;

    buf_free(&b);
    return same;
}

bool cgroup_alone(int fd)
{
    char own[32];

    snprintf(own, sizeof own, "%d\n", (int)getpid());
    return processes_are(fd, own);
}

static bool cgroup_empty(int fd)
{
    return processes_are(fd, "");
}

/* "/..": the kernel shows what lies outside of the reader's namespace so. */
static bool is_inside(const char *path)
{
    const char *up = strstr(path, "/..");

    return path[0] == '/' && (up == NULL || (up[3] != '/' && up[3] != '\0'));
}

/* What comes after "NUMBER:HIERARCHY:" of a line; NULL: it is of another one. The number of version
 * 2, which has no name, is 0. */
static const char *path_of(const char *line, const char *hierarchy)
{
    size_t digits = strspn(line, "0123456789");
    size_t length = strlen(hierarchy);

    if (length == 0 ? strncmp(line, "0::", 3) != 0
                    : line[digits] != ':' || strncmp(line + digits + 1, hierarchy, length) != 0 ||
                          line[digits + 1 + length] != ':')
        return NULL;
    return line + digits + 1 + length + 1;
}

bool cgroup_line(const char *text, const char *hierarchy, char *path, size_t size)
{
    const char *found;

    while ((found = path_of(text, hierarchy)) == NULL) {
        text = strchr(text, '\n');
        if (text == NULL)
            return false;
        text++;
    }
    if (strcspn(found, "\n") >= size)
        return false;
    memcpy(path, found, strcspn(found, "\n"));
    path[strcspn(found, "\n")] = '\0';
    return is_inside(path);
}

int delegation_mount(void)
{
    int fd = sys_openat(AT_FDCWD, CGROUP_MOUNT, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    if (fd >= 0 && !io_is_on(fd, CGROUP2_SUPER_MAGIC))
        io_close(&fd);
    return fd;
}

/* Every cgroup beneath a unit of systemd is one that systemd manages. */
static bool is_managed(const char *path)
{
    static const char *const kinds[] = {".slice", ".scope", ".service"};

    while (*path != '\0') {
        size_t length;

        path += strspn(path, "/");
        length = strcspn(path, "/");
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            size_t n = strlen(kinds[i]);

            if (length > n && strncmp(path + length - n, kinds[i], n) == 0)
                return true;
        }
        path += length;
    }
    return false;
}

/* systemd says so since version 251, by a mark: Delegate= of systemd.resource-control(5). A user's
 * own sets none, but keeps a file of what it has made for one run. */
static bool is_delegated(const struct delegation *d)
{
    char value[2];

    if (fgetxattr(d->fd, "user.delegate", value, sizeof value) == 1 && value[0] == '1')
        return true;
    return geteuid() != 0 && unit_delegates(UNIT_RUNTIME, d->path);
}

/* Why this is no place for cgroups of the caller's; NULL: it is. */
static const char *unfit(struct delegation *d, bool own)
{
    struct stat st;

    if (sys_fstat(d->fd, &st) < 0 || st.st_uid != geteuid() ||
        faccessat(d->fd, ".", W_OK, AT_EACCESS) < 0 ||
        faccessat(d->fd, "cgroup.procs", W_OK, AT_EACCESS) < 0 ||
        faccessat(d->fd, "cgroup.subtree_control", W_OK, AT_EACCESS) < 0)
        return "is not the caller's";
    if ((geteuid() == 0 || is_managed(d->path)) && !is_delegated(d))
        return "is not delegated: neither user.delegate nor its unit says so";
    if (own ? !cgroup_alone(d->fd) : !cgroup_empty(d->fd))
        return "has other processes in it";
    d->controllers = controllers_of(d->fd, "cgroup.controllers");
    if ((d->controllers & CONTROLLER_BIT(CONTROLLER_MEMORY)) == 0)
        return "is the caller's, without the controller memory";
    return NULL;
}

static bool look_at(int mount, bool own, struct delegation *d)
{
    const char *beneath = d->path[1] != '\0' ? d->path + 1 : ".";
    const char *why = "cannot be opened";

    d->fd = sys_openat2(mount, beneath, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (d->fd >= 0)
        why = unfit(d, own);
    if (why != NULL)
        io_close(&d->fd);
    snprintf(d->found, sizeof d->found, "%s%s %s", CGROUP_MOUNT, text_show(d->path),
             why != NULL ? why : "is the caller's");
    return why == NULL;
}

/* The cgroup of this process. */
static bool read_own(int proc, char *path, size_t size)
{
    struct buf b = {0};
    bool ok = io_read_file(proc, "self/cgroup", FILE_MAX, &b) &&
              cgroup_line(buf_text(&b), HIERARCHY_V2, path, size);

    buf_free(&b);
    return ok;
}

bool delegation_find(int proc, int mount, struct delegation *d)
{
    char own[sizeof d->path];
    size_t above;

    *d = (struct delegation){.fd = -1};
    snprintf(d->found, sizeof d->found, "no hierarchy of version 2 is mounted at " CGROUP_MOUNT);
    if (mount < 0)
        return false;
    snprintf(d->found, sizeof d->found, "the caller is in no cgroup beneath " CGROUP_MOUNT);
    if (!read_own(proc, own, sizeof own))
        return false;
    above = (size_t)(strrchr(own, '/') - own);
    if (own[1] != '\0') {
        memcpy(d->path, own, above);
        memcpy(d->path + above, above == 0 ? "/" : "", above == 0 ? 2 : 1);
        if (look_at(mount, false, d))
            return true;
    }
    memcpy(d->path, own, strlen(own) + 1);
    return look_at(mount, true, d);
}
