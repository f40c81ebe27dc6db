/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_RULES_PROCFS_H
#define DENYBOX_RULES_PROCFS_H

#include <stdbool.h>
#include <stddef.h>

/* Readers of the kernel's text formats, over bytes that may come from a bundle: they trust nothing,
 * and say no to what proc(5) does not describe. */

/* One row of mountinfo, proc_pid_mountinfo(5). Strings are unescaped, may hold any byte but NUL. */
struct mount_row {
    unsigned id;
    unsigned parent;
    unsigned major; /* of the device */
    unsigned minor;
    char root[4096];
    char point[4096];
    char options[512]; /* of the mount, comma-separated */
    char type[64];
    bool propagates;   /* what is mounted here shows elsewhere, or the reverse: shared or a slave */
    const char *super; /* in the text that is read, as it stands there: the file system's options */
    size_t super_length;
};

/* Reads the row at *next and moves on. False at the end, and for a malformed row (*bad is set). */
bool mount_next(const char **next, struct mount_row *row, bool *bad);

/* Is the option in the comma-separated list? */
bool mount_has(const char *options, const char *option);

/* The value of the option NAME or NAME=VALUE of its file system, copied. False when there is none,
 * more than one, or no room. */
bool mount_super(const struct mount_row *row, const char *name, char *value, size_t size);

/* The value of a line "Name:\tvalue\n" of status, copied. False when there is none or no room. */
bool status_value(const char *status, const char *name, char *value, size_t size);

/* The same of a decimal number of at most `most`, as the kernel writes one. */
bool status_number(const char *status, const char *name, unsigned most, unsigned *number);

/* Is it lines "Name:\tvalue\n", each name once, and nothing else? What is in none is for nobody to
 * see. The text ends in a NUL. */
bool status_lines(const char *text, size_t length);

/* The lines of status that must be the same inside and outside, and before and after the exec; ends
 * in NULL. */
extern const char *const status_compared[];

/* The names of the interfaces of /proc/net/dev, comma-separated; *used: one has counted something.
 * False when it is malformed. */
bool net_dev_names(const char *text, char *names, size_t size, bool *used);

#endif
