/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_ELF_FILE_H
#define DENYBOX_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * An ELF file as the loader sees it: by program headers and the dynamic section alone. Section
 * headers are for linkers and debuggers; a file can have none, or others than it is loaded by.
 * libelf does the reading, byte order and class included; this is its one door.
 */

struct Elf;

struct elf_segment {
    uint32_t type;  /* PT_ */
    uint32_t flags; /* PF_ */
    uint64_t offset;
    uint64_t vaddr;
    uint64_t filesz;
    uint64_t memsz;
};

struct elf_tag {
    int64_t tag; /* DT_ */
    uint64_t value;
};

struct elf_file {
    struct Elf *elf;
    const char *path; /* borrowed, for messages */
    int elf_class;    /* ELFCLASS */
    int data;         /* ELFDATA */
    uint16_t machine; /* EM_ */
    uint16_t type;    /* ET_ */
    uint64_t size;    /* of the file */
    uint64_t headers; /* where in the file the program headers are */
    struct elf_segment *segments;
    size_t n_segments;
    struct elf_tag *tags; /* of PT_DYNAMIC, without DT_NULL; none in a static program */
    size_t n_tags;
    uint64_t strings;      /* the address of DT_STRTAB */
    uint64_t strings_size; /* as much of it as there is in the file; 0: none */
};

/* Is it an ELF file at all (by its first bytes)? */
bool elf_file_is(int fd);

/* Reads the headers. `fd` stays the caller's, and open as long as *f. False and *e (exit 126): not
 * ELF, truncated, damaged; *f is then released. */
bool elf_file_open(struct elf_file *f, int fd, const char *path, struct error *e);

void elf_file_close(struct elf_file *f);

/* The bytes at an address of the loaded program, that are in the file: `size` of them, or NULL.
 * They belong to *f. */
const void *elf_file_at(struct elf_file *f, uint64_t vaddr, uint64_t size);

/* The bytes of segment `i`, as many as its filesz says, or NULL: where it is not loaded, is
 * truncated, or is not less than *left. That goes down by them, for what is read stays in memory.
 */
const void *elf_file_segment(struct elf_file *f, size_t i, uint64_t *left);

/* How many bytes of the file there are from this address to the end of its segment; 0: none. */
uint64_t elf_file_room(const struct elf_file *f, uint64_t vaddr);

/* The first tag of that kind; false: there is none. */
bool elf_file_tag(const struct elf_file *f, int64_t tag, uint64_t *value);

/* The string at an index of DT_STRTAB, ended by a NUL within it; NULL: damaged. Belongs to *f. */
const char *elf_file_string(struct elf_file *f, uint64_t index);

/* PT_INTERP, or NULL where there is none; false and *e when it is damaged. Belongs to *f. */
bool elf_file_interpreter(struct elf_file *f, const char **interpreter, struct error *e);

/* Sets *e: "cannot read 'PATH': what", exit 126. Always false. */
bool elf_file_refuse(const struct elf_file *f, struct error *e, const char *what);

#endif
