/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_TESTS_ELF_WRITER_H
#define DENYBOX_TESTS_ELF_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* A library that nobody could call: headers, a dynamic section and its strings. */
struct elf_spec {
    const char *needed[8]; /* ends in NULL */
    const char *soname;    /* NULL: none, and so with the rest */
    const char *rpath;
    const char *runpath;
    const char *interpreter;
    uint64_t flags_1;
    uint16_t machine; /* 0: this one */
};

#define ELF_IMAGE_MAX 4096

/* Where the parts are, for those who damage them. */
struct elf_layout {
    size_t length;
    size_t segments;
    size_t strings;
    size_t tags;
};

struct elf_layout elf_image(unsigned char image[ELF_IMAGE_MAX], const struct elf_spec *spec);

/* Writes it beneath the directory of the test. */
void elf_write(const char *name, const struct elf_spec *spec);

#endif
