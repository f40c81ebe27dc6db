/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "scan/source.h"

static const char *const bytecode_end = ".pyc";

static DIR *open_directory(const struct sources *s, const char *name)
{
    int fd = sys_openat2(s->place, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                         RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

    if (stream == NULL)
        io_close(&fd);
    return stream;
}

/* Is it a package by itself? If it cannot be seen, it is one. */
static bool has_init(const struct sources *s, const char *directory)
{
    static const char init[] = "__init__.";
    DIR *stream = open_directory(s, directory);
    const struct dirent *entry;
    bool found = stream == NULL;

    while (!found && (entry = readdir(stream)) != NULL)
        found = strncmp(entry->d_name, init, sizeof init - 1) == 0;
    if (stream != NULL)
        closedir(stream);
    return found;
}

/* The names of one directory, once. A directory that is not there has none. */
static bool list_names(struct sources *s, const char *directory, const char *before)
{
    DIR *stream = open_directory(s, directory);
    struct dirent *entry;
    size_t n = 0;

    if (stream == NULL) {
        bool absent = errno == ENOENT || errno == ENOTDIR;

        return absent || scan_failed(s->report, "cannot list '%s%s': %s", text_show(s->shown),
                                     directory, strerror(errno));
    }
    while (n <= PLACE_MAX && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_puts(&s->names, before);
        buf_add(&s->names, entry->d_name, strlen(entry->d_name) + 1);
        n++;
    }
    closedir(stream);
    if (n > PLACE_MAX)
        return scan_failed(s->report, "there are more than %d names in '%s%s'", PLACE_MAX,
                           text_show(s->shown), directory);
    return !s->names.failed || scan_failed(s->report, "out of memory");
}

static bool list_place(struct sources *s)
{
    if (s->listed)
        return true;
    s->listed = true;
    return list_names(s, ".", "") && list_names(s, "__pycache__", "__pycache__/");
}

static bool remember(struct sources *s, const char *module, bool own)
{
    struct local *grown = reallocarray(s->local, s->n_local + 1, sizeof *grown);

    if (grown != NULL)
        s->local = grown;
    if (grown == NULL || (s->local[s->n_local].name = strdup(module)) == NULL)
        return scan_failed(s->report, "out of memory");
    /* Once for each module, and not for each of the thousands of names in it that are imported. */
    s->local[s->n_local++].own = own && !local_library(s, module);
    return true;
}

static const struct local *find(const struct sources *s, const char *module)
{
    for (size_t i = 0; i < s->n_local; i++) {
        if (strcmp(s->local[i].name, module) == 0)
            return &s->local[i];
    }
    return NULL;
}

/* Is it the module, by the name of a file? Of what is in __pycache__, what follows the directory.
 */
static bool is_of(const char *name, const char *module)
{
    const char *slash = strchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name;
    size_t length = strlen(module);

    return strncmp(last, module, length) == 0 && (last[length] == '.' || last[length] == '\0');
}

/* What was found of a name. */
struct finding {
    size_t file; /* of the report: who imports it */
    bool found;
    bool own;
};

/* A directory without __init__.py comes after any other module of its name, wherever that is. */
static bool follow_directory(struct sources *s, const char *name, struct finding *f)
{
    f->found = true;
    if (has_init(s, name))
        f->own = true;
    else if (!scan_note(s->report, &s->report->files[f->file], RULE_PY_NAMESPACE, 0, name))
        return false;
    return sources_add_tree(s, name, f->file);
}

static bool note_compiled(struct sources *s, enum rule rule, const char *name, struct finding *f)
{
    f->found = f->own = true;
    return scan_note(s->report, &s->report->files[f->file], rule, 0, name);
}

static bool follow_name(struct sources *s, const char *name, const char *module, struct finding *f)
{
    const char *end = name + strlen(module);
    struct stat st;

    if (text_ends_in(name, bytecode_end))
        return note_compiled(s, RULE_PY_BYTECODE, name, f);
    if (strchr(name, '/') != NULL)
        return true;
    if (text_ends_in(name, ".so"))
        return note_compiled(s, RULE_PY_NATIVE, name, f);
    if (*end != '\0' && strcmp(end, ".py") != 0)
        return true;
    if (fstatat(s->place, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return scan_failed(s->report, "cannot look at '%s': %s", text_show(name), strerror(errno));
    if (S_ISDIR(st.st_mode))
        return *end != '\0' || follow_directory(s, name, f);
    if (*end == '\0' && S_ISREG(st.st_mode))
        return true;
    f->found = f->own = true;
    return sources_add(s, name);
}

/* All of that name, not only the one that Python would take: which it is depends on its version. */
static bool follow_all(struct sources *s, const char *module, struct finding *f)
{
    for (size_t at = 0; at < s->names.length; at += strlen(s->names.data + at) + 1) {
        const char *name = s->names.data + at;

        if (is_of(name, module) && !follow_name(s, name, module, f))
            return false;
    }
    return !f->found || remember(s, module, f->own);
}

/* The first part of a dotted name; false: it has none that a module could have. */
static bool cut(char top[SCAN_TEXT_MAX + 1], const char *name)
{
    size_t length = strcspn(name, ".");

    snprintf(top, SCAN_TEXT_MAX + 1, "%.*s", (int)length, name);
    return length != 0 && length <= SCAN_TEXT_MAX;
}

static bool listed(const struct buf *names, const char *module)
{
    char top[SCAN_TEXT_MAX + 1];

    for (size_t at = 0; cut(top, module) && at < names->length;
         at += strlen(names->data + at) + 1) {
        if (strcmp(names->data + at, top) == 0)
            return true;
    }
    return false;
}

bool local_library(const struct sources *s, const char *module)
{
    return listed(&s->library, module) || listed(&s->absent, module);
}

/* Does it come before what somebody else means by the name? A directory without __init__.py does so
 * only where there is no other. */
static bool shadows(const struct sources *s, const char *name, const char *top)
{
    struct stat st;

    if (s->outside || listed(&s->absent, top))
        return true;
    return listed(&s->library, top) &&
           (strcmp(name, top) != 0 || fstatat(s->place, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(st.st_mode) || has_init(s, name));
}

bool local_seen(struct sources *s, const char *name)
{
    return (!listed(&s->mounted, name) && !listed(&s->mounted, "__pycache__")) ||
           scan_failed(s->report, "cannot scan '%s%s': something else is mounted there",
                       text_show(s->shown), text_show(name));
}

bool local_follow(struct sources *s, struct scan_file *file, unsigned line, const char *module,
                  bool *own)
{
    struct finding f = {.file = (size_t)(file - s->report->files)};
    char top[SCAN_TEXT_MAX + 1];
    const struct local *known;

    *own = false;
    if (s->place < 0 || s->alone || !cut(top, module))
        return true;
    if (!local_seen(s, top))
        return false;
    if (find(s, top) == NULL && (!list_place(s) || !follow_all(s, top, &f)))
        return false;
    known = find(s, top);
    if (known == NULL)
        return true;
    *own = known->own && !s->unsure;
    return scan_note(s->report, &s->report->files[f.file], RULE_PY_LOCAL, line, top);
}

bool local_shadows(struct sources *s)
{
    char top[SCAN_TEXT_MAX + 1];
    bool own;

    if (s->place < 0 || s->alone || s->n == 0)
        return true;
    if (!list_place(s))
        return false;
    for (size_t at = 0; at < s->names.length; at += strlen(s->names.data + at) + 1) {
        const char *slash = strchr(s->names.data + at, '/');
        const char *name = slash != NULL ? slash + 1 : s->names.data + at;

        if (cut(top, name) && find(s, top) == NULL && shadows(s, name, top) &&
            !local_follow(s, sources_first(s), 0, top, &own))
            return false;
    }
    return true;
}
