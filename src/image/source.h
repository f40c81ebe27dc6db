/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_IMAGE_SOURCE_H
#define DENYBOX_IMAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "archive/archive.h"
#include "base/buf.h"
#include "base/error.h"

/*
 * What an image is read from: a directory, or a tar archive, plain or packed. Both are files by
 * name; nothing of them is trusted, and nothing is written. Of an archive, a packed one above all,
 * each file costs reading up to it: the archive is not unpacked anywhere.
 */
struct image_source;

/* Opens the directory or the archive; of an archive all names are read. NULL and *e. */
struct image_source *source_open(const char *path, struct error *e);
void source_close(struct image_source *s);

/* Is there a regular file of that name? */
bool source_has(const struct image_source *s, const char *name);

/* All of a file, at most `max` bytes, added to *b. False and *e. */
bool source_read(struct image_source *s, const char *name, size_t max, struct buf *b,
                 struct error *e);

/* A file as it comes; at most one of a source is open at a time. */
struct source_file;
struct source_file *source_file_open(struct image_source *s, const char *name, struct error *e);
struct byte_source source_file_bytes(struct source_file *f);
void source_file_close(struct source_file *f);

#endif
