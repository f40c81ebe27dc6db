/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* The names of one directory, once. A directory that is not there has none. */
static bool list_names(struct sources *s, const char *directory, const char *before)
{
    int fd = sys_openat2(s->place, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                         RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    size_t n = 0;

    if (stream == NULL) {
        bool absent = fd < 0 && (errno == ENOENT || errno == ENOTDIR);

        io_close(&fd);
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

static bool remember(struct sources *s, const char *module)
{
    char **grown = reallocarray(s->local, s->n_local + 1, sizeof *grown);

    if (grown != NULL)
        s->local = grown;
    if (grown == NULL || (s->local[s->n_local] = strdup(module)) == NULL)
        return scan_failed(s->report, "out of memory");
    s->n_local++;
    return true;
}

static bool known(const struct sources *s, const char *module)
{
    for (size_t i = 0; i < s->n_local; i++) {
        if (strcmp(s->local[i], module) == 0)
            return true;
    }
    return false;
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

static bool follow_name(struct sources *s, size_t file, const char *name, const char *module,
                        bool *found)
{
    const char *end = name + strlen(module);
    struct stat st;

    if (ends_in(name, bytecode_end)) {
        *found = true;
        return scan_note(s->report, &s->report->files[file], RULE_PY_BYTECODE, 0, name);
    }
    if (strchr(name, '/') != NULL)
        return true;
    if (ends_in(name, ".so")) {
        *found = true;
        return scan_note(s->report, &s->report->files[file], RULE_PY_NATIVE, 0, name);
    }
    if (*end != '\0' && strcmp(end, ".py") != 0)
        return true;
    if (fstatat(s->place, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return scan_failed(s->report, "cannot look at '%s': %s", text_show(name), strerror(errno));
    if (*end == '\0' && S_ISREG(st.st_mode))
        return true;
    *found = true;
    return S_ISDIR(st.st_mode) ? sources_add_tree(s, name) : sources_add(s, name);
}

/* All of that name, not only the one that Python would take: which it is depends on its version. */
static bool follow_all(struct sources *s, size_t file, const char *module, bool *found)
{
    for (size_t at = 0; at < s->names.length; at += strlen(s->names.data + at) + 1) {
        const char *name = s->names.data + at;

        if (is_of(name, module) && !follow_name(s, file, name, module, found))
            return false;
    }
    return true;
}

bool local_follow(struct sources *s, struct scan_file *file, unsigned line, const char *module,
                  bool *found)
{
    size_t index = (size_t)(file - s->report->files);
    size_t length = strcspn(module, ".");
    char top[SCAN_TEXT_MAX + 1];

    *found = false;
    if (s->place < 0 || length == 0 || length > SCAN_TEXT_MAX)
        return true;
    snprintf(top, sizeof top, "%.*s", (int)length, module);
    *found = known(s, top);
    if (!*found && (!list_place(s) || !follow_all(s, index, top, found)))
        return false;
    if (!*found)
        return true;
    return (known(s, top) || remember(s, top)) &&
           scan_note(s->report, &s->report->files[index], RULE_PY_LOCAL, line, top);
}
