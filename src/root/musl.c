/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/musl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"

#define PREFIX "ld-musl-"
#define SUFFIX ".so.1"
#define PATH_FILE_MAX 65536
#define DEFAULT_PATH "/lib:/usr/local/lib:/usr/lib"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

bool musl_is_loader(const char *path)
{
    const char *name = base_name(path);
    size_t length = strlen(name);

    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && length > strlen(PREFIX SUFFIX) &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

bool musl_is_own(const char *name)
{
    static const char *const own[] = {"c", "pthread", "rt", "m", "dl", "util", "xnet"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t length = strlen(own[i]);

        if (strncmp(name, "lib", 3) == 0 && strncmp(name + 3, own[i], length) == 0 &&
            name[3 + length] == '.')
            return true;
    }
    return false;
}

/* How much of the loader's path is in front of its directory. */
static int prefix_length(const char *loader)
{
    const char *slash = strrchr(loader, '/');

    while (slash > loader && *--slash != '/')
        ;
    return (int)(slash - loader);
}

/* Splits at colons and line feeds; what is not absolute is passed over. */
static char **split(const char *text, size_t *n)
{
    char **list = calloc(strlen(text) / 2 + 2, sizeof *list);

    *n = 0;
    for (const char *p = text; list != NULL && *p != '\0';) {
        size_t length = strcspn(p, ":\n");

        if (length != 0 && *p == '/' && asprintf(&list[*n], "%.*s/", (int)length, p) >= 0)
            ++*n;
        p += length + (p[length] != '\0');
    }
    return list;
}

char **musl_directories(const char *loader, struct contents *c, size_t *n, struct error *e)
{
    const char *machine = base_name(loader) + strlen(PREFIX);
    char top[PATH_MAX];
    char path[PATH_MAX];
    char real[PATH_MAX];
    struct buf bytes = {0};
    struct stat st;
    char **list;

    /* Beside the loader's own directory: "/lib/ld-musl-x86_64.so.1" has "/etc" beside "/lib". */
    snprintf(path, sizeof path, "%.*s/etc/" PREFIX "%.*s.path", prefix_length(loader), loader,
             (int)(strlen(machine) - strlen(SUFFIX)), machine);
    snprintf(top, sizeof top, "%.*s/", prefix_length(loader), loader);
    if (!trace_stat(&c->trace, path, &st)) {
        list = split(DEFAULT_PATH, n);
    } else if (!contents_named(c, loader, path, "the loader's directories", real, &st, e) ||
               !contents_stays(real, top, e)) {
        return NULL;
    } else if (!io_read_file(AT_FDCWD, real, PATH_FILE_MAX, &bytes)) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot read '%s'", text_show(path));
        return NULL;
    } else {
        list = split(buf_text(&bytes), n);
        buf_free(&bytes);
    }
    if (list == NULL)
        error_set(e, EXIT_DENYBOX, "cannot find the libraries of a program: out of memory");
    return list;
}
