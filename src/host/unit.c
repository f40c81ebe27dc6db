/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/sys.h"

/* A unit's file holds a command line. */
#define FILE_MAX (1U << 20)

static bool begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* "no", as systemd reads it; an empty value takes back what was set before. */
static bool is_no(const char *value, size_t length)
{
    static const char *const words[] = {"", "no", "false", "off", "0", "n", "f"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (length == strlen(words[i]) && strncmp(value, words[i], length) == 0)
            return true;
    }
    return false;
}

bool unit_text_delegates(const char *text)
{
    bool inside = false; /* a section that has cgroups */
    bool continued = false;
    bool delegated = false;

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        size_t key = strlen("Delegate=");

        if (!continued && text[0] == '[')
            inside = begins(text, "[Scope]\n") || begins(text, "[Service]\n");
        if (!continued && inside && begins(text, "Delegate="))
            delegated = !is_no(text + key, length - key);
        continued = length > 0 && text[length - 1] == '\\';
        text += length + (text[length] == '\n');
    }
    return delegated;
}

/* The directory of the caller's manager, for units made for one run. -1: there is none. */
static int open_transient(const char *runtime)
{
    char path[256];
    int top = sys_openat(AT_FDCWD, runtime, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    int fd;

    snprintf(path, sizeof path, "%u/systemd/transient", (unsigned)geteuid());
    fd = top < 0 ? -1
                 : sys_openat2(top, path, O_PATH | O_DIRECTORY | O_CLOEXEC,
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    io_close(&top);
    return fd;
}

static bool is_own(int fd)
{
    struct stat st;

    return sys_fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0022) == 0;
}

bool unit_delegates(const char *runtime, const char *cgroup)
{
    const char *slash = strrchr(cgroup, '/');
    int directory = slash == NULL || slash[1] == '\0' ? -1 : open_transient(runtime);
    struct buf text = {0};
    bool delegates = directory >= 0 && is_own(directory) &&
                     io_read_file(directory, slash + 1, FILE_MAX, &text) &&
                     strlen(buf_text(&text)) == text.length && unit_text_delegates(buf_text(&text));

    buf_free(&text);
    io_close(&directory);
    return delegates;
}
