/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/source.h"

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
#include "image/limit.h"

/* A link that leads to a link that ... */
#define FOLLOW_MAX 8

struct member {
    char *name; /* without "./" before and "/" after it */
    enum tar_type type;
    char *target;
    size_t place; /* the how manieth of the archive */
};

struct image_source {
    char *path;
    int fd;
    bool directory;
    uint64_t unpacked;      /* of a packed archive, as often as it was read */
    struct member *members; /* of an archive, sorted by name */
    size_t n_members;
};

struct source_file {
    int fd; /* of a directory's file; -1: of the archive */
    struct tar_reader *tar;
    const char *bytes; /* what is left of the run that tar_data gave */
    size_t left;
    uint64_t offset; /* how many bytes were read */
    bool ended;
};

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot read the image: out of memory");
}

static char *plain_name(const char *name)
{
    size_t length;

    while (strncmp(name, "./", 2) == 0)
        name += 2;
    length = strlen(name);
    while (length > 0 && name[length - 1] == '/')
        length--;
    return strndup(name, length);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static bool add_member(struct image_source *s, const struct tar_entry *entry, size_t place,
                       struct error *e)
{
    struct member *m;

    if (s->n_members >= IMAGE_MEMBERS_MAX)
        return error_set(e, EXIT_DENYBOX, "cannot read the image '%s': it has more than %d members",
                         text_show(s->path), IMAGE_MEMBERS_MAX);
    if ((s->n_members & (s->n_members - 1)) == 0) {
        m = reallocarray(s->members, s->n_members == 0 ? 1 : s->n_members * 2, sizeof *m);
        if (m == NULL)
            return out_of_memory(e);
        s->members = m;
    }
    m = &s->members[s->n_members++];
    *m = (struct member){.name = plain_name(entry->path), .type = entry->type, .place = place};
    m->target = entry->target != NULL ? strdup(entry->target) : NULL;
    return m->name != NULL && (entry->target == NULL || m->target != NULL) ? true
                                                                           : out_of_memory(e);
}

/* Of two members with one name, which is meant? Nobody has to know. */
static bool refuse_doubles(const struct image_source *s, struct error *e)
{
    for (size_t i = 1; i < s->n_members; i++) {
        const struct member *m = &s->members[i];

        if (strcmp(m->name, m[-1].name) == 0 &&
            (m->type != TAR_DIRECTORY || m[-1].type != TAR_DIRECTORY))
            return error_set(e, EXIT_DENYBOX, "cannot read the image '%s': it has '%s' twice",
                             text_show(s->path), text_show(m->name));
    }
    return true;
}

static struct tar_reader *rewind_archive(struct image_source *s, struct error *e)
{
    if (lseek(s->fd, 0, SEEK_SET) < 0) {
        error_errno(e, EXIT_DENYBOX, errno, "cannot read the image '%s'", text_show(s->path));
        return NULL;
    }
    return tar_open(archive_of_fd(&s->fd), true, e);
}

/* Counted by what a header says, before it is passed over. */
static enum tar_step next_member(struct image_source *s, struct tar_reader *r,
                                 struct tar_entry *entry, struct error *e)
{
    enum tar_step step = tar_next(r, entry, e);

    if (step != TAR_ENTRY || !tar_is_packed(r))
        return step;
    if (entry->size <= IMAGE_UNPACKED_MAX - s->unpacked) {
        s->unpacked += entry->size;
        return step;
    }
    error_set(e, EXIT_DENYBOX,
              "cannot read the image '%s': more than %lld bytes are to be unpacked",
              text_show(s->path), (long long)IMAGE_UNPACKED_MAX);
    error_hint(e, "unpack the archive: what is not packed can be passed over");
    return TAR_FAILED;
}

static bool list_members(struct image_source *s, struct error *e)
{
    struct tar_reader *r = rewind_archive(s, e);
    enum tar_step step = r != NULL ? TAR_ENTRY : TAR_FAILED;
    struct tar_entry entry;

    for (size_t place = 0; step == TAR_ENTRY; place++) {
        step = next_member(s, r, &entry, e);
        if (step == TAR_ENTRY && !add_member(s, &entry, place, e))
            step = TAR_FAILED;
    }
    tar_close(r);
    if (step == TAR_FAILED)
        return false;
    if (s->n_members == 0)
        return error_set(e, EXIT_DENYBOX, "cannot read the image '%s': it is an empty archive",
                         text_show(s->path));
    qsort(s->members, s->n_members, sizeof *s->members, by_name);
    return refuse_doubles(s, e);
}

static bool open_place(struct image_source *s, struct error *e)
{
    struct stat st;

    s->fd = io_open_tree(AT_FDCWD, s->path, 0, &st);
    if (s->fd < 0 && st.st_mode != 0)
        return error_set(e, EXIT_DENYBOX,
                         "cannot open the image '%s': neither a directory nor a regular file",
                         text_show(s->path));
    if (s->fd < 0)
        return error_errno(e, EXIT_DENYBOX, errno, "cannot open the image '%s'",
                           text_show(s->path));
    s->directory = S_ISDIR(st.st_mode);
    return s->directory || list_members(s, e);
}

struct image_source *source_open(const char *path, struct error *e)
{
    struct image_source *s = calloc(1, sizeof *s);

    if (s == NULL) {
        out_of_memory(e);
        return NULL;
    }
    s->fd = -1;
    s->path = strdup(path);
    if (s->path == NULL)
        out_of_memory(e);
    else if (open_place(s, e))
        return s;
    source_close(s);
    return NULL;
}

void source_close(struct image_source *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_members; i++) {
        free(s->members[i].name);
        free(s->members[i].target);
    }
    free(s->members);
    free(s->path);
    io_close(&s->fd);
    free(s);
}

