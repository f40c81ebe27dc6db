/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan/elf.h"
#include "plan/shebang.h"

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot prepare the payload: out of memory");
}

/* Opens `path` as the payload's world sees it. A FIFO must not block, a submount of the root is not
 * there for an overlay. -1 and errno. */
static int open_in_world(const struct plan *plan, const char *path)
{
    int root = plan->derived.rootfs.fd;

    if (root < 0)
        return sys_openat2(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           RESOLVE_NO_MAGICLINKS);
    return sys_openat2(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

/* The sandbox's own mounts hide what the root has there, and none of them executes. */
static bool refuse_noexec_place(const char *path, struct error *e)
{
    static const char *const places[] = {"/in", "/out", "/tmp"};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t length = strlen(places[i]);

        if (strncmp(path, places[i], length) == 0 && path[length] == '/') {
            error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': nothing in %s is executable",
                      text_show(path), places[i]);
            return error_hint(e, "name a program of the root, and give it '%s' as an argument",
                              text_show(path));
        }
    }
    return true;
}

static bool check_file(int fd, const char *path, struct error *e)
{
    struct stat st;

    if (sys_fstat(fd, &st) < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot look at '%s'", text_show(path));
    if (!S_ISREG(st.st_mode))
        return error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': not a regular file",
                         text_show(path));
    if (faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) < 0) {
        error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': it is not executable", text_show(path));
        return error_hint(e, "chmod +x it, or name its interpreter as the command");
    }
    return true;
}

static bool open_payload(const struct plan *plan, const char *path, int *fd, struct error *e)
{
    if (plan->derived.rootfs.fd >= 0 && !refuse_noexec_place(path, e))
        return false;
    *fd = open_in_world(plan, path);
    if (*fd >= 0)
        return check_file(*fd, path, e);
    if (errno == ENOENT || errno == ENOTDIR)
        return error_set(e, EXIT_NOT_FOUND, "cannot run '%s': no such file%s", text_show(path),
                         plan->derived.rootfs.fd >= 0 ? " in the root" : "");
    return error_errno(e, EXIT_NOT_EXECUTABLE, errno, "cannot run '%s'", text_show(path));
}

enum candidate { NOTHING, NOT_EXECUTABLE, EXECUTABLE };

static enum candidate look_at(const struct plan *plan, const char *path)
{
    enum candidate result = NOTHING;
    int fd = open_in_world(plan, path);
    struct stat st;

    if (fd >= 0 && sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        result =
            faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0 ? EXECUTABLE : NOT_EXECUTABLE;
    io_close(&fd);
    return result;
}

/*
 * A name without a slash is looked for along the payload's own PATH, never along the caller's. As
 * with execvp(3), a file that cannot be executed does not end the search, but is what the error is
 * about when nothing better comes.
 */
static bool search_path(const struct plan *plan, const char *name, char path[PATH_MAX],
                        struct error *e)
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
    return error_hint(e, plan->derived.rootfs.fd >= 0
                             ? "give its path inside the root"
                             : "give the path of a static program, or --rootfs DIR");
}

/* Where the command is: a path of the root (absolute) or of the host. */
static bool locate(const struct plan *plan, const char *command, char path[PATH_MAX],
                   struct error *e)
{
    const char *base = plan->declared.chdir;
    int n;

    if (command[0] == '\0')
        return error_set(e, EXIT_NOT_FOUND, "cannot run '': the command is empty");
    if (strchr(command, '/') == NULL)
        return search_path(plan, command, path, e);
    if (command[0] == '/' || plan->derived.rootfs.fd < 0)
        n = snprintf(path, PATH_MAX, "%s", command);
    else
        n = snprintf(path, PATH_MAX, "%s/%s", strcmp(base, "/") == 0 ? "" : base, command);
    if (n >= PATH_MAX)
        return error_set(e, EXIT_NOT_FOUND, "cannot run '%s': the path is too long",
                         text_show(command));
    return true;
}

