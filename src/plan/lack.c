/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/lack.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan/world.h"

/* An option of perl that brings a program: -e, -E, or in a cluster such as -lne. Of the letters
 * before it none takes the rest of the word for itself. */
static bool is_perl_program(const char *word)
{
    size_t letters = word[0] == '-' ? strspn(word + 1, "0123456789WXTSUacflnpstuw") : 0;

    return word[0] == '-' && (word[1 + letters] == 'e' || word[1 + letters] == 'E');
}

static const char *name_of(const struct payload *p)
{
    const char *slash = strrchr(p->path, '/');

    return slash != NULL ? slash + 1 : p->path;
}

/* git opens it before anything else, perl for the program that is no file. */
static const char *opener_of_null(const struct payload *p)
{
    const char *name = name_of(p);

    if (strcmp(name, "git") == 0)
        return "git";
    for (size_t i = 1; strncmp(name, "perl", 4) == 0 && i < p->n_argv; i++) {
        if (is_perl_program(p->argv[i]))
            return "perl -e";
        if (p->argv[i][0] != '-')
            return NULL;
    }
    return NULL;
}

static bool is_in_root(const struct plan *plan, const char *path)
{
    int root = plan->derived.rootfs.fd;
    int fd = root >= 0 ? sys_openat2(root, path, O_PATH | O_CLOEXEC,
                                     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
                       : -1;
    bool there = fd >= 0;

    io_close(&fd);
    return there;
}

/* A relative path leads from --chdir in the sandbox, not from the caller's working directory. */
static bool is_only_here(const struct plan *plan, const char *word)
{
    struct stat st;

    return word[0] != '/' && word[0] != '-' && stat(word, &st) == 0 && S_ISREG(st.st_mode) &&
           strcmp(plan->declared.chdir, "/") == 0 && !is_in_root(plan, word);
}

/* How the payload is shown a file that was named as if it saw the caller's directory. Where /in is
 * taken, as by a batch, another --in would be no answer. */
static void show_file(const struct plan *plan, const char *word, char *text, size_t size)
{
    const struct declared *d = &plan->declared;
    const char *slash = strrchr(word, '/');
    const char *name = slash != NULL ? slash + 1 : word;
    char real[PATH_MAX];
    int n = snprintf(text, size, "the payload sees no '%s': ", text_show(word));

    if (n < 0 || (size_t)n >= size)
        return;
    if (d->in == NULL)
        snprintf(text + n, size - (size_t)n, "--in DIR, and /in/%s, show it that file",
                 text_show(name));
    else if (d->rootfs != NULL || d->image != NULL || realpath(word, real) == NULL ||
             world_own_place(real) != NULL)
        snprintf(text + n, size - (size_t)n, "beside its input it is there as /in/%s",
                 text_show(name));
    else if (is_in_root(plan, real))
        snprintf(text + n, size - (size_t)n, "it is there as %s", text_show(real));
    else
        snprintf(text + n, size - (size_t)n, "--with %s, and %s, show it that file",
                 text_show(word), text_show(real));
}

/* Of the shells that have next to nothing within themselves. They say by these numbers that a
 * program is not there, or may not be executed; bash also that its own script is not. */
static bool is_of_shell(const struct plan *plan, int number)
{
    static const char *const shells[] = {"sh", "dash", "bash", "zsh", "ksh", "mksh"};
    const struct payload *p = &plan->derived.payload;

    if (p->n_argv > 1 && p->argv[1][0] != '-' && strncmp(p->argv[1], "/in/", 4) != 0 &&
        !is_in_root(plan, p->argv[1]))
        return false;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(name_of(p), shells[i]) == 0)
            return number == 126 || number == 127;
    }
    return false;
}

/* --with adds to no root that was given. */
static bool advise_shell(const struct plan *plan, char *text, size_t size)
{
    const struct declared *d = &plan->declared;
    bool given = d->rootfs != NULL || d->image != NULL;

    if (d->allow_exec)
        snprintf(text, size, "what a shell starts has to be in the root%s",
                 given ? "" : ": --with PATH brings a program along");
    else
        snprintf(text, size,
                 "a shell starts no other program here: --allow-exec lets it, as a "
                 "deviation%s; busybox sh has many within itself",
                 given ? "" : ", and --with PATH brings each along");
    return true;
}

bool lack_find(const struct plan *plan, int number, char *text, size_t size)
{
    const struct payload *p = &plan->derived.payload;
    const char *opener = opener_of_null(p);

    if (opener != NULL && !plan->declared.dev && !is_in_root(plan, "/dev/null")) {
        snprintf(text, size,
                 "%s opens /dev/null, which is not there: --dev brings it, as a deviation%s",
                 opener, strcmp(opener, "git") == 0 ? "" : "; a program in a file needs none");
        return true;
    }
    for (size_t i = 1; i < p->n_argv; i++) {
        if (plan->declared.in == NULL && strncmp(p->argv[i], "/in/", 4) == 0) {
            snprintf(text, size, "nothing is in /in: --in DIR brings what the payload is to read");
            return true;
        }
        if (!is_only_here(plan, p->argv[i]))
            continue;
        show_file(plan, p->argv[i], text, size);
        return true;
    }
    return is_of_shell(plan, number) && advise_shell(plan, text, size);
}
