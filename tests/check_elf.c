/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/elf.h"
#include "support.h"

#define LOADER "/lib/ld.so"

#define CANNOT(what) "cannot run 'it': " what
#define SCRIPT_OR_INTERPRETER                                                                      \
    "a script's first line is #! and the path of its interpreter; or name the interpreter as the " \
    "command"
#define NEITHER CANNOT("it is neither an ELF program nor a #! script")
#define SHORT CANNOT("it is a truncated or 32-bit program")
#define BITS32 CANNOT("it is a 32-bit program, and the filter allows no 32-bit system calls")
#define MACHINE CANNOT("it is a program for another machine")
#define NO_PROGRAM CANNOT("it is an ELF file, but not a program")
#define HEADERS CANNOT("its program headers are damaged")
#define LOADER_NAME CANNOT("the name of its loader is damaged")
#define LOADER_PATH CANNOT("the name of its loader is not an absolute path")
#define TWO CANNOT("it names two loaders")

static unsigned char image[SUPPORT_ELF_MAX + 70000];
static size_t length;
static Elf64_Ehdr header;
static Elf64_Phdr headers[2]; /* load, interp */

static void start(void)
{
    memset(image, 0, sizeof image);
    length = support_elf(image, LOADER);
    memcpy(&header, image, sizeof header);
    memcpy(headers, image + sizeof header, sizeof headers);
}

static void put(void)
{
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, headers, sizeof headers);
}

static void expect(const char *text, const char *loader)
{
    int fd = support_memfd(image, length);
    char name[64] = "untouched";
    bool dynamic = loader == NULL;
    struct error e = {0};

    ck_assert_int_eq(elf_check(fd, "it", &dynamic, name, sizeof name, &e), text == NULL);
    if (text != NULL) {
        ck_assert_str_eq(e.text, text);
        ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
        ck_assert_str_eq(e.hint, strcmp(text, BITS32) == 0    ? "use a 64-bit build of it"
                                 : strcmp(text, NEITHER) == 0 ? SCRIPT_OR_INTERPRETER
                                                              : "");
    } else {
        ck_assert_int_eq(dynamic, loader != NULL);
        ck_assert_str_eq(name, loader != NULL ? loader : "untouched");
    }
    close(fd);
}

START_TEST(a_good_one_is_good)
{
    expect(NULL, LOADER);
    length = support_elf(image, NULL);
    expect(NULL, NULL);
}
END_TEST

