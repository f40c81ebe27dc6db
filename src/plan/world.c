/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan/advice.h"

bool world_has_files(const struct plan *plan)
{
    return plan->derived.rootfs.fd >= 0 || plan->provided.host;
}

/* The place of the sandbox's own that a path lies in, or NULL. */
static const char *own_place(const char *path)
{
    static const char *const places[] = {"/in", "/out", "/tmp"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t length = strlen(places[i]);

        if (strncmp(path, places[i], length) == 0 && path[length] == '/')
            return places[i];
    }
    return NULL;
}

/* A root made of the host's files has none of these places: what is there can only be the program
 * itself, which is executed by descriptor. */
static bool is_outside(const struct plan *plan, const char *path)
{
    return plan->derived.rootfs.fd < 0 || (plan->provided.host && own_place(path) != NULL);
}

/* Opens `path` as the payload's world sees it. A FIFO must not block, a submount of the root is not
 * there for an overlay. -1 and errno. */
int world_open(const struct plan *plan, const char *path)
{
    if (is_outside(plan, path))
        return sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           RESOLVE_NO_MAGICLINKS);
    return sys_openat2(plan->derived.rootfs.fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/* The sandbox's own mounts hide what the root has there, and none of them executes. */
bool world_refuse_noexec(const char *path, struct error *e)
{
    const char *place = own_place(path);

    if (place == NULL)
        return true;
    error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': nothing in %s is executable",
              text_show(path), place);
    return error_hint(e, "name a program of the root, and give it '%s' as an argument",
                      text_show(path));
}

/* Why a file may not be executed: a mount without it says no as well, whatever the mode is. */
static bool refuse_access(int fd, const char *path, struct error *e)
{
    struct statvfs fs;

    if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0) {
        error_set(e, EXIT_NOT_EXECUTABLE,
                  "cannot run '%s': it lies on a file system that is mounted noexec",
                  text_show(path));
        return error_hint(e,
                          "copy it to a file system without noexec (findmnt -T shows the flags)");
    }
    error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': it is not executable", text_show(path));
    return advise_source(path, "chmod +x it, or name its interpreter as the command", e);
}

static bool check_file(int fd, const char *path, struct error *e)
{
    struct stat st;

    if (sys_fstat(fd, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at '%s'", text_show(path));
    if (!S_ISREG(st.st_mode))
        return error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': not a regular file",
                         text_show(path));
    if (faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
        return refuse_access(fd, path, e);
    return true;
}

bool world_open_program(const struct plan *plan, const char *path, int *fd, struct error *e)
{
    if (!is_outside(plan, path) && !world_refuse_noexec(path, e))
        return false;
    *fd = world_open(plan, path);
    if (*fd >= 0)
        return check_file(*fd, path, e);
    if (errno != ENOENT && errno != ENOTDIR)
        return error_errno(e, EXIT_NOT_EXECUTABLE, errno, "cannot run '%s'", text_show(path));
    if (plan->derived.rootfs.fd >= 0)
        return error_set(e, EXIT_NOT_FOUND, "cannot run '%s': no such file in the root",
                         text_show(path));
    error_set(e, EXIT_NOT_FOUND, "cannot run '%s': no such file", text_show(path));
    return advise_missing(path, e);
}

enum candidate { NOTHING, NOT_EXECUTABLE, EXECUTABLE };

static enum candidate look_at(const struct plan *plan, const char *path)
{
    enum candidate result = NOTHING;
    int fd = world_open(plan, path);
    struct stat st;

    if (fd >= 0 && sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        result =
            faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0 ? EXECUTABLE : NOT_EXECUTABLE;
    io_close(&fd);
    return result;
}

bool world_search(const struct plan *plan, const char *name, char path[PATH_MAX], struct error *e)
{
    const char *search = plan_getenv(plan, "PATH");
    char second[PATH_MAX] = "";

    for (const char *p = search; p != NULL && *p != '\0';) {
        size_t length = strcspn(p, ":");
        enum candidate found = NOTHING;

        if (*p == '/' &&
            (size_t)snprintf(path, PATH_MAX, "%.*s/%s", (int)length, p, name) < PATH_MAX)
            found = look_at(plan, path);
        if (found == EXECUTABLE)
            return true;
        if (found == NOT_EXECUTABLE && second[0] == '\0')
            memcpy(second, path, strlen(path) + 1);
        p += length + (p[length] == ':');
    }
    if (second[0] != '\0') {
        memcpy(path, second, strlen(second) + 1);
        return true;
    }
    error_set(e, EXIT_NOT_FOUND, "cannot run '%s': not found in %s along PATH=%s", text_show(name),
              plan->derived.rootfs.fd >= 0 ? "the root" : "the host's directories",
              search != NULL ? text_show(search) : "");
    return plan->derived.rootfs.fd >= 0 ? error_hint(e, "give its path inside the root")
                                        : advise_name(name, e);
}