/* The file begins with "#!": what is to be exec'd is its interpreter, with the script's path as an
 * argument; a close-on-exec descriptor of the script itself would be gone before it is read. */
static bool use_interpreter(struct plan *plan, const struct shebang *line, struct error *e)
{
    struct payload *p = &plan->derived.payload;

    if (plan->derived.rootfs.fd < 0) {
        error_set(e, EXIT_NOT_EXECUTABLE,
                  "cannot run '%s': it is a script, and its interpreter %s is not in the sandbox",
                  text_show(p->path), text_show(line->interpreter));
        return error_hint(e, "give --rootfs DIR that has both (scripts/mkrootfs makes one)");
    }
    p->script = p->path;
    p->path = strdup(line->interpreter);
    p->shebang_arg = line->argument[0] != '\0' ? strdup(line->argument) : NULL;
    if (p->path == NULL || (line->argument[0] != '\0' && p->shebang_arg == NULL))
        return out_of_memory(e);
    io_close(&p->fd);
    if (!open_payload(plan, p->path, &p->fd, e))
        return error_hint(e, "it is the interpreter of the script '%s'", text_show(p->script));
    return true;
}

/* Follows "#!" from script to interpreter. execve(2) allows a chain of five; only the argument of
 * one link can be passed on by a launcher, so a second link is refused. */
static bool follow_shebang(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    struct shebang line;
    bool script;

    if (!shebang_read(p->fd, p->path, &line, &script, e))
        return false;
    if (!script)
        return true;
    if (!use_interpreter(plan, &line, e))
        return false;
    if (!shebang_read(p->fd, p->path, &line, &script, e))
        return false;
    if (script)
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': its interpreter '%s' is itself a script",
                         text_show(p->script), text_show(p->path));
    return true;
}

static bool check_loader(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    int fd;

    if (plan->derived.rootfs.fd < 0) {
        error_set(e, EXIT_NOT_EXECUTABLE,
                  "cannot run '%s': it is a dynamic program, and its loader %s is not in the "
                  "sandbox",
                  text_show(p->path), text_show(p->loader));
        return error_hint(e, "give --rootfs DIR that holds the program with its libraries "
                             "(scripts/mkrootfs makes one), or link it statically");
    }
    if (!refuse_noexec_place(p->loader, e))
        return false;
    fd = open_in_world(plan, p->loader);
    if (fd < 0) {
        error_errno(e, EXIT_NOT_EXECUTABLE, errno,
                    "cannot run '%s': its loader %s is not in the root", text_show(p->path),
                    text_show(p->loader));
        return error_hint(e, "put the loader and the libraries into the root directory");
    }
    io_close(&fd);
    return true;
}

static bool build_argv(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    const struct declared *d = &plan->declared;
    size_t n = 0;

    p->argv = calloc(d->n_command + 3, sizeof *p->argv);
    if (p->argv == NULL)
        return out_of_memory(e);
    if (p->script != NULL) {
        /* execve(2): interpreter [argument] script arguments... */
        p->argv[n++] = p->path;
        if (p->shebang_arg != NULL)
            p->argv[n++] = p->shebang_arg;
        p->argv[n++] = p->script;
    } else {
        p->argv[n++] = d->argv0 != NULL ? (char *)(uintptr_t)d->argv0 : d->command[0];
    }
    for (size_t i = 1; i < d->n_command; i++)
        p->argv[n++] = d->command[i];
    p->n_argv = n;
    return true;
}

bool payload_find(struct plan *plan, struct error *e)
{
    struct payload *p = &plan->derived.payload;
    char path[PATH_MAX];

    if (!locate(plan, plan->declared.command[0], path, e))
        return false;
    p->path = strdup(path);
    if (p->path == NULL)
        return out_of_memory(e);
    if (!open_payload(plan, p->path, &p->fd, e) || !follow_shebang(plan, e))
        return false;
    if (!elf_check(p->fd, p->path, &p->dynamic, p->loader, sizeof p->loader, e))
        return false;
    if (p->dynamic && !check_loader(plan, e))
        return false;
    return build_argv(plan, e);
}
