/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf/symbols.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* The smallest page of either machine: what is apart by it may be mapped apart. */
#define PAGE 4096ULL

/* Far more than any real file; they bound what a hostile one costs. */
#define SYMBOLS_MAX (1U << 20)
#define TABLE_MAX (64ULL << 20)

/* The table as it is read, and which of its symbols the loader is asked for. */
struct table {
    struct elf_file *f;
    uint64_t n; /* one more than the highest index that is known */
    const unsigned char *symbols;
    const char *strings;
    uint64_t strings_size;
    unsigned char *referred; /* owned; a flag a symbol */
};

static bool damaged(const struct elf_file *f, struct error *e, const char *what)
{
    return elf_file_refuse(f, e, what);
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(PAGE - 1);
}

/* The kernel maps whole pages, and a later segment over an earlier one. */
static bool segments_apart(const struct elf_file *f)
{
    uint64_t end = 0;

    for (size_t i = 0; i < f->n_segments; i++) {
        const struct elf_segment *p = &f->segments[i];
        uint64_t size = p->memsz > p->filesz ? p->memsz : p->filesz;

        if (p->type != PT_LOAD || size == 0)
            continue;
        if (page_of(p->vaddr) < end || p->vaddr > UINT64_MAX - size - PAGE ||
            p->filesz > p->memsz || p->offset > f->size || p->filesz > f->size - p->offset ||
            (p->vaddr - p->offset) % PAGE != 0)
            return false;
        end = page_of(p->vaddr + size + PAGE - 1);
    }
    return true;
}

static size_t count_segments(const struct elf_file *f, uint32_t type)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_segments; i++)
        n += f->segments[i].type == type;
    return n;
}

/* The loader reads the program headers again, in memory, at the address that PT_PHDR gives. */
static bool headers_in_place(const struct elf_file *f)
{
    for (size_t i = 0; i < f->n_segments; i++) {
        const struct elf_segment *p = &f->segments[i];

        if (p->type != PT_PHDR)
            continue;
        for (size_t j = 0; j < f->n_segments; j++) {
            const struct elf_segment *load = &f->segments[j];

            if (load->type == PT_LOAD && p->vaddr >= load->vaddr &&
                p->vaddr - load->vaddr < load->filesz)
                return p->offset == f->headers &&
                       p->offset - load->offset == p->vaddr - load->vaddr;
        }
        return false;
    }
    return true;
}

/* The loader takes the last of two, we the first. */
static bool tags_once(const struct elf_file *f)
{
    static const int64_t once[] = {
        DT_HASH,  DT_STRTAB,  DT_SYMTAB,   DT_RELA,   DT_RELASZ,   DT_STRSZ,    DT_SYMENT,
        DT_RPATH, DT_REL,     DT_RELSZ,    DT_PLTREL, DT_TEXTREL,  DT_PLTRELSZ, DT_JMPREL,
        DT_FLAGS, DT_RUNPATH, DT_GNU_HASH, DT_AUDIT,  DT_DEPAUDIT,
    };

    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        size_t n = 0;

        for (size_t j = 0; j < f->n_tags; j++)
            n += f->tags[j].tag == once[i];
        if (n > 1)
            return false;
    }
    return true;
}

bool elf_symbols_sound(const struct elf_file *f, struct error *e)
{
    if (f->elf_class != ELFCLASS64 || f->data != ELFDATA2LSB)
        return damaged(f, e, "it is no 64-bit little-endian file, and denybox starts none other");
    if (!segments_apart(f))
        return damaged(f, e, "its segments overlap, or are not in the file: it is damaged");
    if (count_segments(f, PT_DYNAMIC) > 1 || count_segments(f, PT_INTERP) > 1 ||
        count_segments(f, PT_GNU_STACK) > 1 || count_segments(f, PT_PHDR) > 1)
        return damaged(f, e, "it has two program headers of a kind: it is damaged");
    if (!headers_in_place(f))
        return damaged(f, e, "its program headers are elsewhere in memory: it is damaged");
    if (!tags_once(f))
        return damaged(f, e, "its dynamic section says a thing twice: it is damaged");
    return true;
}

static uint32_t word_at(const unsigned char *bytes, uint64_t index)
{
    uint32_t word;

    memcpy(&word, bytes + index * sizeof word, sizeof word);
    return word;
}

/* To the end of the segment, which is all that is known of the length of a hash table. */
static const unsigned char *rest_at(struct elf_file *f, uint64_t address, uint64_t *words)
{
    uint64_t room = elf_file_room(f, address);

    if (room > TABLE_MAX)
        room = TABLE_MAX;
    *words = room / sizeof(uint32_t);
    return elf_file_at(f, address, room);
}

static bool count_hash(struct table *t)
{
    uint64_t address;
    uint64_t words;
    const unsigned char *hash;

    if (!elf_file_tag(t->f, DT_HASH, &address))
        return true;
    hash = rest_at(t->f, address, &words);
    if (hash == NULL || words < 2)
        return false;
    if (word_at(hash, 1) > t->n)
        t->n = word_at(hash, 1);
    return true;
}

/* The chain of the highest bucket ends with the last symbol. Undefined ones come before all chains.
 */
