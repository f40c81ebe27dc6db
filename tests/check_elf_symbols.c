/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf/symbols.h"
#include "support.h"

#define DAMAGED "cannot read 'it': its dynamic symbols are damaged"

enum { SEGMENTS = 3, TAGS = 12, SYMBOLS = 5, RELOCATIONS = 2 };

/* One segment holds all of it, at address 0. */
static struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment[SEGMENTS]; /* load, dynamic, stack */
    Elf64_Dyn tag[TAGS];
    Elf64_Sym symbol[SYMBOLS];
    Elf64_Rela relocation[RELOCATIONS];
    uint32_t hash[2 + 1 + SYMBOLS];
    uint32_t gnu_hash[4 + 2 + 1 + 1];
    char strings[64];
} image;

#define AT(member) offsetof(struct image, member)

static void set_tag(int i, int64_t tag, uint64_t value)
{
    image.tag[i].d_tag = tag;
    image.tag[i].d_un.d_val = value;
}

static void set_symbol(int i, uint32_t name, int bind, uint16_t section, uint64_t value)
{
    image.symbol[i] = (Elf64_Sym){.st_name = name,
                                  .st_info = ELF64_ST_INFO(bind, STT_FUNC),
                                  .st_shndx = section,
                                  .st_value = value};
}

/* system is undefined, dlopen defined, execve defined at 0, fork local. DT_HASH counts all. */
static void start(void)
{
    static const char strings[] = "\0system\0dlopen\0execve\0fork";

    memset(&image, 0, sizeof image);
    image.header = (Elf64_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = AT(segment),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = SEGMENTS};
    image.segment[0] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = sizeof image, .p_memsz = sizeof image};
    image.segment[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                    .p_offset = AT(tag),
                                    .p_vaddr = AT(tag),
                                    .p_filesz = sizeof image.tag,
                                    .p_memsz = sizeof image.tag};
    image.segment[2] = (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    memcpy(image.strings, strings, sizeof strings);
    set_tag(0, DT_STRTAB, AT(strings));
    set_tag(1, DT_STRSZ, sizeof strings);
    set_tag(2, DT_SYMTAB, AT(symbol));
    set_tag(3, DT_SYMENT, sizeof(Elf64_Sym));
    set_tag(4, DT_HASH, AT(hash));
    set_symbol(1, 1, STB_GLOBAL, SHN_UNDEF, 0);
    set_symbol(2, 8, STB_GLOBAL, 1, 0x100);
    set_symbol(3, 15, STB_WEAK, 1, 0);
    set_symbol(4, 22, STB_LOCAL, SHN_UNDEF, 0);
    image.hash[0] = 1;
    image.hash[1] = SYMBOLS;
}

/* A relocation that refers to dlopen, and nothing that counts the symbols. */
static void relocate(uint64_t symbol)
{
    set_tag(4, DT_JMPREL, AT(relocation));
    set_tag(5, DT_PLTRELSZ, sizeof(Elf64_Rela));
    set_tag(6, DT_PLTREL, DT_RELA);
    image.relocation[0].r_info = ELF64_R_INFO(symbol, R_X86_64_JUMP_SLOT);
}

struct names {
    char text[128];
};

static bool add_name(const char *name, void *context)
{
    struct names *names = context;

    strncat(names->text, name, 40);
    strcat(names->text, " ");
    return true;
}

static bool walk(struct names *names, struct error *e)
{
    int fd = support_memfd(&image, sizeof image);
    struct elf_file f;
    bool ok = elf_file_open(&f, fd, "it", e);

    *names = (struct names){""};
    if (ok) {
        ok = elf_symbols_sound(&f, e) && elf_symbols_walk(&f, add_name, names, e);
        elf_file_close(&f);
    }
    close(fd);
    return ok;
}

static void expect_names(const char *wanted)
{
    struct names names;
    struct error e = {0};

    ck_assert_msg(walk(&names, &e), "%s", e.text);
    ck_assert_str_eq(names.text, wanted);
}

static void expect_refusal(const char *text)
{
    struct names names;
    struct error e = {0};

    ck_assert(!walk(&names, &e));
    ck_assert_ptr_nonnull(strstr(e.text, text));
    ck_assert_int_eq(e.exit, EXIT_NOT_EXECUTABLE);
}

