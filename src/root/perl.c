/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "elf/file.h"
#include "root/interpreter.h"
#include "root/take.h"

/*
 * Where perl looks for modules is built into its program, or into libperl: directories one by one
 * in the constant data. Those that have a part of perl's own library are taken; what other packages
 * and the host's administrator put into the others comes by --with.
 */

#define WHY "perl's library"

/* Of one file, all its segments together; libperl has one megabyte of them. */
#define STRINGS_MAX (16U << 20)

static const char *const landmarks[] = {"strict.pm", "Config.pm"};

/* Documentation, and what is for building modules. */
static const char *const leave[] = {"*.pod", "CORE", "*.a", "*.ld", NULL};

static bool has_landmark(struct process *p, const char *directory)
{
    char path[PATH_MAX];
    struct stat st;

    for (size_t i = 0; i < sizeof landmarks / sizeof landmarks[0]; i++) {
        if (snprintf(path, sizeof path, "%s/%s", directory, landmarks[i]) < (int)sizeof path &&
            trace_stat(&p->contents->trace, path, &st))
            return true;
    }
    return false;
}

static bool is_place(const char *text, size_t length)
{
    if (length < 6 || length > 1024 || text[0] != '/' || memmem(text, length, "perl", 4) == NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)text[i]))
            return false;
    }
    return true;
}

static bool take_place(struct process *p, const char *by, const char *directory, struct error *e)
{
    struct take take = {.contents = p->contents, .process = p, .why = WHY, .leave = leave};
    char real[PATH_MAX];
    struct stat st;

    return contents_named(p->contents, by, directory, WHY, real, &st, e) &&
           (!S_ISDIR(st.st_mode) || take_tree(&take, real, e));
}

/* Every string of a run of bytes that is such a place. */
static bool take_strings(struct process *p, const char *by, const char *bytes, size_t size,
                         struct error *e)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\0', size - at);
        size_t length = end != NULL ? (size_t)(end - bytes) - at : 0;

        if (end == NULL)
            break;
        if (is_place(bytes + at, length) && has_landmark(p, bytes + at) &&
            !take_place(p, by, bytes + at, e))
            return false;
        at += length + 1;
    }
    return true;
}

static bool take_from(struct process *p, const char *path, struct error *e)
{
    struct stat st;
    int fd = io_open_file(AT_FDCWD, path, 0, &st);
    struct elf_file f;
    uint64_t left = STRINGS_MAX;
    bool ok = true;

    if (fd < 0 || !elf_file_open(&f, fd, path, e)) {
        io_close(&fd);
        return false;
    }
    for (size_t i = 0; ok && i < f.n_segments; i++) {
        const struct elf_segment *s = &f.segments[i];
        const char *bytes = (s->flags & PF_X) == 0 ? elf_file_segment(&f, i, &left) : NULL;

        if (bytes != NULL)
            ok = take_strings(p, path, bytes, s->filesz, e);
    }
    elf_file_close(&f);
    io_close(&fd);
    return ok;
}

bool interpreter_perl(struct process *p, const char *path, const char *real, struct error *e)
{
    size_t n = p->n; /* what its modules bring later is not looked through */

    (void)path;
    if (!take_from(p, real, e))
        return false;
    for (size_t i = 1; i < n; i++) {
        const char *soname = p->objects[i]->soname;

        if (soname != NULL && strncmp(soname, "libperl", 7) == 0 &&
            !take_from(p, p->objects[i]->path, e))
            return false;
    }
    return true;
}
