/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/elf.h"

#include <elf.h>
#include <endian.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "plan/advice.h"

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#else
#error "denybox runs on x86_64 and aarch64"
#endif

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

/* The kernel refuses program headers that do not fit into 64 KiB; so do we. */
#define HEADERS_MAX (65536 / sizeof(Elf64_Phdr))

static bool refuse(const char *path, struct error *e, const char *what)
{
    return error_set(e, EXIT_NOT_EXECUTABLE, "cannot run '%s': %s", text_show(path), what);
}

/* The file and its first bytes, where nearly always all that is asked for lies: one read. */
struct source {
    int fd;
    size_t length;
    unsigned char first[2048];
};

static bool read_exactly(const struct source *s, void *buffer, size_t size, uint64_t offset)
{
    if (offset <= s->length && size <= s->length - offset) {
        memcpy(buffer, s->first + offset, size);
        return true;
    }
    return offset <= INT64_MAX && pread(s->fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

static bool check_header(const struct source *s, const char *path, Elf64_Ehdr *h, struct error *e)
{
    if (!read_exactly(s, h, sizeof *h, 0) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0) {
        if (read_exactly(s, h, SELFMAG, 0) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0)
            return refuse(path, e, "it is a truncated or 32-bit program");
        refuse(path, e, "it is neither an ELF program nor a #! script");
        return advise_source(path,
                             "a script's first line is #! and the path of its interpreter; or name "
                             "the interpreter as the command",
                             e);
    }
    if (h->e_ident[EI_CLASS] != ELFCLASS64) {
        refuse(path, e, "it is a 32-bit program, and the filter allows no 32-bit system calls");
        return error_hint(e, "use a 64-bit build of it");
    }
    if (h->e_ident[EI_DATA] != NATIVE_DATA || h->e_machine != NATIVE_MACHINE)
        return refuse(path, e, "it is a program for another machine");
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return refuse(path, e, "it is an ELF file, but not a program");
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > HEADERS_MAX)
        return refuse(path, e, "its program headers are damaged");
    return true;
}

static bool read_loader(const struct source *s, const char *path, const Elf64_Phdr *ph,
                        char *loader, size_t size, struct error *e)
{
    if (ph->p_filesz < 2 || ph->p_filesz > size ||
        !read_exactly(s, loader, ph->p_filesz, ph->p_offset) ||
        strnlen(loader, ph->p_filesz) != ph->p_filesz - 1)
        return refuse(path, e, "the name of its loader is damaged");
    if (loader[0] != '/')
        return refuse(path, e, "the name of its loader is not an absolute path");
    return true;
}

bool elf_check(int fd, const char *path, bool *dynamic, char *loader, size_t size, struct error *e)
{
    struct source s = {.fd = fd};
    ssize_t n = pread(fd, s.first, sizeof s.first, 0);
    Elf64_Ehdr h;

    *dynamic = false;
    s.length = n > 0 ? (size_t)n : 0;
    if (!check_header(&s, path, &h, e))
        return false;
    for (unsigned i = 0; i < h.e_phnum; i++) {
        Elf64_Phdr ph;

        if (h.e_phoff > INT64_MAX || !read_exactly(&s, &ph, sizeof ph, h.e_phoff + i * sizeof ph))
            return refuse(path, e, "its program headers are damaged");
        if (ph.p_type != PT_INTERP)
            continue;
        if (*dynamic)
            return refuse(path, e, "it names two loaders");
        *dynamic = true;
        if (!read_loader(&s, path, &ph, loader, size, e))
            return false;
    }
    return true;
}
