/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/procfs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

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
static const char *after_number(const char *text, char stop, unsigned most, unsigned *number)
{
    size_t n = strspn(text, "0123456789");
    unsigned long long value;

    if (n == 0 || n > 10 || (n > 1 && text[0] == '0') || text[n] != stop)
        return NULL;
    value = strtoull(text, NULL, 10);
    if (value > most)
        return NULL;
    *number = (unsigned)value;
    return text + n + (stop != '\0');
}

/* Mount id, parent id, major:minor: show_mountinfo() in fs/proc_namespace.c. An id is an int, a
 * device has 12 and 20 bits. */
static bool take_ids(const char **at, const char *end, struct mount_row *row)
{
    unsigned *const ids[] = {&row->id, &row->parent};
    char field[64] = "";
    const char *minor;

    for (int i = 0; i < 2; i++) {
        if (!take_field(at, end, field, sizeof field) ||
            after_number(field, '\0', INT_MAX, ids[i]) == NULL)
            return false;
    }
    if (!take_field(at, end, field, sizeof field))
        return false;
    minor = after_number(field, ':', 0xfff, &row->major);
    return minor != NULL && after_number(minor, '\0', 0xfffff, &row->minor) != NULL;
}

static bool is_word(const char *list, const char *word, size_t length)
{
    return strncmp(list, word, length) == 0 && (list[length] == ',' || list[length] == '\0');
}

/* The kernel says first whether it is ro or rw, then what else is set, each once, and has no word
 * for the absence of a flag. Of a flag that is newer than this the word is not known. */
static bool right_options(const char *options)
{
    if (!is_word(options, "ro", 2) && !is_word(options, "rw", 2))
        return false;
    for (const char *word = options;; word++) {
        const char *start = word;
        size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz");

        word += n;
        if (n == 0 || is_word(start, "suid", 4) || is_word(start, "dev", 3) ||
            is_word(start, "exec", 4) || (start != options && is_word(start, "ro", 2)) ||
            (start != options && is_word(start, "rw", 2)))
            return false;
        for (const char *next = word; *next == ','; next += 1 + strcspn(next + 1, ",")) {
            if (is_word(next + 1, start, n))
                return false;
        }
        if (*word == '\0')
            return true;
        if (*word != ',')
            return false;
    }
}

/* The optional fields that there are: show_mountinfo() has these alone. */
static bool take_optional(const char *field, bool *propagates)
{
    static const char *const tags[] = {"shared:", "master:", "propagate_from:"};
    unsigned group = 0;

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        size_t length = strlen(tags[i]);

        if (strncmp(field, tags[i], length) != 0)
            continue;
        *propagates = true;
        return after_number(field + length, '\0', INT_MAX, &group) != NULL && group != 0;
    }
    return strcmp(field, "unbindable") == 0;
}

/* The source, which may be empty, and the options of the file system, which begin with ro or rw. */
static bool take_rest(const char *at, const char *end, struct mount_row *row)
{
    const char *super = memchr(at, ' ', (size_t)(end - at));

    for (const char *c = at; c < end; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    }
    if (super == NULL || end - ++super < 2 ||
        (memcmp(super, "ro", 2) != 0 && memcmp(super, "rw", 2) != 0) ||
        (end - super > 2 && super[2] != ','))
        return false;
    row->super = super;
    row->super_length = (size_t)(end - super);
    return true;
}

static bool read_row(const char *at, const char *end, struct mount_row *row)
{
    char field[64] = "";

    if (!take_ids(&at, end, row))
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
        if (!take_optional(field, &row->propagates))
            return false;
    }
    return take_field(&at, end, row->type, sizeof row->type) && row->point[0] == '/' &&
           right_options(row->options) && is_plain(row->type) && take_rest(at, end, row);
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

