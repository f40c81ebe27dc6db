/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/packing.h"
#include "base/text.h"

#define CHUNK (64U << 10)

/* What reading needs, of an archive and of packed bytes alike. */
struct input {
    struct archive *archive;
    struct byte_source from;
    struct error failure; /* of the source */
    bool failed;
    char buffer[CHUNK];
    unsigned char first[PACKED_BYTE_MAX +
                        MAGIC_LENGTH]; /* what on_read gives out before what the source has */
    size_t n_first;
};

struct unpacker {
    struct input in;
    bool began;
};

struct tar_reader {
    struct input in;
    struct unpacker *unpacker; /* owned; NULL: it is not packed */
};

struct tar_writer {
    struct archive *archive;
    int64_t time; /* of the next member */
};

static ssize_t fd_read(void *context, void *buffer, size_t size, struct error *e)
{
    ssize_t n;

    do
        n = read(*(int *)context, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        error_errno(e, EXIT_DENYBOX, errno, "cannot read the archive");
    return n;
}

/* Beyond the end lseek would go too: then what is missing would not be missed. */
static int64_t fd_skip(void *context, int64_t n)
{
    int fd = *(int *)context;
    off_t here = lseek(fd, 0, SEEK_CUR);
    struct stat st;

    if (here < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size - here < n)
        return 0;
    return lseek(fd, n, SEEK_CUR) < 0 ? 0 : n;
}

struct byte_source archive_of_fd(int *fd)
{
    return (struct byte_source){.read = fd_read, .skip = fd_skip, .context = fd};
}

static la_ssize_t on_read(struct archive *a, void *context, const void **buffer)
{
    struct input *in = context;
    size_t first = in->n_first;
    ssize_t n;

    (void)a;
    if (first != 0) {
        in->n_first = 0;
        *buffer = in->first;
        return (la_ssize_t)first;
    }
    n = in->from.read(in->from.context, in->buffer, sizeof in->buffer, &in->failure);
    *buffer = in->buffer;
    in->failed = n < 0;
    return n < 0 ? ARCHIVE_FATAL : (la_ssize_t)n;
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t n)
{
    struct input *in = context;

    (void)a;
    return in->from.skip != NULL && in->n_first == 0 ? in->from.skip(in->from.context, n) : 0;
}

/* The source's own words, where it was the source that failed. */
static bool fail(struct input *in, struct error *e)
{
    const char *why = in->failed ? NULL : archive_error_string(in->archive);

    if (in->failed)
        *e = in->failure;
    else
        error_set(e, EXIT_DENYBOX, "cannot read the archive: %s",
                  why != NULL ? text_show(why) : "it is damaged");
    return false;
}

/* Reads the first bytes, to be given out again by on_read. False when they cannot be read. */
static bool look_at(struct input *in, struct byte_source from, const struct packing **packing)
{
    ssize_t n = 1;

    in->from = from;
    while (n > 0 && in->n_first < MAGIC_LENGTH) {
        n = from.read(from.context, in->first + in->n_first, MAGIC_LENGTH - in->n_first,
                      &in->failure);
        in->n_first += n > 0 ? (size_t)n : 0;
    }
    in->failed = n < 0;
    *packing = in->n_first == MAGIC_LENGTH ? packing_of(in->first) : NULL;
    return !in->failed;
}

static bool begin(struct input *in, bool tar, const struct packing *packing, struct error *e)
{
    int bad;

    in->archive = archive_read_new();
    if (in->archive == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot read the archive: out of memory");
    bad = tar ? archive_read_support_format_tar(in->archive)
              : archive_read_support_format_raw(in->archive);
    if (bad == ARCHIVE_OK && packing != NULL)
        bad = packing->by == BY_GZIP ? archive_read_support_filter_gzip(in->archive)
                                     : archive_read_support_filter_zstd(in->archive);
    if (bad == ARCHIVE_OK)
        bad = archive_read_open2(in->archive, in, NULL, on_read, on_skip, NULL);
    return bad == ARCHIVE_OK ? true : fail(in, e);
}

/*
 * Left to itself libarchive unpacks what is packed twice, and so on. What is in between can be a
 * million times as long as the file, and come to nothing in the end: no limit of what comes out
 * would be of use. So the first byte that comes out is one of ours, which no packed file begins
 * with, and is taken away again.
 */
static bool begin_packed(struct unpacker *u, const struct packing *packing, struct error *e)
{
    unsigned char byte;

    memmove(u->in.first + packing->length, u->in.first, u->in.n_first);
    memcpy(u->in.first, packing->byte, packing->length);
    u->in.n_first += packing->length;
    return begin(&u->in, false, packing, e) && unpacker_read(u, &byte, 1, e) == 1;
}

static struct unpacker *new_unpacker(struct error *e)
{
    struct unpacker *u = calloc(1, sizeof *u);

    if (u == NULL)
        error_set(e, EXIT_DENYBOX, "cannot read the archive: out of memory");
    return u;
}

struct unpacker *unpacker_open(struct byte_source from, struct error *e)
{
    struct unpacker *u = new_unpacker(e);
    const struct packing *packing = NULL;
    bool ok = u != NULL && (look_at(&u->in, from, &packing) || fail(&u->in, e));

    ok = ok && (packing != NULL ? begin_packed(u, packing, e) : begin(&u->in, false, NULL, e));
    if (ok)
        return u;
    unpacker_close(u);
    return NULL;
}

ssize_t unpacker_read(void *unpacker, void *buffer, size_t size, struct error *e)
{
    struct unpacker *u = unpacker;
    struct archive_entry *entry;
    la_ssize_t n;

    if (!u->began && archive_read_next_header(u->in.archive, &entry) != ARCHIVE_OK) {
        fail(&u->in, e);
        return -1;
    }
    u->began = true;
    n = archive_read_data(u->in.archive, buffer, size);
    if (n < 0)
        fail(&u->in, e);
    return n < 0 ? -1 : n;
}

void unpacker_close(struct unpacker *u)
{
    if (u == NULL)
        return;
    archive_read_free(u->in.archive);
    free(u);
}

/* What is packed comes through an unpacker; what is not can be passed over without being read. */
static bool open_tar(struct tar_reader *r, struct byte_source from, bool packed, struct error *e)
{
    const struct packing *packing = NULL;

    r->in.from = from;
    if (packed && !look_at(&r->in, from, &packing))
        return fail(&r->in, e);
    if (packing == NULL)
        return begin(&r->in, true, NULL, e);
    r->unpacker = new_unpacker(e);
    if (r->unpacker == NULL)
        return false;
    r->unpacker->in = r->in;
    r->in.n_first = 0;
    r->in.from = (struct byte_source){.read = unpacker_read, .context = r->unpacker};
    return begin_packed(r->unpacker, packing, e) && begin(&r->in, true, NULL, e);
}

struct tar_reader *tar_open(struct byte_source from, bool packed, struct error *e)
{
    struct tar_reader *r = calloc(1, sizeof *r);

    if (r == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot read the archive: out of memory");
        return NULL;
    }
    if (open_tar(r, from, packed, e))
        return r;
    tar_close(r);
    return NULL;
}

bool tar_is_packed(const struct tar_reader *r)
{
    return r->unpacker != NULL;
}

static void describe(struct archive_entry *from, struct tar_entry *entry)
{
    const char *hard = archive_entry_hardlink(from);

    *entry = (struct tar_entry){
        .path = archive_entry_pathname(from),
        .mode = archive_entry_perm(from),
        .mtime = archive_entry_mtime(from),
        .type = TAR_SPECIAL,
    };
    if (hard != NULL) {
        entry->type = TAR_HARDLINK;
        entry->target = hard;
    } else if (archive_entry_filetype(from) == AE_IFREG) {
        entry->type = TAR_FILE;
        entry->size = archive_entry_size(from) > 0 ? (uint64_t)archive_entry_size(from) : 0;
    } else if (archive_entry_filetype(from) == AE_IFDIR) {
        entry->type = TAR_DIRECTORY;
    } else if (archive_entry_filetype(from) == AE_IFLNK) {
        entry->type = TAR_SYMLINK;
        entry->target = archive_entry_symlink(from);
    }
}

enum tar_step tar_next(struct tar_reader *r, struct tar_entry *entry, struct error *e)
{
    struct archive_entry *found;
    int result = archive_read_next_header(r->in.archive, &found);

    if (result == ARCHIVE_EOF)
        return TAR_END;
    /* A warning is of a name that is not in the locale's characters: the bytes are there as they
     * were written, which is what is wanted. */
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        fail(&r->in, e);
        return TAR_FAILED;
    }
    describe(found, entry);
    if (entry->path != NULL && (entry->type != TAR_SYMLINK || entry->target != NULL))
        return TAR_ENTRY;
    error_set(e, EXIT_DENYBOX, "cannot read the archive: a member has no name that can be read");
    return TAR_FAILED;
}

int tar_data(struct tar_reader *r, const void **bytes, size_t *length, uint64_t *offset,
             struct error *e)
{
    la_int64_t at = 0;
    int result = archive_read_data_block(r->in.archive, bytes, length, &at);

    if (result == ARCHIVE_EOF)
        return 0;
    if (result != ARCHIVE_OK || at < 0) {
        fail(&r->in, e);
        return -1;
    }
    *offset = (uint64_t)at;
    return 1;
}

void tar_close(struct tar_reader *r)
{
    if (r == NULL)
        return;
    archive_read_free(r->in.archive);
    unpacker_close(r->unpacker);
    free(r);
}

static bool cannot_write(struct tar_writer *w, const char *path, struct error *e)
{
    int number = archive_errno(w->archive);
    const char *why = archive_error_string(w->archive);

    if (number > 0)
        return error_errno(e, EXIT_DENYBOX, number, "cannot write '%s' to the archive",
                           text_show(path));
    return error_set(e, EXIT_DENYBOX, "cannot write '%s' to the archive: %s", text_show(path),
                     why != NULL ? text_show(why) : "unknown reason");
}

struct tar_writer *tar_create(int fd, struct error *e)
{
    struct tar_writer *w = calloc(1, sizeof *w);

    if (w != NULL)
        w->archive = archive_write_new();
    if (w == NULL || w->archive == NULL) {
        error_set(e, EXIT_DENYBOX, "cannot write the archive: out of memory");
        free(w);
        return NULL;
    }
    /* Restricted: pax records only where ustar has no room. A last block of one byte: no padding
     * that depends on the kind of file. */
    if (archive_write_set_format_pax_restricted(w->archive) == ARCHIVE_OK &&
        archive_write_add_filter_none(w->archive) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(w->archive, 1) == ARCHIVE_OK &&
        archive_write_open_fd(w->archive, fd) == ARCHIVE_OK)
        return w;
    cannot_write(w, "the beginning", e);
    tar_abandon(w);
    return NULL;
}

static bool is_ascii(const char *text)
{
    while ((unsigned char)(*text - 1) < 0x7f)
        text++;
    return *text == '\0';
}

/* A name is bytes. This program keeps the locale "C", in which libarchive cannot make UTF-8 of
 * other bytes than ASCII: it writes them as they are, says so in a pax record, and warns. To have
 * that for every member from the start would make GNU tar remark on each. */
static bool is_written(int result, const char *path, const char *target)
{
    return result == ARCHIVE_OK ||
           (result == ARCHIVE_WARN && (!is_ascii(path) || (target != NULL && !is_ascii(target))));
}

static bool put_header(struct tar_writer *w, const char *path, mode_t mode, uint64_t size,
                       const char *target, struct error *e)
{
    struct archive_entry *entry = archive_entry_new();
    bool ok;

    if (entry == NULL)
        return error_set(e, EXIT_DENYBOX, "cannot write the archive: out of memory");
    archive_entry_set_pathname(entry, path);
    archive_entry_set_mode(entry, mode);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, (time_t)w->time, 0);
    w->time = 0;
    if (target != NULL)
        archive_entry_set_symlink(entry, target);
    ok = is_written(archive_write_header(w->archive, entry), path, target);
    archive_entry_free(entry);
    return ok ? true : cannot_write(w, path, e);
}

