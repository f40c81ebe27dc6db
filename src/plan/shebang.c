/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/shebang.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static void copy_part(char out[SHEBANG_MAX], const char *from, size_t length)
{
    memcpy(out, from, length);
    out[length] = '\0';
}

bool shebang_read(int fd, const char *path, struct shebang *line, bool *script, struct error *e)
{
    char head[SHEBANG_MAX + 1] = {0};
    ssize_t n = pread(fd, head, SHEBANG_MAX, 0);
    char *start = head + 2;
    char *end;
    size_t length;

    if (n < 0)
        return error_errno(e, EXIT_NOT_EXECUTABLE, errno, "cannot read '%s'", text_show(path));
    *script = n >= 2 && memcmp(head, "#!", 2) == 0;
    if (!*script)
        return true;
    end = memchr(start, '\n', (size_t)n - 2);
    length = end != NULL ? (size_t)(end - start) : (size_t)n - 2;
    if (end == NULL && n == SHEBANG_MAX)
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': its #! line is longer than %d bytes", text_show(path),
                         SHEBANG_MAX - 1);
    if (memchr(start, '\0', length) != NULL)
        return error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': its #! line has a NUL",
                         text_show(path));
    start[length] = '\0';
    while (length != 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        start[--length] = '\0';
    start += strspn(start, " \t");
    length = strcspn(start, " \t");
    if (start[0] != '/')
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': its #! line names no absolute interpreter",
                         text_show(path));
    copy_part(line->interpreter, start, length);
    start += length;
    start += strspn(start, " \t");
    copy_part(line->argument, start, strlen(start));
    return true;
}