static bool count_gnu_hash(struct table *t)
{
    uint64_t address;
    uint64_t words;
    uint64_t chains;
    uint64_t last = 0;
    uint64_t first;
    const unsigned char *hash;

    if (!elf_file_tag(t->f, DT_GNU_HASH, &address))
        return true;
    hash = rest_at(t->f, address, &words);
    if (hash == NULL || words < 4)
        return false;
    first = word_at(hash, 1);
    chains = 4 + 2 * (uint64_t)word_at(hash, 2);
    if (chains > words || word_at(hash, 0) > words - chains)
        return false;
    for (uint32_t i = 0; i < word_at(hash, 0); i++) {
        if (word_at(hash, chains + i) > last)
            last = word_at(hash, chains + i);
    }
    chains += word_at(hash, 0);
    if (last == 0) {
        last = first;
    } else {
        if (last < first)
            return false;
        while (last - first < words - chains && (word_at(hash, chains + last - first) & 1) == 0)
            last++;
        if (last - first >= words - chains)
            return false;
        last++;
    }
    if (last > t->n)
        t->n = last;
    return true;
}

/* One table of relocations: the highest symbol of it, or, once the table of symbols is read, a flag
 * for each. */
static bool walk_relocations(struct table *t, int64_t at, uint64_t size, uint64_t entry)
{
    uint64_t address;
    const unsigned char *bytes;

    if (size == 0)
        return true;
    if (!elf_file_tag(t->f, at, &address) || size % entry != 0 || size > TABLE_MAX)
        return false;
    bytes = elf_file_at(t->f, address, size);
    if (bytes == NULL)
        return false;
    for (uint64_t i = 0; i < size; i += entry) {
        uint64_t info;
        uint64_t symbol;

        memcpy(&info, bytes + i + offsetof(Elf64_Rela, r_info), sizeof info);
        symbol = ELF64_R_SYM(info);
        if (t->referred != NULL && symbol >= t->n)
            return false; /* the file has changed meanwhile */
        if (t->referred != NULL)
            t->referred[symbol] = 1;
        else if (symbol != 0 && symbol >= t->n)
            t->n = symbol + 1;
    }
    return true;
}

static uint64_t value_of(const struct elf_file *f, int64_t tag)
{
    uint64_t value;

    return elf_file_tag(f, tag, &value) ? value : 0;
}

static bool walk_all_relocations(struct table *t)
{
    uint64_t entry = value_of(t->f, DT_PLTREL) == DT_REL ? sizeof(Elf64_Rel) : sizeof(Elf64_Rela);

    return walk_relocations(t, DT_RELA, value_of(t->f, DT_RELASZ), sizeof(Elf64_Rela)) &&
           walk_relocations(t, DT_REL, value_of(t->f, DT_RELSZ), sizeof(Elf64_Rel)) &&
           walk_relocations(t, DT_JMPREL, value_of(t->f, DT_PLTRELSZ), entry);
}

static bool read_table(struct table *t)
{
    uint64_t symbols;
    uint64_t strings;

    if (t->n > SYMBOLS_MAX || !elf_file_tag(t->f, DT_SYMTAB, &symbols) ||
        !elf_file_tag(t->f, DT_STRTAB, &strings) || value_of(t->f, DT_SYMENT) != sizeof(Elf64_Sym))
        return false;
    t->strings_size = value_of(t->f, DT_STRSZ);
    if (t->strings_size == 0 || t->strings_size > TABLE_MAX)
        return false;
    t->symbols = elf_file_at(t->f, symbols, t->n * sizeof(Elf64_Sym));
    t->strings = elf_file_at(t->f, strings, t->strings_size);
    if (t->symbols == NULL || t->strings == NULL || t->strings[t->strings_size - 1] != '\0')
        return false;
    t->referred = calloc(t->n, 1);
    return t->referred != NULL;
}

static bool visit_all(const struct table *t, elf_symbol_visit *visit, void *context, bool *sound)
{
    for (uint64_t i = 1; i < t->n; i++) {
        Elf64_Sym symbol;

        memcpy(&symbol, t->symbols + i * sizeof symbol, sizeof symbol);
        *sound = symbol.st_name < t->strings_size;
        if (!*sound)
            return false;
        if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL || t->strings[symbol.st_name] == '\0')
            continue;
        /* Defined at 0 is undefined to the loader, but for thread-local storage. */
        if (symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0 && t->referred[i] == 0)
            continue;
        if (!visit(t->strings + symbol.st_name, context))
            return false;
    }
    return true;
}

bool elf_symbols_walk(struct elf_file *f, elf_symbol_visit *visit, void *context, struct error *e)
{
    struct table t = {.f = f};
    bool sound = count_hash(&t) && count_gnu_hash(&t) && walk_all_relocations(&t);
    bool ok = true;

    if (sound && t.n != 0) {
        sound = read_table(&t) && walk_all_relocations(&t);
        ok = sound && visit_all(&t, visit, context, &sound);
    }
    free(t.referred);
    if (!sound)
        return damaged(f, e, "its dynamic symbols are damaged");
    return ok;
}
