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

const char *world_own_place(const char *path)
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
bool world_is_outside(const struct plan *plan, const char *path)
{
    return plan->derived.rootfs.fd < 0 || (plan->provided.host && world_own_place(path) != NULL);
}

/* Opens `path` as the payload's world sees it; a submount of the root is not there for an overlay.
 * As io_open_file. */
static int open_file(const struct plan *plan, const char *path, struct stat *st)
{
    if (world_is_outside(plan, path))
        return io_open_file(AT_FDCWD, path, RESOLVE_NO_MAGICLINKS, st);
    return io_open_file(plan->derived.rootfs.fd, path,
                        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV, st);
}

int world_open(const struct plan *plan, const char *path)
{
    struct stat st;

    return open_file(plan, path, &st);
}

/* The sandbox's own mounts hide what the root has there, and none of them executes. */
bool world_refuse_noexec(const char *path, struct error *e)
{
    const char *place = world_own_place(path);

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

bool world_open_program(const struct plan *plan, const char *path, int *fd, struct error *e)
{
    struct stat st;

    if (!world_is_outside(plan, path) && !world_refuse_noexec(path, e))
        return false;
    *fd = open_file(plan, path, &st);
    if (*fd >= 0 && faccessat(*fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
        return refuse_access(*fd, path, e);
    if (*fd >= 0)
        return true;
    if (st.st_mode != 0)
        return error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': not a regular file",
                         text_show(path));
    if (errno != ENOENT && errno != ENOTDIR)
        return error_errno(e, EXIT_NOT_EXECUTABLE, errno, "cannot run '%s'", text_show(path));
    if (plan->derived.rootfs.fd >= 0) {
        error_set(e, EXIT_NOT_FOUND, "cannot run '%s': no such file in the root", text_show(path));
        return error_hint(e, "give its path inside the root");
    }
    error_set(e, EXIT_NOT_FOUND, "cannot run '%s': no such file", text_show(path));
    return advise_missing(path, e);
}

enum candidate { NOTHING, NOT_EXECUTABLE, EXECUTABLE };

static enum candidate look_at(const struct plan *plan, const char *path)
{
    enum candidate result = NOTHING;
    int fd = world_open(plan, path);

    if (fd >= 0)
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
