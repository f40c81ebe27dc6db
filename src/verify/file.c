/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "verify/checks.h"
#include "verify/field.h"

/* A string is read to its end; an escape takes two characters. NULL without an end. */
static const char *skip_string(const char *next, const char *end)
{
    while (next < end && *next != '"')
        next += *next == '\\' ? 2 : 1;
    return next < end ? next : NULL;
}

bool file_shallow(const char *bytes, size_t length)
{
    const char *end = bytes + length;
    unsigned depth = 0;
    size_t values = 1;

    for (const char *next = bytes; next < end; next++) {
        const char *start = next;

        if (*next == '[' || *next == '{')
            depth++;
        if ((*next == ']' || *next == '}') && depth != 0)
            depth--;
        if (*next == '"' && (next = skip_string(next + 1, end)) == NULL)
            next = end - 1; /* the parser says what is wrong */
        values += *start == ',' || *start == ':' || *start == '[' || *start == '{';
        if (depth > JSON_MAX_DEPTH || values > FILE_MAX_VALUES || next - start > FILE_MAX_STRING)
            return false;
    }
    return true;
}

/* "-0" is a second way to write 0, of which nothing is left once it is parsed. */
static bool has_minus_zero(const char *bytes, size_t length)
{
    const char *end = bytes + length;

    for (const char *next = bytes; next < end; next++) {
        if (*next == '"' && (next = skip_string(next + 1, end)) == NULL)
            return false; /* the parser says what is wrong */
        if (*next == '-' && end - next >= 2 && next[1] == '0')
            return true;
    }
    return false;
}

/* Reads the whole of a regular file whose size is known; one more byte means that it grows. */
static char *read_file(int fd, size_t size)
{
    char *bytes = malloc(size + 1);
    size_t have = 0;

    while (bytes != NULL && have <= size) {
        ssize_t n = read(fd, bytes + have, size + 1 - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 && have != size ? EIO : errno;
            break;
        }
        have += (size_t)n;
    }
    if (bytes != NULL && have != size) {
        free(bytes);
        errno = EIO;
        return NULL;
    }
    return bytes;
}

static bool parse(struct verification *v, const char *bytes)
{
    struct error e;

    sha256_text(v->sha256, bytes, v->size);
    if (!file_shallow(bytes, v->size))
        return note(v, REASON_FILE_DEPTH, "too deep, too many values, or too long a string");
    if (has_minus_zero(bytes, v->size))
        return note(v, REASON_FILE_JSON, "a number is written as -0");
    v->bundle = json_parse(bytes, v->size, &e);
    if (v->bundle == NULL)
        return note(v, e.number == ENOMEM ? REASON_FILE_UNREADABLE : REASON_FILE_JSON, "%.250s",
                    e.text);
    if (!json_is_object(v->bundle))
        return note(v, REASON_FILE_JSON, "the document is no object");
    if (same_text(field_text(v->bundle, "profile"), "weakened"))
        return note(v, REASON_FILE_KIND,
                    "the matrix of attest --controls: name its bundle, and this by --controls");
    return true;
}

static bool read_and_parse(struct verification *v, int fd, off_t size)
{
    char *bytes;
    bool ok;

    if (size == 0 || size > FILE_MAX_SIZE)
        return note(v, REASON_FILE_SIZE, "%lld bytes", (long long)size);
    v->size = (size_t)size;
    bytes = read_file(fd, v->size);
    if (bytes == NULL)
        return note(v, REASON_FILE_UNREADABLE, "%s", strerror(errno));
    ok = parse(v, bytes);
    free(bytes);
    return ok;
}

static const char *kind_of(mode_t mode)
{
    return S_ISLNK(mode)   ? "a symbolic link: name what it points to"
           : S_ISDIR(mode) ? "a directory: name the bundles in it, each for itself"
                           : "not a regular file";
}

bool check_file(struct verification *v)
{
    struct stat st;
    int fd = -1;
    bool ok;

    /* Looked at before it is opened, for a device can act on that; and again by the descriptor. */
    if (fstatat(AT_FDCWD, v->path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
        return note(v, S_ISLNK(st.st_mode) ? REASON_FILE_LINK : REASON_FILE_KIND, "%s",
                    kind_of(st.st_mode));
    fd = open(v->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return note(v, errno == ELOOP ? REASON_FILE_LINK : REASON_FILE_UNREADABLE, "%s",
                    strerror(errno));
    if (fstat(fd, &st) < 0)
        ok = note(v, REASON_FILE_UNREADABLE, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ok = note(v, REASON_FILE_KIND, "%s", kind_of(st.st_mode));
    else
        ok = read_and_parse(v, fd, st.st_size);
    io_close(&fd);
    return ok;
}