/* Where a link of the archive leads, by its text: "ID/layer.tar -> ../OTHER/layer.tar" is how a
 * layer is named twice. False when it leads out. */
static bool join(const char *link, const char *target, char joined[PATH_MAX])
{
    char text[PATH_MAX];
    const char *slash = strrchr(link, '/');
    int n = snprintf(text, sizeof text, "%.*s/%s", slash != NULL ? (int)(slash - link) : 0, link,
                     target);
    size_t used = 0;
    char *rest = text;

    if (n < 0 || n >= PATH_MAX || target[0] == '/')
        return false;
    joined[0] = '\0';
    for (char *part; (part = strsep(&rest, "/")) != NULL;) {
        if (part[0] == '\0' || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0) {
            char *last = strrchr(joined, '/');

            if (used == 0)
                return false;
            used = last != NULL ? (size_t)(last - joined) : 0;
            joined[used] = '\0';
        } else {
            used += (size_t)snprintf(joined + used, PATH_MAX - used, "%s%s", used != 0 ? "/" : "",
                                     part);
        }
    }
    return true;
}

static const struct member *find_member(const struct image_source *s, const char *name)
{
    char path[PATH_MAX];

    if (strlen(name) >= sizeof path)
        return NULL;
    strcpy(path, name);
    for (int i = 0; i < FOLLOW_MAX; i++) {
        struct member wanted = {.name = path};
        const struct member *m =
            bsearch(&wanted, s->members, s->n_members, sizeof *s->members, by_name);
        char next[PATH_MAX];

        if (m == NULL || m->type == TAR_FILE)
            return m;
        /* A hard link names the other from the top of the archive. */
        if ((m->type != TAR_SYMLINK && m->type != TAR_HARDLINK) ||
            !join(m->type == TAR_SYMLINK ? m->name : "", m->target, next))
            return NULL;
        strcpy(path, next);
    }
    return NULL;
}

static int open_in_directory(const struct image_source *s, const char *name)
{
    struct stat st;
    int fd = io_open_file(s->fd, name, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, &st);

    if (fd < 0 && st.st_mode != 0)
        errno = ENOENT;
    return fd;
}

