/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf/file.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* As the kernel: program headers do not exceed 64 KiB. */
#define SEGMENTS_MAX 1170

/* More than any real library; glibc has no bound. */
#define TAGS_MAX 65536
#define STRING_MAX 65536
#define STRINGS_MAX (64ULL << 20)

bool elf_file_refuse(const struct elf_file *f, struct error *e, const char *what)
{
    return error_set(e, EXIT_NOT_EXECUTABLE, "cannot read '%s': %s", text_show(f->path), what);
}

bool elf_file_is(int fd)
{
    char magic[SELFMAG];

    return pread(fd, magic, sizeof magic, 0) == SELFMAG && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

static bool read_header(struct elf_file *f, struct error *e)
{
    GElf_Ehdr header;

    if (elf_kind(f->elf) != ELF_K_ELF || gelf_getehdr(f->elf, &header) == NULL)
        return elf_file_refuse(f, e, "its ELF header is damaged");
    f->elf_class = header.e_ident[EI_CLASS];
    f->data = header.e_ident[EI_DATA];
    f->machine = header.e_machine;
    f->type = header.e_type;
    f->headers = header.e_phoff;
    return true;
}

static bool read_segments(struct elf_file *f, struct error *e)
{
    GElf_Ehdr header;
    size_t n;

    /* Of a truncated table libelf counts what is there. */
    if (elf_getphdrnum(f->elf, &n) < 0 || n > SEGMENTS_MAX ||
        gelf_getehdr(f->elf, &header) == NULL || n != header.e_phnum)
        return elf_file_refuse(f, e, "its program headers are damaged");
    f->segments = calloc(n + 1, sizeof *f->segments);
    if (f->segments == NULL)
        return elf_file_refuse(f, e, "out of memory");
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr p;

        if (gelf_getphdr(f->elf, (int)i, &p) == NULL)
            return elf_file_refuse(f, e, "its program headers are damaged");
        f->segments[i] = (struct elf_segment){.type = p.p_type,
                                              .flags = p.p_flags,
                                              .offset = p.p_offset,
                                              .vaddr = p.p_vaddr,
                                              .filesz = p.p_filesz,
                                              .memsz = p.p_memsz};
    }
    f->n_segments = n;
    return true;
}

static const struct elf_segment *find_segment(const struct elf_file *f, uint32_t type)
{
    for (size_t i = 0; i < f->n_segments; i++) {
        if (f->segments[i].type == type)
            return &f->segments[i];
    }
    return NULL;
}

static const struct elf_segment *loaded(const struct elf_file *f, uint64_t vaddr)
{
    for (size_t i = 0; i < f->n_segments; i++) {
        const struct elf_segment *p = &f->segments[i];

        if (p->type == PT_LOAD && vaddr >= p->vaddr && vaddr - p->vaddr < p->filesz)
            return p;
    }
    return NULL;
}

/* libelf reads from where it is told, also beyond the end: looked at before. */
static Elf_Data *chunk(struct elf_file *f, uint64_t offset, uint64_t size, Elf_Type type)
{
    if (size == 0 || offset > f->size || size > f->size - offset)
        return NULL;
    return elf_getdata_rawchunk(f->elf, (int64_t)offset, size, type);
}

/* Where the strings are: looked for once, for there may be as many tags that name one. */
static void find_strings(struct elf_file *f)
{
    uint64_t room;

    if (!elf_file_tag(f, DT_STRTAB, &f->strings) || !elf_file_tag(f, DT_STRSZ, &f->strings_size))
        return;
    room = elf_file_room(f, f->strings);
    if (room > STRINGS_MAX)
        room = STRINGS_MAX;
    if (f->strings_size > room)
        f->strings_size = room;
}

/* The loader takes it by its address, not by the offset in its own header; in a sound file both
 * lead to the same bytes, and only such a one is read. */
static bool read_dynamic(struct elf_file *f, struct error *e)
{
    const struct elf_segment *p = find_segment(f, PT_DYNAMIC);
    const struct elf_segment *load = p != NULL ? loaded(f, p->vaddr) : NULL;
    Elf_Data *data;
    size_t n;

    if (p == NULL)
        return true;
    if (load == NULL || p->offset - load->offset != p->vaddr - load->vaddr)
        return elf_file_refuse(f, e, "its dynamic section is truncated or damaged");
    n = p->filesz / (f->elf_class == ELFCLASS64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn));
    /* Counted before it is read: a sparse file costs its writer nothing. */
    data = n <= TAGS_MAX ? chunk(f, p->offset, p->filesz, ELF_T_DYN) : NULL;
    if (data == NULL)
        return elf_file_refuse(f, e, "its dynamic section is truncated or damaged");
    f->tags = calloc(n + 1, sizeof *f->tags);
    if (f->tags == NULL)
        return elf_file_refuse(f, e, "out of memory");
    for (size_t i = 0; i < n; i++) {
        GElf_Dyn d;

        if (gelf_getdyn(data, (int)i, &d) == NULL)
            return elf_file_refuse(f, e, "its dynamic section is truncated or damaged");
        if (d.d_tag == DT_NULL)
            break;
        f->tags[f->n_tags++] = (struct elf_tag){.tag = d.d_tag, .value = d.d_un.d_val};
    }
    find_strings(f);
    return true;
}