bool mount_super(const struct mount_row *row, const char *name, char *value, size_t size)
{
    const char *end = row->super + row->super_length;
    size_t length = strlen(name);
    bool found = false;

    for (const char *word = row->super; word < end;) {
        const char *comma = memchr(word, ',', (size_t)(end - word));
        const char *stop = comma != NULL ? comma : end;
        size_t n = (size_t)(stop - word);

        if (n >= length && memcmp(word, name, length) == 0 &&
            (n == length || word[length] == '=')) {
            size_t rest = n == length ? 0 : n - length - 1;

            if (found || rest >= size)
                return false;
            memcpy(value, stop - rest, rest);
            value[rest] = '\0';
            found = true;
        }
        word = stop + 1;
    }
    return found;
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
            const char *start = line + length + 2;

            /* A line that is there twice says nothing, and the kernel writes a tab. */
            if (found || start[-1] != '\t' || (size_t)(end - start) >= size)
                return false;
            memcpy(value, start, (size_t)(end - start));
            value[end - start] = '\0';
            found = true;
        }
        line = end + 1;
    }
    return found;
}

bool status_number(const char *status, const char *name, unsigned most, unsigned *number)
{
    char value[16];

    return status_value(status, name, value, sizeof value) &&
           after_number(value, '\0', most, number) != NULL;
}

/* Is there a line that begins so, behind the end of another one? */
static bool has_line(const char *end, const char *start, size_t length)
{
    while (end != NULL && strncmp(end + 1, start, length) != 0)
        end = strchr(end + 1, '\n');
    return end != NULL;
}

bool status_lines(const char *text, size_t length)
{
    const char *end = text + length;
    const char *line = text;

    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        size_t name = strspn(line, WORD);

        if (next == NULL || name == 0 || line[name] != ':' || line[name + 1] != '\t' ||
            has_line(next, line, name + 1))
            return false;
        for (; line < next; line++) {
            if ((unsigned char)*line < 0x20 && *line != '\t')
                return false;
        }
        line = next + 1;
    }
    return length != 0;
}

const char *const status_compared[] = {"CapInh",  "CapPrm",          "CapEff",
                                       "CapBnd",  "CapAmb",          "NoNewPrivs",
                                       "Seccomp", "Seccomp_filters", NULL};

/* dev_seq_show() in net/core/net-procfs.c. */
static const char heading[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|"
    "bytes    packets errs drop fifo colls carrier compressed\n";

#define COUNTERS 16

/* So many numbers, each behind a blank, up to the end of the line. What comes after them, or NULL.
 */
static const char *after_counters(const char *at, bool *used)
{
    for (int i = 0; i < COUNTERS; i++) {
        size_t blanks = strspn(at, " ");
        size_t n = strspn(at + blanks, "0123456789");

        at += blanks;
        if (blanks == 0 || n == 0 || n > 20 || (n > 1 && at[0] == '0'))
            return NULL;
        *used = *used || at[0] != '0';
        at += n;
    }
    return *at == '\n' ? at + 1 : NULL;
}

/* A name has no blank, no slash and no colon, and less than 16 bytes: dev_valid_name(). */
static size_t name_length(const char *name)
{
    size_t n = strcspn(name, " \t\n\v\f\r/:");

    return n < 16 && name[n] == ':' ? n : 0;
}

bool net_dev_names(const char *text, char *names, size_t size, bool *used)
{
    size_t have = 0;
    const char *line = text + strlen(heading);

    names[0] = '\0';
    *used = false;
    if (strncmp(text, heading, strlen(heading)) != 0)
        return false;
    while (*line != '\0') {
        size_t length;

        line += strspn(line, " ");
        length = name_length(line);
        if (length == 0 || have + length + 2 > size)
            return false;
        if (have != 0)
            names[have++] = ',';
        memcpy(names + have, line, length);
        have += length;
        names[have] = '\0';
        line = after_counters(line + length + 1, used);
        if (line == NULL)
            return false;
    }
    return true;
}