bool source_has(const struct image_source *s, const char *name)
{
    int fd;
    bool there;

    if (!s->directory)
        return find_member(s, name) != NULL;
    fd = open_in_directory(s, name);
    /* What cannot be read is there: who opens it says why not. */
    there = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
    io_close(&fd);
    return there;
}

static bool go_to(struct image_source *s, struct source_file *f, size_t place, struct error *e)
{
    struct tar_entry entry;

    for (size_t i = 0; i <= place; i++) {
        enum tar_step step = next_member(s, f->tar, &entry, e);

        if (step == TAR_END)
            return error_set(e, EXIT_DENYBOX, "cannot read the image: it has changed meanwhile");
        if (step == TAR_FAILED)
            return false;
    }
    return true;
}

static bool open_member(struct image_source *s, const char *name, struct source_file *f,
                        struct error *e)
{
    const struct member *m = find_member(s, name);

    if (m == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot read '%s' of the image: %s", text_show(name),
                         strerror(ENOENT));
    f->tar = rewind_archive(s, e);
    return f->tar != NULL && go_to(s, f, m->place, e);
}

struct source_file *source_file_open(struct image_source *s, const char *name, struct error *e)
{
    struct source_file *f = calloc(1, sizeof *f);
    bool ok;

    if (f == NULL) {
        out_of_memory(e);
        return NULL;
    }
    f->fd = s->directory ? open_in_directory(s, name) : -1;
    if (!s->directory)
        ok = open_member(s, name, f, e);
    else
        ok = f->fd >= 0 ? true
                        : error_errno(e, EXIT_DENYBOX, errno, "cannot read '%s' of the image",
                                      text_show(name));
    if (ok)
        return f;
    source_file_close(f);
    return NULL;
}

/* A file of a tar archive may be sparse: the gap before a run is zeros. */
static ssize_t member_read(struct source_file *f, void *buffer, size_t size, struct error *e)
{
    const void *bytes = NULL;
    uint64_t offset;

    while (f->left == 0 && !f->ended) {
        int got = tar_data(f->tar, &bytes, &f->left, &offset, e);

        if (got < 0)
            return -1;
        f->ended = got == 0;
        if (got == 0)
            f->left = 0;
        else if (offset != f->offset) {
            error_set(e, EXIT_DENYBOX,
                      "cannot read the image: a sparse file is not expected there");
            return -1;
        }
        f->bytes = bytes;
    }
    if (size > f->left)
        size = f->left;
    if (size == 0)
        return 0;
    memcpy(buffer, f->bytes, size);
    f->bytes += size;
    f->left -= size;
    f->offset += size;
    return (ssize_t)size;
}

static ssize_t file_read(void *context, void *buffer, size_t size, struct error *e)
{
    struct source_file *f = context;

    if (f->tar != NULL)
        return member_read(f, buffer, size, e);
    return archive_of_fd(&f->fd).read(&f->fd, buffer, size, e);
}

struct byte_source source_file_bytes(struct source_file *f)
{
    return (struct byte_source){.read = file_read, .context = f};
}

void source_file_close(struct source_file *f)
{
    if (f == NULL)
        return;
    tar_close(f->tar);
    io_close(&f->fd);
    free(f);
}

bool source_read(struct image_source *s, const char *name, size_t max, struct buf *b,
                 struct error *e)
{
    struct source_file *f = source_file_open(s, name, e);
    size_t begin = b->length;
    char bytes[16384];
    ssize_t n = f != NULL ? 1 : -1;

    while (n > 0 && !b->failed) {
        n = file_read(f, bytes, sizeof bytes, e);
        if (n > 0)
            buf_add(b, bytes, (size_t)n);
        if (b->length - begin > max) {
            error_set(e, EXIT_DENYBOX, "cannot read '%s' of the image: it has more than %zu bytes",
                      text_show(name), max);
            n = -1;
        }
    }
    source_file_close(f);
    return n >= 0 && b->failed ? out_of_memory(e) : n == 0;
}
