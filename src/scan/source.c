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

/* More names than any library has. */
#define LIBRARY_MAX 10000

/* How often the parser is started for one payload. Each source may import one more, and what all
 * are called may lead to one more when all are read again; what is not hostile ends after a few. */
#define RUNS_MAX 50

/* Made by the build from walker.py. */
const char scan_walker[] =
#include "scan/walker.inc"
    ;

/* Behind it the parser takes no encoding but UTF-8, and refuses another that the source names. With
 * -c the interpreter does not look for one. */
static const char utf8_mark[] = "\xef\xbb\xbf";

static int open_beneath(const struct sources *s, const char *name)
{
    return sys_openat2(s->place, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Takes over the bytes. */
static bool queue(struct sources *s, const char *shown, struct buf *bytes, bool text)
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
        s->list[s->n++] = (struct source){.file = index, .bytes = *bytes, .text = text};
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
        if (errno == EFBIG)
            return scan_failed(s->report, "cannot read '%s': it is larger than %u MiB",
                               text_show(shown), SOURCE_MAX >> 20);
        return scan_failed(s->report, "cannot read '%s': %s", text_show(shown), strerror(errno));
    }
    return queue(s, shown, &bytes, false);
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
    return queue(s, shown, &bytes, true);
}

struct walking {
    struct sources *s;
    const char *beneath; /* "" or "name/" */
    size_t importer;     /* or NO_IMPORTER */
};