/* libelf makes room for as many sections as the first section header says, where the file header
 * leaves it to that: from 65280 on, which no linker makes of a program. */
static bool has_countless_sections(int fd)
{
    union {
        Elf64_Ehdr of_64;
        Elf32_Ehdr of_32;
    } h = {.of_64 = {.e_version = 0}};

    if (pread(fd, &h, sizeof h, 0) < (ssize_t)sizeof h.of_32)
        return false; /* there is more to say of it, and libelf does */
    return h.of_64.e_ident[EI_CLASS] == ELFCLASS64 ? h.of_64.e_shnum == 0 && h.of_64.e_shoff != 0
                                                   : h.of_32.e_shnum == 0 && h.of_32.e_shoff != 0;
}

bool elf_file_open(struct elf_file *f, int fd, const char *path, struct error *e)
{
    struct stat st;

    *f = (struct elf_file){.path = path};
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return elf_file_refuse(f, e, "it is not a regular file");
    if (!elf_file_is(fd))
        return elf_file_refuse(f, e, "it is not an ELF file");
    if (has_countless_sections(fd))
        return elf_file_refuse(f, e, "its section headers are damaged");
    f->size = (uint64_t)st.st_size;
    elf_version(EV_CURRENT);
    /* Not mapped: a file that is cut short meanwhile must not kill. */
    f->elf = elf_begin(fd, ELF_C_READ, NULL);
    if (f->elf != NULL && read_header(f, e) && read_segments(f, e) && read_dynamic(f, e))
        return true;
    if (f->elf == NULL)
        elf_file_refuse(f, e, "its ELF header is damaged");
    elf_file_close(f);
    return false;
}

void elf_file_close(struct elf_file *f)
{
    elf_end(f->elf);
    free(f->segments);
    free(f->tags);
    f->elf = NULL;
    f->segments = NULL;
    f->tags = NULL;
    f->n_segments = f->n_tags = 0;
}

uint64_t elf_file_room(const struct elf_file *f, uint64_t vaddr)
{
    const struct elf_segment *p = loaded(f, vaddr);

    return p != NULL ? p->filesz - (vaddr - p->vaddr) : 0;
}

const void *elf_file_at(struct elf_file *f, uint64_t vaddr, uint64_t size)
{
    const struct elf_segment *p = loaded(f, vaddr);
    uint64_t skip = p != NULL ? vaddr - p->vaddr : 0;
    Elf_Data *data;

    if (p == NULL || size > p->filesz - skip || p->offset > UINT64_MAX - skip)
        return NULL;
    data = chunk(f, p->offset + skip, size, ELF_T_BYTE);
    return data != NULL ? data->d_buf : NULL;
}

const void *elf_file_segment(struct elf_file *f, size_t i, uint64_t *left)
{
    const struct elf_segment *p = &f->segments[i];

    if (p->type != PT_LOAD || p->filesz >= *left)
        return NULL;
    *left -= p->filesz;
    return elf_file_at(f, p->vaddr, p->filesz);
}

bool elf_file_tag(const struct elf_file *f, int64_t tag, uint64_t *value)
{
    for (size_t i = 0; i < f->n_tags; i++) {
        if (f->tags[i].tag == tag) {
            *value = f->tags[i].value;
            return true;
        }
    }
    return false;
}

/* Out of one piece: libelf keeps every piece that was read, and goes through all for the next. */
const char *elf_file_string(struct elf_file *f, uint64_t index)
{
    const char *strings =
        index < f->strings_size ? elf_file_at(f, f->strings, f->strings_size) : NULL;
    uint64_t room = strings != NULL ? f->strings_size - index : 0;

    if (room > STRING_MAX)
        room = STRING_MAX;
    return strings != NULL && memchr(strings + index, '\0', room) != NULL ? strings + index : NULL;
}

bool elf_file_interpreter(struct elf_file *f, const char **interpreter, struct error *e)
{
    const struct elf_segment *p = find_segment(f, PT_INTERP);
    Elf_Data *data;

    *interpreter = NULL;
    if (p == NULL)
        return true;
    data = p->filesz <= STRING_MAX ? chunk(f, p->offset, p->filesz, ELF_T_BYTE) : NULL;
    if (data == NULL || p->filesz < 2 || memchr(data->d_buf, '\0', p->filesz) == NULL)
        return elf_file_refuse(f, e, "the name of its loader is damaged");
    *interpreter = data->d_buf;
    return true;
}
