/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf_writer.h"

#include <elf.h>
#include <string.h>

#include "support.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct writer {
    unsigned char *image;
    size_t strings; /* where they begin */
    size_t n_strings;
    Elf64_Dyn tags[24];
    size_t n_tags;
};

static size_t put_string(struct writer *w, const char *text)
{
    size_t at = w->n_strings;

    memcpy(w->image + w->strings + at, text, strlen(text) + 1);
    w->n_strings += strlen(text) + 1;
    return at;
}

static void put_tag(struct writer *w, int64_t tag, uint64_t value)
{
    w->tags[w->n_tags].d_tag = tag;
    w->tags[w->n_tags++].d_un.d_val = value;
}

static void put_text(struct writer *w, int64_t tag, const char *text)
{
    if (text != NULL)
        put_tag(w, tag, put_string(w, text));
}

struct elf_layout elf_image(unsigned char image[ELF_IMAGE_MAX], const struct elf_spec *spec)
{
    struct writer w = {.image = image, .strings = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr)};
    Elf64_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = spec->machine != 0 ? spec->machine : MACHINE,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof h,
        .e_ehsize = sizeof h,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = spec->interpreter != NULL ? 3 : 2,
    };
    Elf64_Phdr p[3] = {{.p_type = PT_LOAD, .p_flags = PF_R, .p_align = 4096},
                       {.p_type = PT_DYNAMIC},
                       {.p_type = PT_INTERP}};
    size_t dynamic;

    memset(image, 0, ELF_IMAGE_MAX);
    put_string(&w, "");
    for (size_t i = 0; spec->needed[i] != NULL; i++)
        put_text(&w, DT_NEEDED, spec->needed[i]);
    put_text(&w, DT_SONAME, spec->soname);
    put_text(&w, DT_RPATH, spec->rpath);
    put_text(&w, DT_RUNPATH, spec->runpath);
    if (spec->flags_1 != 0)
        put_tag(&w, DT_FLAGS_1, spec->flags_1);
    if (spec->interpreter != NULL) {
        p[2].p_offset = p[2].p_vaddr = w.strings + put_string(&w, spec->interpreter);
        p[2].p_filesz = strlen(spec->interpreter) + 1;
    }
    put_tag(&w, DT_STRTAB, w.strings);
    put_tag(&w, DT_STRSZ, w.n_strings);
    put_tag(&w, DT_NULL, 0);
    dynamic = (w.strings + w.n_strings + 7) & ~(size_t)7;
    p[1].p_offset = p[1].p_vaddr = dynamic;
    p[1].p_filesz = w.n_tags * sizeof w.tags[0];
    p[0].p_filesz = p[0].p_memsz = dynamic + p[1].p_filesz;
    ck_assert_uint_le(p[0].p_filesz, ELF_IMAGE_MAX);
    memcpy(image, &h, sizeof h);
    memcpy(image + sizeof h, p, sizeof p);
    memcpy(image + dynamic, w.tags, p[1].p_filesz);
    return (struct elf_layout){
        .length = p[0].p_filesz, .segments = sizeof h, .strings = w.strings, .tags = dynamic};
}

void elf_write(const char *name, const struct elf_spec *spec)
{
    unsigned char image[ELF_IMAGE_MAX];
    struct elf_layout layout = elf_image(image, spec);

    support_write(name, 0755, image, layout.length);
}
