/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf/file.h"
#include "elf_writer.h"
#include "support.h"

static struct error e;
static struct elf_file file;
static unsigned char image[ELF_IMAGE_MAX];

static const struct elf_spec library = {.needed = {"liba.so", "libb.so"},
                                        .soname = "libs.so.1",
                                        .runpath = "$ORIGIN/x",
                                        .interpreter = "/lib/ld.so"};

static bool open_bytes(const void *bytes, size_t length)
{
    return elf_file_open(&file, support_memfd(bytes, length), "x", &e);
}

static const char *text_of(int64_t tag)
{
    uint64_t index;

    return elf_file_tag(&file, tag, &index) ? elf_file_string(&file, index) : NULL;
}

START_TEST(what_was_written_is_read)
{
    struct elf_layout layout = elf_image(image, &library);
    const char *interpreter;

    ck_assert_msg(open_bytes(image, layout.length), "%s", e.text);
    ck_assert_int_eq(file.elf_class, ELFCLASS64);
    ck_assert_int_eq(file.type, ET_DYN);
    ck_assert_uint_eq(file.n_segments, 3);
    ck_assert_str_eq(text_of(DT_NEEDED), "liba.so");
    ck_assert_str_eq(text_of(DT_SONAME), "libs.so.1");
    ck_assert_str_eq(text_of(DT_RUNPATH), "$ORIGIN/x");
    ck_assert_ptr_null(text_of(DT_RPATH));
    ck_assert(elf_file_interpreter(&file, &interpreter, &e));
    ck_assert_str_eq(interpreter, "/lib/ld.so");
    elf_file_close(&file);
}
END_TEST

START_TEST(a_static_program_has_no_tags)
{
    unsigned char program[SUPPORT_ELF_MAX];
    size_t length = support_elf(program, NULL);
    const char *interpreter = "x";

    ck_assert(open_bytes(program, length));
    ck_assert_uint_eq(file.n_tags, 0);
    ck_assert(elf_file_interpreter(&file, &interpreter, &e));
    ck_assert_ptr_null(interpreter);
    elf_file_close(&file);
}
END_TEST

START_TEST(what_is_no_elf_file_is_refused)
{
    ck_assert(!open_bytes("", 0));
    ck_assert_str_eq(e.text, "cannot read 'x': it is not an ELF file");
    ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
    ck_assert(!open_bytes("#!/bin/sh\n", 10));
    ck_assert(!elf_file_open(&file, support_fd(), "x", &e));
    ck_assert_str_eq(e.text, "cannot read 'x': it is not a regular file");
}
END_TEST

/* Cut anywhere before the end of the dynamic section, it is refused or has lost what is missing. */
START_TEST(a_truncated_file_is_no_fault)
{
    struct elf_layout layout = elf_image(image, &library);

    for (size_t length = 0; length < layout.length; length++) {
        bool ok = open_bytes(image, length);

        ck_assert_msg(!ok, "cut to %zu bytes", length);
        ck_assert_int_eq(strncmp(e.text, "cannot read 'x': ", 17), 0);
    }
}
END_TEST

static void put_number(size_t at, uint64_t value)
{
    memcpy(image + at, &value, sizeof value);
}

/* The loader takes the section by its address: a file whose header says otherwise is refused. */
START_TEST(address_and_offset_must_agree)
{
    struct elf_layout layout = elf_image(image, &library);

    put_number(layout.segments + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_offset),
               layout.tags - 8);
    ck_assert(!open_bytes(image, layout.length));
    ck_assert_str_eq(e.text, "cannot read 'x': its dynamic section is truncated or damaged");
}
END_TEST

START_TEST(a_string_outside_the_table_is_none)
{
    struct elf_layout layout = elf_image(image, &library);

    put_number(layout.tags + offsetof(Elf64_Dyn, d_un), 100000);
    ck_assert(open_bytes(image, layout.length));
    ck_assert_ptr_null(text_of(DT_NEEDED));
    ck_assert_ptr_null(elf_file_string(&file, UINT64_MAX));
    elf_file_close(&file);
}
END_TEST

START_TEST(an_interpreter_without_an_end_is_refused)
{
    struct elf_layout layout = elf_image(image, &library);
    const char *interpreter;
    uint64_t size = strlen(library.interpreter);

    put_number(layout.segments + 2 * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz), size);
    ck_assert(open_bytes(image, layout.length));
    ck_assert(!elf_file_interpreter(&file, &interpreter, &e));
    ck_assert_str_eq(e.text, "cannot read 'x': the name of its loader is damaged");
    elf_file_close(&file);
}
END_TEST

#define MUCH ((size_t)64 << 20)

