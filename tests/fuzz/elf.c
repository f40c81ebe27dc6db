/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program: as run looks at it, and as the making of roots and scan do. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf/symbols.h"
#include "fuzz.h"
#include "plan/elf.h"

static bool visit(const char *name, void *context)
{
    size_t *n = context;

    *n += name[0] != '\0';
    return *n < 100000;
}

static void must_be_said(bool ok, const struct error *e)
{
    FUZZ_REQUIRE(ok || (e->text[0] != '\0' && fuzz_printable(e->text)));
}

/* Whatever is handed out is read to its end: what does not end in the file is seen. */
static void read_out(struct elf_file *f, const struct elf_tag *tag)
{
    const char *text = elf_file_string(f, tag->value);
    uint64_t room = elf_file_room(f, tag->value);
    const uint8_t *bytes = room != 0 ? elf_file_at(f, tag->value, room) : NULL;

    FUZZ_REQUIRE(text == NULL || strlen(text) < f->size);
    if (bytes != NULL)
        free(fuzz_copy(bytes, room));
}

static void look(struct elf_file *f)
{
    const char *interpreter;
    struct error e = {0};
    size_t n = 0;

    must_be_said(elf_file_interpreter(f, &interpreter, &e), &e);
    FUZZ_REQUIRE(interpreter == NULL || strlen(interpreter) < f->size);
    for (size_t i = 0; i < f->n_tags; i++)
        read_out(f, &f->tags[i]);
    must_be_said(elf_symbols_sound(f, &e), &e);
    must_be_said(elf_symbols_walk(f, visit, &n, &e) || n == 100000, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = fuzz_file(data, size);
    char loader[4096];
    struct elf_file f;
    struct error e = {0};
    bool dynamic;

    must_be_said(elf_check(fd, "a program", &dynamic, loader, sizeof loader, &e), &e);
    e = (struct error){0};
    if (elf_file_open(&f, fd, "a program", &e)) {
        look(&f);
        elf_file_close(&f);
    } else {
        must_be_said(false, &e);
    }
    close(fd);
    return 0;
}
