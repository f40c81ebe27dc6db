/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/outputs.h"

#include <string.h>

#include "evidence/document.h"
#include "tree/tree.h"

struct listing {
    json_t *list;
    unsigned long entries;
    unsigned long odd;
};

static const char *type_name(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "link";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "device";
    }
}

static bool plain_name(const char *path)
{
    for (const unsigned char *c = (const unsigned char *)path; *c != '\0'; c++) {
        if (*c < 0x20 || *c >= 0x7f)
            return false;
    }
    return true;
}

static json_t *oddities(const struct tree_entry *entry)
{
    json_t *list = json_array();
    mode_t mode = entry->st.st_mode;

    if (!S_ISREG(mode) && !S_ISDIR(mode))
        json_array_append_new(list, json_string(S_ISLNK(mode) ? "link" : "special file"));
    if ((mode & (S_ISUID | S_ISGID)) != 0)
        json_array_append_new(list, json_string("setuid or setgid"));
    if (!S_ISDIR(mode) && entry->st.st_nlink > 1)
        json_array_append_new(list, json_string("more than one name"));
    if (S_ISREG(mode) && entry->sha256[0] == '\0')
        json_array_append_new(list, json_string("not digested"));
    if (!plain_name(entry->path))
        json_array_append_new(list, json_string("name is not plain ASCII"));
    return list;
}

static bool add_output(const struct tree_entry *entry, void *context)
{
    struct listing *l = context;
    json_t *odd = oddities(entry);

    l->entries++;
    l->odd += json_array_size(odd) != 0;
    if (json_array_size(l->list) >= OUTPUTS_LISTED) {
        json_decref(odd);
        return true;
    }
    return json_array_append_new(
               l->list,
               json_pack("{s:o, s:o, s:s, s:I, s:o, s:o}", "path", document_string(entry->path),
                         "path_b64", document_base64(entry->path, strlen(entry->path)), "type",
                         type_name(entry->st.st_mode), "size",
                         S_ISREG(entry->st.st_mode) ? (json_int_t)entry->st.st_size : (json_int_t)0,
                         "sha256",
                         entry->sha256[0] != '\0' ? json_string(entry->sha256) : json_null(), "odd",
                         odd)) == 0;
}

json_t *outputs_json(int dirfd, unsigned long *entries, unsigned long *odd, bool *complete,
                     struct error *e)
{
    struct listing l = {.list = json_array()};

    error_set(e, EXIT_DENYBOX, "cannot list the outputs: out of memory");
    if (!tree_walk(dirfd, OUTPUTS_DIGESTED, add_output, &l, e)) {
        json_decref(l.list);
        return NULL;
    }
    *entries = l.entries;
    *odd = l.odd;
    *complete = l.entries <= OUTPUTS_LISTED;
    return l.list;
}
