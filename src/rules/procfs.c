/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/procfs.h"

#include <string.h>

/* One octal escape \ooo: those that the kernel writes, and no other way to say the same
 * (show_mountinfo: seq_escape of " \t\n\\", and of '#' in a source). */
static bool unescape(const char *in, char *out)
{
    static const struct {
        char text[4];
        char value;
    } known[] = {{"040", ' '}, {"011", '\t'}, {"012", '\n'}, {"134", '\\'}, {"043", '#'}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (memcmp(in + 1, known[i].text, 3) == 0) {
            *out = known[i].value;
            return true;
        }
    }
    return false;
}

/* What is no path: a control character there is nothing that the kernel writes. */
static bool is_plain(const char *field)
{
    while ((unsigned char)*field >= 0x20 && *field != 0x7f)
        field++;
    return *field == '\0';
}

/* Takes the next field of the line, up to a space; unescaped into out. The kernel escapes a tab. */
static bool take_field(const char **at, const char *end, char *out, size_t size)
{
    size_t n = 0;

    while (*at < end && **at != ' ') {
        char c = **at;

        if (c == '\t')
            return false;
        if (c == '\\') {
            if (end - *at < 4 || !unescape(*at, &c))
                return false;
            *at += 3;
        }
        if (n + 1 >= size)
            return false;
        out[n++] = c;
        ++*at;
    }
    out[n] = '\0';
    if (*at < end)
        ++*at;
    return n != 0;
}

/* Digits up to the end of `text`, or up to `stop` when it is not '\0': what comes after them, or
 * NULL. The kernel writes no leading zeros. */
static const char *after_number(const char *text, char stop)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 10 || (n > 1 && text[0] == '0') || text[n] != stop)
        return NULL;
    return text + n + (stop != '\0');
}

/* Mount id, parent id, major:minor: show_mountinfo() in fs/proc_namespace.c. */
static bool take_ids(const char **at, const char *end)
{
    char field[64] = "";
    const char *minor;

    for (int i = 0; i < 2; i++) {
        if (!take_field(at, end, field, sizeof field) || after_number(field, '\0') == NULL)
            return false;
    }
    if (!take_field(at, end, field, sizeof field))
        return false;
    minor = after_number(field, ':');
    return minor != NULL && after_number(minor, '\0') != NULL;
}

/* The source and the options of the file system, up to the end of the row. The source may be
 * empty, or missing. */
static bool rest_is_plain(const char *at, const char *end)
{
    for (; at < end; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    }
    return true;
}

/* The kernel says once whether it is ro or rw, and has no word for the absence of a flag. */
static bool one_access(const char *options)
{
    return mount_has(options, "ro") != mount_has(options, "rw") && !mount_has(options, "suid") &&
           !mount_has(options, "dev") && !mount_has(options, "exec");
}

static bool read_row(const char *at, const char *end, struct mount_row *row)
{
    char field[4096];

    if (!take_ids(&at, end))
        return false;
    if (!take_field(&at, end, row->root, sizeof row->root) ||
        !take_field(&at, end, row->point, sizeof row->point) ||
        !take_field(&at, end, row->options, sizeof row->options))
        return false;
    row->propagates = false;
    for (;;) { /* optional fields, to the separator */
        if (!take_field(&at, end, field, sizeof field))
            return false;
        if (strcmp(field, "-") == 0)
            break;
        if (!is_plain(field))
            return false;
        row->propagates = row->propagates || strncmp(field, "shared:", 7) == 0 ||
                          strncmp(field, "master:", 7) == 0;
    }
    return take_field(&at, end, row->type, sizeof row->type) && is_plain(row->options) &&
           one_access(row->options) && is_plain(row->type) && rest_is_plain(at, end);
}

bool mount_next(const char **next, struct mount_row *row, bool *bad)
{
    const char *end = strchr(*next, '\n');

    *bad = false;
    if (**next == '\0')
        return false;
    if (end == NULL || !read_row(*next, end, row)) {
        *bad = true;
        return false;
    }
    *next = end + 1;
    return true;
}

bool mount_has(const char *options, const char *option)
{
    size_t length = strlen(option);

    for (const char *o = options; *o != '\0';) {
        size_t n = strcspn(o, ",");

        if (n == length && memcmp(o, option, n) == 0)
            return true;
        o += n + (o[n] == ',');
    }
    return false;
}

bool status_value(const char *status, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    bool found = false;

    for (const char *line = status; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');

        if (end == NULL)
            return found;
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *start = line + length + 1;

            start += strspn(start, "\t ");
            /* A line that is there twice says nothing. */
            if (found || start > end || (size_t)(end - start) >= size)
                return false;
            memcpy(value, start, (size_t)(end - start));
            value[end - start] = '\0';
            found = true;
        }
        line = end + 1;
    }
    return found;
}

const char *const status_compared[] = {"CapInh",  "CapPrm",          "CapEff",
                                       "CapBnd",  "CapAmb",          "NoNewPrivs",
                                       "Seccomp", "Seccomp_filters", NULL};

bool net_dev_names(const char *text, char *names, size_t size)
{
    size_t used = 0;
    int lines = 0;

    names[0] = '\0';
    for (const char *line = text; *line != '\0'; lines++) {
        const char *end = strchr(line, '\n');
        const char *colon;

        /* Its two lines of heading are columns between bars. */
        if (end == NULL || (lines < 2 && memchr(line, '|', (size_t)(end - line)) == NULL))
            return false;
        if (lines >= 2) { /* after the two lines of the heading */
            line += strspn(line, " ");
            colon = memchr(line, ':', (size_t)(end - line));
            if (colon == NULL || colon == line ||
                colon + 1 + strspn(colon + 1, " 0123456789") != end ||
                used + (size_t)(colon - line) + 2 > size)
                return false;
            if (used != 0)
                names[used++] = ',';
            memcpy(names + used, line, (size_t)(colon - line));
            used += (size_t)(colon - line);
            names[used] = '\0';
        }
        line = end + 1;
    }
    return lines >= 2;
}
