/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root/object.h"

#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "elf/file.h"

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#else
#define NATIVE_MACHINE EM_AARCH64
#endif

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

/* A program of a thousand libraries has a fourth of it. */
#define NEEDED_BYTES_MAX (128U << 10)

static bool out_of_memory(struct error *e)
{
    return error_set(e, EXIT_DENYBOX, "cannot read a program: out of memory");
}

static bool damaged(const struct elf_file *f, struct error *e)
{
    return elf_file_refuse(f, e, "a name in its dynamic section is damaged");
}

/* *out becomes a copy of the string that a tag names, or stays NULL without the tag. */
static bool copy_string(struct elf_file *f, int64_t tag, char **out, struct error *e)
{
    uint64_t index;
    const char *text;

    if (!elf_file_tag(f, tag, &index))
        return true;
    text = elf_file_string(f, index);
    if (text == NULL)
        return damaged(f, e);
    *out = strdup(text);
    return *out != NULL || out_of_memory(e);
}

/* The names of many may be the ends of one long text, which the file has once. */
static bool copy_needed(struct elf_file *f, struct object *o, struct error *e)
{
    size_t left = NEEDED_BYTES_MAX;

    o->needed = calloc(f->n_tags + 1, sizeof *o->needed);
    if (o->needed == NULL)
        return out_of_memory(e);
    for (size_t i = 0; i < f->n_tags; i++) {
        const char *name;

        if (f->tags[i].tag != DT_NEEDED && f->tags[i].tag != DT_FILTER)
            continue;
        name = elf_file_string(f, f->tags[i].value);
        if (name == NULL || name[0] == '\0')
            return damaged(f, e);
        if (strlen(name) >= left)
            return elf_file_refuse(f, e, "it needs more libraries than can be followed");
        left -= strlen(name) + 1;
        o->needed[o->n_needed] = strdup(name);
        if (o->needed[o->n_needed] == NULL)
            return out_of_memory(e);
        o->n_needed++;
    }
    return true;
}

static bool fill(struct elf_file *f, struct object *o, struct error *e)
{
    const char *interpreter;
    uint64_t flags = 0;

    o->machine = f->machine;
    o->elf_class = f->elf_class;
    o->type = f->type;
    o->dynamic = f->n_tags != 0;
    if (!elf_file_interpreter(f, &interpreter, e))
        return false;
    o->interpreter = interpreter != NULL ? strdup(interpreter) : NULL;
    if (interpreter != NULL && o->interpreter == NULL)
        return out_of_memory(e);
    if (elf_file_tag(f, DT_FLAGS_1, &flags))
        o->no_default = (flags & DF_1_NODEFLIB) != 0;
    if (!copy_string(f, DT_SONAME, &o->soname, e) || !copy_string(f, DT_RPATH, &o->rpath, e) ||
        !copy_string(f, DT_RUNPATH, &o->runpath, e) || !copy_needed(f, o, e))
        return false;
    if (o->runpath != NULL) { /* the loader ignores the older of the two */
        free(o->rpath);
        o->rpath = NULL;
    }
    return true;
}

static enum object_result read_open(int fd, const char *path, struct object *o, struct error *e)
{
    struct elf_file f;
    enum object_result result = OBJECT_BAD;

    if (!elf_file_open(&f, fd, path, e))
        return OBJECT_BAD;
    if (f.elf_class != ELFCLASS64 || f.data != NATIVE_DATA || f.machine != NATIVE_MACHINE) {
        elf_file_refuse(&f, e,
                        f.elf_class != ELFCLASS64 ? "it is a 32-bit program"
                                                  : "it is for another machine");
        error_hint(e, "use a build for this machine, of 64 bits");
        result = OBJECT_OTHER;
    } else if (fill(&f, o, e)) {
        result = OBJECT_OK;
    }
    elf_file_close(&f);
    return result;
}

enum object_result object_read(const char *path, struct object **out, struct stat *st,
                               struct error *e)
{
    enum object_result result = OBJECT_BAD;
    int fd = io_open_file(AT_FDCWD, path, 0, st);
    struct object *o;

    *out = NULL;
    if (fd < 0 && st->st_mode == 0)
        return OBJECT_ABSENT;
    o = fd >= 0 ? calloc(1, sizeof *o) : NULL;
    if (fd < 0) {
        error_set(e, EXIT_NOT_EXECUTABLE, "cannot read '%s': it is not a regular file",
                  text_show(path));
    } else if (o == NULL || (o->path = strdup(path)) == NULL) {
        out_of_memory(e);
    } else {
        o->dev = st->st_dev;
        o->ino = st->st_ino;
        result = read_open(fd, path, o, e);
    }
    io_close(&fd);
    if (result == OBJECT_OK)
        *out = o;
    else
        object_free(o);
    return result;
}

void object_free(struct object *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->n_needed; i++)
        free(o->needed[i]);
    free(o->needed);
    free(o->path);
    free(o->interpreter);
    free(o->soname);
    free(o->rpath);
    free(o->runpath);
    free(o);
}
