/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "root/interpreter.h"
#include "root/take.h"

/*
 * Python finds its library from where its program is: in a directory "lib/pythonX.Y" beneath one of
 * the directories above, known by the file os.py in it; or, where a file pyvenv.cfg lies beside the
 * program or one above, from what that says, with one more directory of packages.
 */

#define WHY "python's library"

/* What no program needs to run, what other packages put there, and what is for building. */
static const char *const leave[] = {
    "test",       "tests",         "idlelib",       "tkinter",        "turtledemo",    "turtle.py",
    "ensurepip",  "config-*",      "_tkinter.*",    "_test*.so",      "_ctypes_test*", "_xxtest*",
    "xxlimited*", "dist-packages", "site-packages", "*.opt-[12].pyc", "*.a",           NULL,
};

/* Of a virtual environment: it is there for its packages. */
static const char *const leave_of_packages[] = {"*.opt-[12].pyc", NULL};

static bool copy_version(const char *from, char version[16])
{
    size_t n = strspn(from, "0123456789.");

    if (n < 3 || n >= 16 || !isdigit((unsigned char)from[0]) || memchr(from, '.', n) == NULL ||
        !isdigit((unsigned char)from[n - 1]))
        return false;
    memcpy(version, from, n);
    version[n] = '\0';
    return true;
}

/* "3.11" from "python3.11", or from the library "libpython3.11.so.1.0" that the program is in. */
static bool find_version(const struct process *p, const char *real, char version[16])
{
    const char *name = strrchr(real, '/');

    if (name != NULL && strncmp(name, "/python", 7) == 0 && copy_version(name + 7, version))
        return true;
    for (size_t i = 0; i < p->n; i++) {
        const char *soname = p->objects[i]->soname;
        const char *end = soname != NULL ? strstr(soname, ".so") : NULL;
        char part[16] = "";

        if (end == NULL || strncmp(soname, "libpython", 9) != 0 || end - soname < 9 ||
            end - soname - 9 >= (int)sizeof part)
            continue;
        memcpy(part, soname + 9, (size_t)(end - soname - 9));
        if (copy_version(part, version))
            return true;
    }
    return false;
}

/* `by`: the file by which it is known, NULL: the caller names it; `top`: what it may not lie
 * outside of, or NULL. */
static bool take_library(struct process *p, const char *by, const char *directory, const char *top,
                         const char *const *names, struct error *e)
{
    struct take take = {.contents = p->contents,
                        .process = p,
                        .why = WHY,
                        .leave = names,
                        .compiled_if_valid = true};
    char real[PATH_MAX];
    struct stat st;

    return contents_named(p->contents, by, directory, WHY, real, &st, e) &&
           (top == NULL || contents_stays(real, top, e)) && take_tree(&take, real, e);
}

/* One of lib and lib64 beneath `above` (distributions divide it between the two); *found when it is
 * there. */
static bool take_from(struct process *p, const char *above, const char *lib, const char *version,
                      const char *landmark, bool *found, struct error *e)
{
    char path[PATH_MAX];
    char directory[PATH_MAX];
    struct stat st;

    if (snprintf(directory, sizeof directory, "%s/%s/python%s", above, lib, version) >=
            (int)sizeof directory ||
        snprintf(path, sizeof path, "%s/%s", directory, landmark) >= (int)sizeof path ||
        !trace_stat(&p->contents->trace, path, &st))
        return true;
    *found = true;
    return take_library(p, p->objects[0]->path, directory, NULL, leave, e);
}

static bool refuse(const char *path, const char *version, struct error *e)
{
    error_set(e, EXIT_NOT_EXECUTABLE,
              "cannot find the library of '%s': no lib/python%s/os.py above it", text_show(path),
              version);
    return error_hint(e, "install it, or make a root by hand and give --rootfs DIR");
}

/* Upward from the program's own directory. */
static bool take_standard(struct process *p, const char *real, const char *version, struct error *e)
{
    char above[PATH_MAX];
    bool found = false;

    snprintf(above, sizeof above, "%s", real);
    for (char *slash; !found && (slash = strrchr(above, '/')) != NULL;) {
        *slash = '\0';
        if (!take_from(p, above, "lib", version, "os.py", &found, e) ||
            !take_from(p, above, "lib64", version, "os.py", &found, e))
            return false;
        if (found && !take_from(p, above, "lib", version, "lib-dynload", &found, e))
            return false;
        if (found && !take_from(p, above, "lib64", version, "lib-dynload", &found, e))
            return false;
    }
    return found || refuse(real, version, e);
}

/* The directory of a virtual environment that the program belongs to, or "". */
static void find_environment(struct process *p, const char *path, char directory[PATH_MAX])
{
    snprintf(directory, PATH_MAX, "%s", path);
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(directory, '/');
        char config[PATH_MAX];
        struct stat st;

        if (slash == NULL)
            break;
        *slash = '\0';
        if (snprintf(config, sizeof config, "%s/pyvenv.cfg", directory) < (int)sizeof config &&
            trace_stat(&p->contents->trace, config, &st))
            return;
    }
    directory[0] = '\0';
}

static bool take_environment(struct process *p, const char *path, const char *version,
                             struct error *e)
{
    char directory[PATH_MAX];
    char name[PATH_MAX];
    char real[PATH_MAX];
    struct stat st;

    find_environment(p, path, directory);
    if (directory[0] == '\0')
        return true;
    if (snprintf(name, sizeof name, "%s/pyvenv.cfg", directory) >= (int)sizeof name ||
        !contents_named(p->contents, p->by, name, "the virtual environment", real, &st, e) ||
        !contents_stays(real, directory, e))
        return false;
    if (snprintf(name, sizeof name, "%s/lib/python%s", directory, version) >= (int)sizeof name ||
        !trace_stat(&p->contents->trace, name, &st))
        return true;
    return take_library(p, p->by, name, directory, leave_of_packages, e);
}

bool interpreter_python(struct process *p, const char *path, const char *real, struct error *e)
{
    char version[16];

    if (!find_version(p, real, version)) {
        error_set(e, EXIT_NOT_EXECUTABLE, "cannot tell which Python '%s' is", text_show(real));
        return error_hint(e, "its file is named python without a version; make a root by hand and "
                             "give --rootfs DIR");
    }
    return take_standard(p, real, version, e) && take_environment(p, path, version, e);
}