/* A link may be a module too; one that has another ending is none, and is left alone. */
static bool matters(const char *name)
{
    return strchr(name, '.') == NULL || text_ends_in(name, ".py") || text_ends_in(name, ".pyc") ||
           text_ends_in(name, ".so") || text_ends_in(name, ".pth");
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

/* So much of a #! line the kernel reads: BINPRM_BUF_SIZE. */
#define LINE_MAX_READ 256

bool source_is(int fd, const char *name)
{
    char head[LINE_MAX_READ + 1] = "";

    if (text_ends_in(name, ".py"))
        return true;
    if (pread(fd, head, sizeof head - 1, 0) < 2 || strncmp(head, "#!", 2) != 0)
        return false;
    head[strcspn(head, "\n")] = '\0';
    return strstr(head, "python") != NULL;
}

/* A file that has no name of a module: an ELF file, or a script, which nobody can import. One that
 * cannot be read may be either. */
static bool take_unnamed(const struct walking *w, const char *path)
{
    int fd = open_beneath(w->s, path);
    bool script = w->importer == NO_IMPORTER;
    char byte;
    bool ok;

    if (fd < 0 || pread(fd, &byte, 1, 0) < 0)
        ok = scan_failed(w->s->report, "cannot read '%s%s': %s", text_show(w->s->shown),
                         text_show(path), strerror(errno));
    else
        ok = !(elf_file_is(fd) || (script && source_is(fd, path))) || sources_add(w->s, path);
    io_close(&fd);
    return ok;
}

static bool take_file(const struct walking *w, const char *path, const char *name)
{
    struct scan_report *r = w->s->report;

    if (w->importer != NO_IMPORTER && text_ends_in(name, ".so") &&
        !scan_note(r, &r->files[w->importer], RULE_PY_NATIVE, 0, path))
        return false;
    if (text_ends_in(name, ".pyc"))
        return note_bytecode(w->s, path);
    return text_ends_in(name, ".py") ? sources_add(w->s, path) : take_unnamed(w, path);
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
    if (S_ISREG(entry->st.st_mode))
        ok = take_file(w, buf_text(&path), name);
    else if (matters(name))
        ok = scan_failed(w->s->report,
                         "'%s' is no regular file: what a link leads to is not looked at",
                         text_show(buf_text(&path)));
    buf_free(&path);
    return ok;
}

bool sources_add_tree(struct sources *s, const char *name, size_t importer)
{
    int fd = open_beneath(s, name[0] != '\0' ? name : ".");
    struct buf beneath = {0};
    struct walking w = {.s = s, .importer = importer};
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

static void pack_item(struct buf *input, const char *before, const char *bytes, size_t length)
{
    buf_printf(input, "%zu\n%s", strlen(before) + length, before);
    buf_add(input, bytes, length);
}

/* What other sources call what they import, then each source that waits. */
static bool pack(const struct sources *s, struct buf *input)
{
    char *renames = json_dumps(s->renames, JSON_COMPACT);

    if (renames != NULL)
        pack_item(input, "", renames, strlen(renames));
    for (size_t i = s->parsed; i < s->n; i++) {
        const struct source *one = &s->list[i];

        pack_item(input, one->text ? utf8_mark : "", buf_text(&one->bytes), one->bytes.length);
    }
    free(renames);
    return (renames != NULL && !input->failed) || scan_failed(s->report, "out of memory");
}

/* What the first parser says of the interpreter's library; the others say the same. */
static bool take_names(struct buf *known, const json_t *names)
{
    const json_t *name;
    size_t i;

    if (known->length != 0)
        return true;
    json_array_foreach(names, i, name)
    {
        if (!json_is_string(name) || i > LIBRARY_MAX)
            return false;
        buf_add(known, json_string_value(name), strlen(json_string_value(name)) + 1);
    }
    return known->length != 0 && !known->failed;
}

static bool take_answers(struct sources *s, size_t from, size_t n, const struct buf *output)
{
    struct error e;
    json_t *answer = json_parse(buf_text(output), output->length, &e);
    const json_t *answers = json_object_get(answer, "sources");
    bool ok = json_object_size(answer) == 3 && json_is_array(answers) &&
              json_array_size(answers) == n &&
              take_names(&s->library, json_object_get(answer, "library")) &&
              take_names(&s->absent, json_object_get(answer, "absent"));

    if (!ok)
        scan_failed(s->report, "the parser did not answer for each source");
    for (size_t i = 0; ok && i < n; i++)
        ok = source_facts(s, from + i, json_array_get(answers, i));
    json_decref(answer);
    return ok && local_shadows(s);
}

/* All are read again, and each says again what it calls what it imports. */
static bool forget_renames(struct sources *s)
{
    json_decref(s->renames);
    s->renames = json_object();
    return s->renames != NULL || scan_failed(s->report, "out of memory");
}

static bool parse_batch(struct sources *s, const struct scan_parser *parser)
{
    size_t from = s->parsed;
    size_t n = s->n - from;
    struct buf input = {0};
    struct buf output = {0};
    struct error e = {0};
    bool ok = pack(s, &input);

    s->parsed = s->n;
    if (ok && !parser->parse(parser->context, &input, &output, &e))
        ok = scan_failed_for(s->report, &e);
    ok = ok && (from != 0 || forget_renames(s)) && take_answers(s, from, n, &output);
    buf_free(&input);
    buf_free(&output);
    return ok;
}

bool sources_parse(struct sources *s, const struct scan_parser *parser)
{
    size_t together = 0;
    unsigned runs = 0;

    s->renames = json_object();
    while (s->parsed < s->n) {
        if (runs++ == RUNS_MAX)
            return scan_failed(s->report, "the sources would be read more than %d times", RUNS_MAX);
        if (!parse_batch(s, parser))
            return false;
        /* A name of one may be of use to another, or to itself: all are read again with what is
         * known now, until nothing is added by that. */
        if (s->parsed == s->n && s->n != together && (s->n > 1 || s->n_local != 0)) {
            together = s->n;
            s->parsed = 0;
        }
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
        free(s->local[i].name);
    free(s->local);
    free(s->list);
    buf_free(&s->names);
    buf_free(&s->mounted);
    buf_free(&s->library);
    buf_free(&s->absent);
    json_decref(s->renames);
    s->list = NULL;
    s->local = NULL;
    s->n = s->parsed = s->n_local = 0;
}