/* The hand-made program is a program: the kernel runs it. */
START_TEST(a_real_static_program)
{
    char name[] = "it";
    char *argv[] = {name, NULL};
    char *none[] = {NULL};
    pid_t child;
    int status;
    int fd;

    length = support_elf(image, NULL);
    expect(NULL, NULL);
    fd = support_memfd(image, length);
    child = fork();
    if (child == 0) {
        fexecve(fd, argv, none);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

static int find_interp(struct dl_phdr_info *info, size_t size, void *found)
{
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *(const char **)found = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
    return 1; /* the program itself comes first */
}

/* This very test: what the file says is what the kernel has loaded. */
START_TEST(a_real_dynamic_program)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const char *loaded = NULL;
    char name[PATH_MAX];
    bool dynamic = false;
    struct error e = {0};

    dl_iterate_phdr(find_interp, (void *)&loaded);
    ck_assert_ptr_nonnull(loaded);
    ck_assert_msg(elf_check(fd, "it", &dynamic, name, sizeof name, &e), "%s", e.text);
    ck_assert(dynamic);
    ck_assert_str_eq(name, loaded);
    close(fd);
}
END_TEST

static const struct content {
    const char *bytes;
    size_t length;
    const char *text;
} contents[] = {
    {BYTES(""), NEITHER},
    {BYTES("\177EL"), NEITHER},
    {BYTES("\177ELF"), SHORT},
    {BYTES("\177ELG"
           "0123456789012345678901234567890123456789012345678901234567890123"),
     NEITHER},
    {BYTES("echo hello\n"), NEITHER},
    {BYTES("MZ\x90"), NEITHER},
    {BYTES("\177elf"), NEITHER},
};

START_TEST(what_is_none_is_called_so)
{
    memcpy(image, contents[_i].bytes, contents[_i].length);
    length = contents[_i].length;
    expect(contents[_i].text, NULL);
}
END_TEST

/* Cut anywhere, it is refused; the first bytes decide what it is called. */
START_TEST(a_truncated_one_is_refused)
{
    const size_t whole = length;

    for (length = 0; length < whole; length++) {
        const char *text = length < 4                                ? NEITHER
                           : length < sizeof header                  ? SHORT
                           : length < sizeof header + sizeof headers ? HEADERS
                                                                     : LOADER_NAME;

        expect(text, NULL);
    }
}
END_TEST

static const struct field {
    size_t offset;
    size_t size;
    uint64_t value;
    const char *text; /* NULL: fine */
} fields[] = {
#define H(field) offsetof(Elf64_Ehdr, field), sizeof((Elf64_Ehdr *)0)->field
    {offsetof(Elf64_Ehdr, e_ident) + EI_CLASS, 1, ELFCLASS32, BITS32},
    {offsetof(Elf64_Ehdr, e_ident) + EI_CLASS, 1, ELFCLASSNONE, BITS32},
    {offsetof(Elf64_Ehdr, e_ident) + EI_CLASS, 1, 255, BITS32},
    {offsetof(Elf64_Ehdr, e_ident) + EI_DATA, 1, ELFDATA2MSB, MACHINE},
    {offsetof(Elf64_Ehdr, e_ident) + EI_DATA, 1, ELFDATANONE, MACHINE},
    {H(e_machine), EM_386, MACHINE},
    {H(e_machine), EM_ARM, MACHINE},
    {H(e_machine), EM_RISCV, MACHINE},
    {H(e_machine), EM_NONE, MACHINE},
#if defined(__x86_64__)
    {H(e_machine), EM_AARCH64, MACHINE},
    {H(e_machine), EM_X86_64, NULL},
#else
    {H(e_machine), EM_X86_64, MACHINE},
    {H(e_machine), EM_AARCH64, NULL},
#endif
    {H(e_type), ET_NONE, NO_PROGRAM},
    {H(e_type), ET_REL, NO_PROGRAM},
    {H(e_type), ET_CORE, NO_PROGRAM},
    {H(e_type), 0xffff, NO_PROGRAM},
    {H(e_type), ET_EXEC, NULL},
    {H(e_type), ET_DYN, NULL},
    {H(e_phentsize), 0, HEADERS},
    {H(e_phentsize), sizeof(Elf32_Phdr), HEADERS},
    {H(e_phentsize), sizeof(Elf64_Phdr) + 1, HEADERS},
    {H(e_phentsize), 0xffff, HEADERS},
    {H(e_phnum), 0, HEADERS},
    {H(e_phnum), 3, HEADERS}, /* the third lies outside of the file */
    {H(e_phnum), 0xffff, HEADERS},
    {H(e_phoff), 1000000, HEADERS},
    {H(e_phoff), UINT64_MAX, HEADERS},
    {H(e_phoff), UINT64_MAX - 55, HEADERS},
    {H(e_phoff), INT64_MAX, HEADERS},
    {H(e_phoff), INT64_MAX - 55, HEADERS},
    {H(e_phoff), (uint64_t)INT64_MAX + 1, HEADERS},
#undef H
};

START_TEST(a_field_of_the_header)
{
    const struct field *f = &fields[_i];

    memcpy(image + f->offset, &f->value, f->size); /* little-endian */
    expect(f->text, LOADER);
}
END_TEST

/* 64 KiB of program headers are the kernel's bound: 1170 of them. */
START_TEST(headers_have_a_bound)
{
    header.e_phoff = 4096;
    header.e_phnum = 1170;
    put();
    length = 4096 + 1171 * sizeof(Elf64_Phdr);
    expect(NULL, NULL); /* all of them are PT_NULL there */
    header.e_phnum = 1171;
    put();
    expect(HEADERS, NULL);
}
END_TEST

static const struct interp {
    uint64_t offset; /* 0: where it is */
    uint64_t size;   /* 0: what it is */
    const char *text;
} interps[] = {
    {0, 0, NULL},
    {0, 1, LOADER_NAME},
    {0, sizeof LOADER - 1, LOADER_NAME}, /* without its NUL */
    {0, sizeof LOADER + 1, LOADER_NAME}, /* beyond the end of the file */
    {0, 65, LOADER_NAME},
    {0, UINT64_MAX, LOADER_NAME},
    {0, (uint64_t)INT64_MAX, LOADER_NAME},
    {1000000, 0, LOADER_NAME},
    {UINT64_MAX, 0, LOADER_NAME},
    {INT64_MAX, 0, LOADER_NAME},
    {(uint64_t)INT64_MAX + 1, 0, LOADER_NAME},
};

START_TEST(a_loader_is_where_it_is_said)
{
    if (interps[_i].offset != 0)
        headers[1].p_offset = interps[_i].offset;
    if (interps[_i].size != 0)
        headers[1].p_filesz = interps[_i].size;
    put();
    expect(interps[_i].text, LOADER);
}
END_TEST

static const struct name {
    const char *bytes; /* with a NUL behind the last */
    size_t length;
    const char *text;
} names[] = {
    {BYTES("/x\0"), NULL},
    {BYTES("\0"), LOADER_NAME},
    {BYTES("\0\0"), LOADER_NAME},
    {BYTES("/a\0b\0"), LOADER_NAME},
    {BYTES("/a\0\0"), LOADER_NAME},
    {BYTES("/ab"), LOADER_NAME},
    {BYTES("a\0"), LOADER_PATH},
    {BYTES("ld.so\0"), LOADER_PATH},
    {BYTES("./ld.so\0"), LOADER_PATH},
    {BYTES("../ld.so\0"), LOADER_PATH},
    {BYTES(" /ld.so\0"), LOADER_PATH},
};

START_TEST(a_loader_has_an_absolute_name)
{
    memcpy(image + headers[1].p_offset, names[_i].bytes, names[_i].length);
    headers[1].p_filesz = names[_i].length;
    length = headers[1].p_offset + names[_i].length;
    put();
    expect(names[_i].text, names[_i].bytes);
}
END_TEST

/* The caller has room for 64 bytes: 63 and a NUL fit. */
START_TEST(a_loader_has_a_longest_name)
{
    char name[65];

    memset(name, 'x', sizeof name);
    name[0] = '/';
    name[63] = '\0';
    length = support_elf(image, name);
    expect(NULL, name);
    name[63] = 'x';
    name[64] = '\0';
    length = support_elf(image, name);
    expect(LOADER_NAME, NULL);
}
END_TEST

START_TEST(two_loaders_are_refused)
{
    headers[0] = headers[1];
    put();
    expect(TWO, NULL);
}
END_TEST

START_TEST(a_name_is_shown_safely)
{
    char loader[64];
    bool dynamic;
    struct error e;

    ck_assert(!elf_check(-1, "a\033b", &dynamic, loader, sizeof loader, &e));
    ck_assert_str_eq(e.text, "cannot run 'a\\x1bb': it is neither an ELF program nor a #! script");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("elf");
    TCase *c = tcase_create("elf");

    tcase_add_checked_fixture(c, start, NULL);
    tcase_add_test(c, a_good_one_is_good);
    tcase_add_test(c, a_real_static_program);
    tcase_add_test(c, a_real_dynamic_program);
    tcase_add_loop_test(c, what_is_none_is_called_so, 0, N_ROWS(contents));
    tcase_add_test(c, a_truncated_one_is_refused);
    tcase_add_loop_test(c, a_field_of_the_header, 0, N_ROWS(fields));
    tcase_add_test(c, headers_have_a_bound);
    tcase_add_loop_test(c, a_loader_is_where_it_is_said, 0, N_ROWS(interps));
    tcase_add_loop_test(c, a_loader_has_an_absolute_name, 0, N_ROWS(names));
    tcase_add_test(c, a_loader_has_a_longest_name);
    tcase_add_test(c, two_loaders_are_refused);
    tcase_add_test(c, a_name_is_shown_safely);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
