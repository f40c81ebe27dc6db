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
    size_t length;

    if (n < 0)
        return error_errno(e, EXIT_NOT_EXECUTABLE, errno, "cannot read '%s'", text_show(path));
    *script = n >= 2 && memcmp(head, "#!", 2) == 0;
    if (!*script)
        return true;
    length = strcspn(start, "\n");
    if (start[length] != '\n' && n == SHEBANG_MAX)
        return error_set(e, EXIT_NOT_EXECUTABLE,
                         "cannot run '%s': its #! line is longer than %d bytes", text_show(path),
                         SHEBANG_MAX - 1);
    if (memchr(head, '\0', (size_t)n) != NULL && strlen(head) < (size_t)(start - head) + length)
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
