/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* scandir(3) would hold all of a directory of millions before anybody could count. */
static bool read_all(DIR *d, size_t max, struct names *names, bool *whole)
{
    struct dirent *entry;

    while ((errno = 0, entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (names->n == max) {
            *whole = false;
            return true;
        }
        buf_add(&names->bytes, entry->d_name, strlen(entry->d_name) + 1);
        if (names->bytes.failed) {
            errno = ENOMEM;
            return false;
        }
        names->n++;
    }
    return errno == 0;
}

static bool sort(struct names *names)
{
    const char *next = names->bytes.data;

    names->name = calloc(names->n + 1, sizeof *names->name);
    if (names->name == NULL)
        return false;
    for (size_t i = 0; i < names->n; i++) {
        names->name[i] = next;
        next += strlen(next) + 1;
    }
    qsort(names->name, names->n, sizeof *names->name, by_bytes);
    return true;
}

bool names_read(int fd, size_t max, struct names *names, bool *whole)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    bool ok;

    if (d == NULL) {
        io_close(&copy);
        return false;
    }
    rewinddir(d);
    ok = read_all(d, max, names, whole) && sort(names);
    if (!ok) {
        int kept = errno;

        names_free(names);
        errno = kept;
    }
    closedir(d);
    return ok;
}

void names_free(struct names *names)
{
    buf_free(&names->bytes);
    free(names->name);
    *names = (struct names){0};
}