bool tar_put_directory(struct tar_writer *w, const char *path, mode_t mode, struct error *e)
{
    return put_header(w, path, S_IFDIR | (mode & 07777), 0, NULL, e);
}

bool tar_put_link(struct tar_writer *w, const char *path, const char *target, struct error *e)
{
    return put_header(w, path, S_IFLNK | 0777, 0, target, e);
}

void tar_set_time(struct tar_writer *w, int64_t seconds)
{
    w->time = seconds;
}

bool tar_put_file(struct tar_writer *w, const char *path, mode_t mode, uint64_t size, int file,
                  struct error *e)
{
    char buffer[CHUNK];
    uint64_t done = 0;

    if (!put_header(w, path, S_IFREG | (mode & 07777), size, NULL, e))
        return false;
    while (done < size) {
        size_t want = size - done < sizeof buffer ? (size_t)(size - done) : sizeof buffer;
        ssize_t n = pread(file, buffer, want, (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(e, EXIT_DENYBOX, errno, "cannot read '%s'", text_show(path));
        if (n == 0)
            return error_set(e, EXIT_DENYBOX, "cannot read '%s': it became shorter meanwhile",
                             text_show(path));
        if (archive_write_data(w->archive, buffer, (size_t)n) != n)
            return cannot_write(w, path, e);
        done += (uint64_t)n;
    }
    return true;
}

bool tar_finish(struct tar_writer *w, struct error *e)
{
    bool ok = archive_write_close(w->archive) == ARCHIVE_OK;

    if (!ok)
        cannot_write(w, "the end", e);
    archive_write_free(w->archive);
    free(w);
    return ok;
}

/* Without archive_write_fail it would write the end of the archive as well. */
void tar_abandon(struct tar_writer *w)
{
    if (w == NULL)
        return;
    archive_write_fail(w->archive);
    archive_write_free(w->archive);
    free(w);
}
