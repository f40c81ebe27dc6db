/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "elf/file.h"
#include "scan/program.h"
#include "tree/tree.h"

/* Made by the build from walker.py. */
const char scan_walker[] =
#include "scan/walker.inc"
    ;

static int open_beneath(const struct sources *s, const char *name)
{
    return sys_openat2(s->place, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Takes over the bytes. */
static bool queue(struct sources *s, const char *shown, struct buf *bytes)
{
    struct source *grown = reallocarray(s->list, s->n + 1, sizeof *grown);
    char sha256[DIGEST_TEXT_SIZE];
    size_t index = s->report->n;

    if (grown != NULL)
        s->list = grown;
    s->bytes += bytes->length;
    if (grown == NULL || bytes->failed)
        scan_failed(s->report, "out of memory");
    else if (s->bytes > SOURCES_MAX)
        scan_failed(s->report, "there are more than %u MiB of sources", SOURCES_MAX >> 20);
    else if (scan_report_file(s->report, shown, SCAN_PYTHON,
                              sha256_text(sha256, buf_text(bytes), bytes->length)) != NULL) {
        s->list[s->n++] = (struct source){.file = index, .bytes = *bytes};
        return true;
    }
    buf_free(bytes);
    return false;
}

static bool shown_path(const struct sources *s, const char *name, struct buf *path)
{
    buf_printf(path, "%s%s", s->shown, name);
    return !path->failed || scan_failed(s->report, "out of memory");
}

static bool known(const struct sources *s, const char *shown)
{
    for (size_t i = 0; i < s->report->n; i++) {
        if (strcmp(s->report->files[i].path, shown) == 0)
            return true;
    }
    return false;
}

static bool add_open(struct sources *s, int fd, const char *shown)
{
    struct buf bytes = {0};
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return scan_failed(s->report, "cannot read '%s': not a regular file", text_show(shown));
    if (elf_file_is(fd))
        return scan_program(s->report, fd, shown);
    if (!io_read_all(fd, SOURCE_MAX, &bytes)) {
        buf_free(&bytes);
        return scan_failed(s->report, "cannot read '%s': %s", text_show(shown), strerror(errno));
    }
    return queue(s, shown, &bytes);
}

bool sources_add(struct sources *s, const char *name)
{
    struct buf shown = {0};
    bool ok = shown_path(s, name, &shown);
    int fd = -1;

    if (ok && !known(s, buf_text(&shown))) {
        fd = open_beneath(s, name);
        ok = fd >= 0 ? add_open(s, fd, buf_text(&shown))
                     : scan_failed(s->report, "cannot read '%s': %s", text_show(buf_text(&shown)),
                                   errno == ELOOP ? "there is a link on the way" : strerror(errno));
        io_close(&fd);
    }
    buf_free(&shown);
    return ok;
}

bool sources_add_text(struct sources *s, const char *shown, const char *code)
{
    struct buf bytes = {0};

    buf_puts(&bytes, code);
    return queue(s, shown, &bytes);
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

struct walking {
    struct sources *s;
    const char *beneath; /* "" or "name/" */
};

/* A link may be a module too; one that has another ending is none, and is left alone. */
static bool matters(const char *name)
{
    return strchr(name, '.') == NULL || ends_in(name, ".py") || ends_in(name, ".pyc") ||
           ends_in(name, ".so") || ends_in(name, ".pth");
}

static bool note_bytecode(struct sources *s, const char *path)
{
    struct buf shown = {0};
    struct scan_file *file = NULL;
    char sha256[DIGEST_TEXT_SIZE];
    int fd = open_beneath(s, path);

    if (fd < 0 || !sha256_file(sha256, fd))
        scan_failed(s->report, "cannot read '%s': %s", text_show(path), strerror(errno));
    else if (shown_path(s, path, &shown))
        file = scan_report_file(s->report, buf_text(&shown), SCAN_PYTHON, sha256);
    io_close(&fd);
    buf_free(&shown);
    return file != NULL && scan_note(s->report, file, RULE_PY_BYTECODE, 0, path);
}

static bool is_program(const struct sources *s, const char *path)
{
    int fd = open_beneath(s, path);
    bool program = fd >= 0 && elf_file_is(fd);

    io_close(&fd);
    return program;
}

static bool take_entry(const struct tree_entry *entry, void *context)
{
    const struct walking *w = context;
    const char *slash = strrchr(entry->path, '/');
    const char *name = slash != NULL ? slash + 1 : entry->path;
    struct buf path = {0};
    bool ok = true;

    if (S_ISDIR(entry->st.st_mode))
        return true;
    buf_printf(&path, "%s%s", w->beneath, entry->path);
    if (!S_ISREG(entry->st.st_mode))
        ok = !matters(name) || scan_failed(w->s->report,
                                           "'%s' is no regular file: what a link "
                                           "leads to is not looked at",
                                           text_show(buf_text(&path)));
    else if (ends_in(name, ".pyc"))
        ok = note_bytecode(w->s, buf_text(&path));
    else if (ends_in(name, ".py") || is_program(w->s, buf_text(&path)))
        ok = sources_add(w->s, buf_text(&path));
    buf_free(&path);
    return ok;
}

bool sources_add_tree(struct sources *s, const char *name)
{
    int fd = open_beneath(s, name[0] != '\0' ? name : ".");
    struct buf beneath = {0};
    struct walking w = {.s = s};
    struct error e = {0};
    bool ok = fd >= 0;

    if (name[0] != '\0')
        buf_printf(&beneath, "%s/", name);
    w.beneath = buf_text(&beneath);
    ok = ok && tree_walk(fd, 0, take_entry, &w, &e);
    if (!ok)
        scan_failed(s->report, "cannot read '%s%s': %s", text_show(s->shown), text_show(name),
                    e.text[0] != '\0' ? e.text : strerror(errno));
    io_close(&fd);
    buf_free(&beneath);
    return ok;
}

/* Of each source that waits, its length and its bytes. */
static bool pack(const struct sources *s, size_t from, struct buf *input)
{
    for (size_t i = from; i < s->n; i++) {
        buf_printf(input, "%zu\n", s->list[i].bytes.length);
        buf_add(input, buf_text(&s->list[i].bytes), s->list[i].bytes.length);
    }
    return !input->failed || scan_failed(s->report, "out of memory");
}

static bool take_answers(struct sources *s, size_t from, size_t n, const struct buf *output)
{
    struct error e;
    json_t *answers = json_parse(buf_text(output), output->length, &e);
    bool ok = json_is_array(answers) && json_array_size(answers) == n;

    if (!ok)
        scan_failed(s->report, "the parser did not answer for each source");
    for (size_t i = 0; ok && i < n; i++)
        ok = source_facts(s, from + i, json_array_get(answers, i));
    json_decref(answers);
    return ok;
}

static bool parse_batch(struct sources *s, const struct scan_parser *parser)
{
    size_t from = s->parsed;
    size_t n = s->n - from;
    struct buf input = {0};
    struct buf output = {0};
    struct error e = {0};
    bool ok = pack(s, from, &input);

    s->parsed = s->n;
    if (ok && !parser->parse(parser->context, &input, &output, &e))
        ok = scan_failed(s->report, "%s", e.text);
    for (size_t i = from; i < from + n; i++)
        buf_free(&s->list[i].bytes);
    ok = ok && take_answers(s, from, n, &output);
    buf_free(&input);
    buf_free(&output);
    return ok;
}

bool sources_parse(struct sources *s, const struct scan_parser *parser)
{
    while (s->parsed < s->n) {
        if (!parse_batch(s, parser))
            return false;
    }
    return s->report->failed[0] == '\0';
}

struct scan_file *sources_first(const struct sources *s)
{
    return s->n != 0 ? &s->report->files[s->list[0].file] : NULL;
}

void sources_free(struct sources *s)
{
    for (size_t i = 0; i < s->n; i++)
        buf_free(&s->list[i].bytes);
    for (size_t i = 0; i < s->n_local; i++)
        free(s->local[i]);
    free(s->local);
    free(s->list);
    buf_free(&s->names);
    s->list = NULL;
    s->local = NULL;
    s->n = s->parsed = s->n_local = 0;
}
