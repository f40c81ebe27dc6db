/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ARCHIVE_ARCHIVE_H
#define DENYBOX_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* The one door to libarchive: tar, plain or packed by gzip or zstd. No other format is known, so
 * that none is guessed. */

/*
 * Where bytes come from. `read` puts at most `size` of them into the buffer and returns how many, 0
 * at the end, -1 with *e. `skip` passes over at most `n` without reading them and returns how many;
 * it is NULL where nothing can be passed over.
 */
struct byte_source {
    ssize_t (*read)(void *context, void *buffer, size_t size, struct error *e);
    int64_t (*skip)(void *context, int64_t n);
    void *context;
};

/* The bytes of a descriptor (context: int *), from where it stands. */
struct byte_source archive_of_fd(int *fd);

/*
 * What is packed by gzip or zstd, unpacked; what is not, as it is. NULL and *e when out of memory
 * or when the first bytes cannot be read. The source is borrowed.
 */
struct unpacker;
struct unpacker *unpacker_open(struct byte_source from, struct error *e);

/* The next unpacked bytes, as byte_source's read: the context is the unpacker. */
ssize_t unpacker_read(void *unpacker, void *buffer, size_t size, struct error *e);
void unpacker_close(struct unpacker *u);

enum tar_type { TAR_FILE, TAR_DIRECTORY, TAR_SYMLINK, TAR_HARDLINK, TAR_SPECIAL };

/* One member; the strings are valid until the next one. */
struct tar_entry {
    enum tar_type type; /* TAR_SPECIAL: a device, a FIFO or a socket */
    const char *path;   /* as written; any bytes but NUL */
    const char *target; /* of a link, else NULL */
    mode_t mode;        /* permission bits, setuid, setgid and sticky among them */
    uint64_t size;      /* of a file: how long it becomes */
    int64_t mtime;      /* seconds since the epoch */
};

enum tar_step { TAR_END, TAR_ENTRY, TAR_FAILED };

/*
 * Reads a tar archive once, from its beginning. `packed` allows gzip and zstd around it. NULL and
 * *e when it is no tar archive, or its first bytes cannot be read.
 */
struct tar_reader;
struct tar_reader *tar_open(struct byte_source from, bool packed, struct error *e);

/* Has what is passed over to be unpacked for that? */
bool tar_is_packed(const struct tar_reader *r);

/* Goes to the next member; what was not read of this one's data is passed over. */
enum tar_step tar_next(struct tar_reader *r, struct tar_entry *entry, struct error *e);

/*
 * The next run of the current member's data: *bytes is valid until the next call, *offset is where
 * it belongs (a gap is zeros). Returns 1, 0 at the end of the member, -1 with *e.
 */
int tar_data(struct tar_reader *r, const void **bytes, size_t *length, uint64_t *offset,
             struct error *e);
void tar_close(struct tar_reader *r);

/*
 * Writes a tar archive (ustar, pax where a name or a size needs it) that depends on what is put in
 * and its order alone: owner and group 0 without a name, the times of the epoch, modes as given.
 * tar_create returns NULL and *e when out of memory; the descriptor is borrowed. The rest returns
 * false with *e. Paths are relative, without "." and "..".
 */
struct tar_writer;
struct tar_writer *tar_create(int fd, struct error *e);
bool tar_put_directory(struct tar_writer *w, const char *path, mode_t mode, struct error *e);
bool tar_put_link(struct tar_writer *w, const char *path, const char *target, struct error *e);

/* The next file that is put in has this time, in seconds, and not that of the epoch. */
void tar_set_time(struct tar_writer *w, int64_t seconds);

/* `size` bytes of `file`, from its beginning; a file that turns out to be shorter is an error. */
bool tar_put_file(struct tar_writer *w, const char *path, mode_t mode, uint64_t size, int file,
                  struct error *e);

/* The end of the archive; then the writer is freed, whatever came of it. */
bool tar_finish(struct tar_writer *w, struct error *e);

/* Frees a writer whose archive is not wanted any more. */
void tar_abandon(struct tar_writer *w);

#endif