/* A file with holes has its length for nothing: what is too long is not read to find out. */
START_TEST(a_long_dynamic_section_is_not_read)
{
    struct elf_layout layout = elf_image(image, &library);
    size_t before = support_peak();
    int fd;

    put_number(layout.segments + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz), 4 * MUCH);
    fd = support_memfd(image, layout.length);
    ck_assert_int_eq(ftruncate(fd, 5 * MUCH), 0);
    ck_assert(!elf_file_open(&file, fd, "x", &e));
    ck_assert_str_eq(e.text, "cannot read 'x': its dynamic section is truncated or damaged");
    ck_assert_uint_lt(support_peak() - before, MUCH);
}
END_TEST

/* Two million sections, says the header of the first one. */
START_TEST(sections_without_a_count_are_refused)
{
    struct elf_layout layout = elf_image(image, &library);
    Elf64_Shdr first = {.sh_size = 2000000};
    size_t at = (layout.length + 7) & ~(size_t)7;

    memcpy(image + at, &first, sizeof first);
    put_number(offsetof(Elf64_Ehdr, e_shoff), at);
    ck_assert(!open_bytes(image, at + sizeof first));
    ck_assert_str_eq(e.text, "cannot read 'x': its section headers are damaged");
    image[offsetof(Elf64_Ehdr, e_shnum)] = 1;
    ck_assert_msg(open_bytes(image, at + sizeof first), "%s", e.text);
    elf_file_close(&file);
}
END_TEST

/* Each tag names another end of one long text: it is in memory once. */
START_TEST(strings_are_read_once)
{
    enum { TAGS = 4000, TEXT = 60000 };
    struct elf_layout layout = elf_image(image, &library);
    size_t strings = ELF_IMAGE_MAX + (TAGS + 3) * sizeof(Elf64_Dyn);
    size_t length = strings + TEXT;
    unsigned char *large = calloc(1, length);
    Elf64_Dyn *tag;
    size_t before;

    ck_assert_ptr_nonnull(large);
    for (int i = 0; i < 2; i++)
        put_number(layout.segments + offsetof(Elf64_Phdr, p_filesz) + i * 8U, length);
    layout.segments += sizeof(Elf64_Phdr);
    put_number(layout.segments + offsetof(Elf64_Phdr, p_offset), ELF_IMAGE_MAX);
    put_number(layout.segments + offsetof(Elf64_Phdr, p_vaddr), ELF_IMAGE_MAX);
    put_number(layout.segments + offsetof(Elf64_Phdr, p_filesz), strings - ELF_IMAGE_MAX);
    memcpy(large, image, ELF_IMAGE_MAX);
    memset(large + strings, 'x', TEXT - 1);
    tag = (Elf64_Dyn *)(large + ELF_IMAGE_MAX);
    *tag++ = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un = {.d_val = strings}};
    *tag++ = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un = {.d_val = TEXT}};
    for (unsigned i = 0; i < TAGS; i++)
        *tag++ = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un = {.d_val = i}};
    ck_assert_msg(open_bytes(large, length), "%s", e.text);
    ck_assert_uint_eq(file.n_tags, TAGS + 2);
    before = support_peak();
    for (size_t i = 2; i < file.n_tags; i++)
        ck_assert_uint_eq(strlen(elf_file_string(&file, file.tags[i].value)), TEXT - 1 - (i - 2));
    ck_assert_uint_lt(support_peak() - before, MUCH);
    elf_file_close(&file);
    free(large);
}
END_TEST

/* Every byte, several values: read without a fault, or refused. */
START_TEST(mutations_are_no_fault)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct elf_layout layout = elf_image(image, &library);

    for (size_t at = 0; at < layout.length; at++) {
        unsigned char good = image[at];
        const char *interpreter;

        for (size_t i = 0; i < sizeof values; i++) {
            int fd;

            image[at] = values[i];
            fd = support_memfd(image, layout.length);
            if (elf_file_open(&file, fd, "x", &e)) {
                for (size_t j = 0; j < file.n_tags; j++)
                    elf_file_string(&file, file.tags[j].value);
                elf_file_interpreter(&file, &interpreter, &e);
                elf_file_close(&file);
            }
            close(fd);
        }
        image[at] = good;
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("elf_file");
    TCase *c = tcase_create("elf_file");

    support_directories(c);
    tcase_add_test(c, what_was_written_is_read);
    tcase_add_test(c, a_static_program_has_no_tags);
    tcase_add_test(c, what_is_no_elf_file_is_refused);
    tcase_add_test(c, a_truncated_file_is_no_fault);
    tcase_add_test(c, address_and_offset_must_agree);
    tcase_add_test(c, a_string_outside_the_table_is_none);
    tcase_add_test(c, an_interpreter_without_an_end_is_refused);
    tcase_add_test(c, a_long_dynamic_section_is_not_read);
    tcase_add_test(c, sections_without_a_count_are_refused);
    tcase_add_test(c, strings_are_read_once);
    tcase_add_test(c, mutations_are_no_fault);
    suite_add_tcase(s, c);
    return support_run(s);
}