/* What is defined at 0, the loader looks for elsewhere; a local symbol is nobody's. */
START_TEST(undefined_names_by_the_hash_table)
{
    start();
    expect_names("system execve ");
}
END_TEST

START_TEST(names_by_the_gnu_hash_table)
{
    start();
    set_tag(4, DT_GNU_HASH, AT(gnu_hash));
    image.gnu_hash[0] = 1; /* buckets */
    image.gnu_hash[1] = 3; /* the first symbol that is hashed */
    image.gnu_hash[2] = 1; /* words of the bloom filter */
    image.gnu_hash[6] = 3; /* the bucket */
    image.gnu_hash[7] = 1; /* the end of the chain */
    expect_names("system execve ");
    image.gnu_hash[6] = 0;
    image.gnu_hash[1] = 2;
    expect_names("system ");
    image.gnu_hash[6] = 3;
    image.gnu_hash[1] = 4;
    expect_refusal(DAMAGED);
}
END_TEST

/* Whatever a relocation refers to is looked up, also what the file says that it defines. */
START_TEST(names_by_relocations)
{
    start();
    relocate(2);
    expect_names("system dlopen ");
    relocate(1);
    expect_names("system ");
}
END_TEST

START_TEST(a_static_program_has_no_names)
{
    start();
    image.segment[1].p_type = PT_NULL;
    expect_names("");
}
END_TEST

START_TEST(tables_must_be_in_the_file)
{
    start();
    image.hash[1] = 0xffffffff;
    expect_refusal(DAMAGED);
    start();
    relocate(0xffffff);
    expect_refusal(DAMAGED);
    start();
    set_tag(2, DT_SYMTAB, sizeof image - 8);
    expect_refusal(DAMAGED);
    start();
    set_tag(1, DT_STRSZ, 1U << 20);
    expect_refusal(DAMAGED);
    start();
    set_tag(1, DT_STRSZ, 5); /* no NUL at its end */
    expect_refusal(DAMAGED);
    start();
    image.symbol[1].st_name = 60;
    expect_refusal(DAMAGED);
    start();
    set_tag(3, DT_SYMENT, 16);
    expect_refusal(DAMAGED);
}
END_TEST

START_TEST(what_the_loader_could_see_differently_is_refused)
{
    start();
    image.segment[2] = image.segment[0];
    expect_refusal("its segments overlap");
    start();
    image.segment[2] = image.segment[1];
    expect_refusal("two program headers of a kind");
    start();
    set_tag(5, DT_STRTAB, AT(symbol));
    expect_refusal("says a thing twice");
    start();
    image.segment[2] =
        (Elf64_Phdr){.p_type = PT_PHDR, .p_offset = AT(symbol), .p_vaddr = AT(symbol)};
    expect_refusal("its program headers are elsewhere in memory");
    start();
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    expect_refusal("damaged");
}
END_TEST

/* Whatever it is made, it is read or refused, without end and without a fault. */
START_TEST(hostile_files_are_read_or_refused)
{
    unsigned seed = (unsigned)_i + 1;

    for (int round = 0; round < 400; round++) {
        struct names names;
        struct error e = {0};

        start();
        if (round % 2 == 0)
            relocate(2);
        for (int n = 0; n < 1 + round % 4; n++) {
            size_t at = (size_t)rand_r(&seed) % sizeof image;

            /* The names may not overflow what collects them. */
            if (at < AT(strings))
                ((unsigned char *)&image)[at] = (unsigned char)rand_r(&seed);
        }
        walk(&names, &e);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("elf_symbols");
    TCase *c = tcase_create("elf_symbols");

    tcase_add_test(c, undefined_names_by_the_hash_table);
    tcase_add_test(c, names_by_the_gnu_hash_table);
    tcase_add_test(c, names_by_relocations);
    tcase_add_test(c, a_static_program_has_no_names);
    tcase_add_test(c, tables_must_be_in_the_file);
    tcase_add_test(c, what_the_loader_could_see_differently_is_refused);
    tcase_add_loop_test(c, hostile_files_are_read_or_refused, 0, 10);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
