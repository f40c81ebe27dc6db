/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/along.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Adds a copy to a list. */
static bool add(char ***list, size_t *n, const char *text)
{
    char **more = reallocarray(*list, *n + 1, sizeof *more);

    if (more == NULL)
        return false;
    *list = more;
    more[*n] = strdup(text);
    return more[*n] != NULL && ++*n != 0;
}

/* Is it that directory, or beneath it? */
static bool is_within(const char *path, const char *top)
{
    size_t length = strcmp(top, "/") == 0 ? 0 : strlen(top);

    return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

enum home { HOME_UNKNOWN, HOME_NONE, HOME_THERE };

/* Where it is, without links. One that is not there has nothing in it. One that HOME does not name,
 * or that is not the caller's own, as where sudo(8) or a service have left the variable: then the
 * caller's is not known. */
static enum home find_home(char real[PATH_MAX])
{
    const char *home = getenv("HOME");
    struct stat st;

    if (home == NULL || home[0] != '/')
        return HOME_UNKNOWN;
    if (realpath(home, real) == NULL)
        return errno == ENOENT ? HOME_NONE : HOME_UNKNOWN;
    return stat(real, &st) == 0 && st.st_uid == geteuid() ? HOME_THERE : HOME_UNKNOWN;
}

/* While the home is not known, every directory may be it. */
static bool is_heap(const char *directory)
{
    char real[PATH_MAX];
    struct stat st;
    enum home home;

    if (strcmp(directory, "/") == 0 || stat(directory, &st) < 0 || (st.st_mode & 0002) != 0)
        return true;
    home = find_home(real);
    return home == HOME_UNKNOWN || (home == HOME_THERE && is_within(real, directory));
}

/* Of the directory above, what is laid out so: programs in bin, libraries in lib; and what makes a
 * virtual environment of Python. */
static bool add_directory(struct along *a, const char *directory)
{
    static const char *const beside[] = {"lib", "lib64", "pyvenv.cfg"};
    const char *slash = strrchr(directory, '/');
    char path[PATH_MAX];

    if (is_heap(directory))
        return true;
    if (!add(&a->trees, &a->n_trees, directory))
        return false;
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        if (snprintf(path, sizeof path, "%.*s/%s", (int)(slash - directory), directory, beside[i]) <
                (int)sizeof path &&
            !add(&a->trees, &a->n_trees, path))
            return false;
    }
    return true;
}

/* Of a real path. */
static bool add_directory_of(struct along *a, char real[PATH_MAX])
{
    char *slash = strrchr(real, '/');

    slash[slash == real] = '\0';
    return add_directory(a, real);
}

bool along_add_program(struct along *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    char directory[PATH_MAX];
    char real[PATH_MAX];

    /* What is not there is said by who looks for it. */
    if (realpath(path, real) != NULL && !add_directory_of(a, real))
        return false;
    return snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path) >=
               (int)sizeof directory ||
           realpath(directory, real) == NULL || add_directory(a, real);
}

/* The name itself, in the directory's real path. */
static bool add_name(struct along *a, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    char directory[PATH_MAX];
    char real[PATH_MAX];
    char whole[PATH_MAX];

    if (snprintf(directory, sizeof directory, "%.*s", (int)(name - path), path) >=
            (int)sizeof directory ||
        realpath(directory, real) == NULL ||
        snprintf(whole, sizeof whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) >=
            (int)sizeof whole)
        return true;
    return add(&a->files, &a->n_files, whole);
}

bool along_add_with(struct along *a, const char *path)
{
    char real[PATH_MAX];
    struct stat st;

    if (!add_name(a, path))
        return false;
    if (realpath(path, real) == NULL || stat(real, &st) < 0)
        return true;
    return S_ISDIR(st.st_mode) ? add(&a->trees, &a->n_trees, real)
                               : add(&a->files, &a->n_files, real);
}

bool along_is_named(const struct along *a, const char *path)
{
    for (size_t i = 0; i < a->n_files; i++) {
        if (strcmp(a->files[i], path) == 0)
            return true;
    }
    return false;
}

/* Root, or who is shown for it: in a user namespace that does not have root's id, the root
 * directory and the system belong to the same stranger. */
static bool is_root(uid_t uid)
{
    struct stat st;

    return uid == 0 || (uid != geteuid() && stat("/", &st) == 0 && st.st_uid == uid);
}

/* Of a link only the owner counts: it has no mode, and its directory says who can put another. */
static bool is_public(const struct stat *st)
{
    mode_t open = S_ISDIR(st->st_mode) ? 0001 : 0004;

    if (!is_root(st->st_uid))
        return false;
    if (S_ISLNK(st->st_mode))
        return true;
    return (st->st_mode & 0002) == 0 && ((st->st_mode & 0020) == 0 || st->st_gid == 0) &&
           (st->st_mode & open) == open;
}

static bool is_system(const char *real, const struct stat *own)
{
    char path[PATH_MAX];
    struct stat st;

    if (!is_public(own) || snprintf(path, sizeof path, "%s", real) >= (int)sizeof path)
        return false;
    for (char *slash; (slash = strrchr(path, '/')) != NULL;) {
        *slash = '\0';
        if (fstatat(AT_FDCWD, path[0] != '\0' ? path : "/", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(st.st_mode) || !is_public(&st))
            return false;
    }
    return true;
}

bool along_allows(const struct along *a, const char *real, const struct stat *st)
{
    if (along_is_named(a, real))
        return true;
    for (size_t i = 0; i < a->n_trees; i++) {
        if (is_within(real, a->trees[i]))
            return true;
    }
    return is_system(real, st);
}

void along_cut(struct along *a, size_t n)
{
    while (a->n_trees > n)
        free(a->trees[--a->n_trees]);
}

void along_free(struct along *a)
{
    along_cut(a, 0);
    for (size_t i = 0; i < a->n_files; i++)
        free(a->files[i]);
    free(a->trees);
    free(a->files);
    *a = (struct along){0};
}
