/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DENYBOX_SCAN_SOURCE_H
#define DENYBOX_SCAN_SOURCE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "scan/report.h"

/*
 * Python sources: what they name, found by Python's own parser. It runs where the caller says
 * (cmd/scan.c: in a sandbox), and what it answers is as hostile as what it has read.
 *
 * What a source imports is looked for beside it first, as Python does: what is there is scanned
 * too.
 */

struct scan_parser {
    /* Starts walker.py with `input` as its standard input; `output` becomes what it wrote. */
    bool (*parse)(void *context, const struct buf *input, struct buf *output, struct error *e);
    void *context;
};

/* The program that the parser runs: walker.py. */
extern const char scan_walker[];

/* Is the file a Python source? By its name, or by a #! line that names python. */
bool source_is(int fd, const char *name);

/* Of one scan: a source, and the bytes of all of them; and what may lie beside one. */
#define SOURCE_MAX (4U << 20)
#define SOURCES_MAX (32U << 20)
#define PLACE_MAX 10000

/* The directory in which imports are looked for first, and what has been read of it. Zero but for
 * the first three; released with sources_free. */
struct sources {
    struct scan_report *report;
    int place;         /* of the directory; -1: there is none */
    const char *shown; /* its path, for the report: with a slash at the end, or "" */
    struct source *list;
    size_t n;
    size_t parsed;
    size_t bytes;
    bool alone;          /* the interpreter looks for nothing there */
    bool unsure;         /* perhaps it does not */
    struct local *local; /* modules that were found there */
    size_t n_local;
    struct buf names; /* of the directory, each with a NUL behind it */
    bool listed;
    struct buf mounted; /* modules there that will not be seen: something is mounted over them */
    struct buf library; /* modules of the interpreter's own library, the same way */
    struct buf absent;  /* what that asks for, and does not have */
    json_t *renames;    /* of modules, by their dotted names: what they call what they import */
    bool outside;       /* a module was imported that is neither there nor in that library */
};

/* Reads one source beneath the place, and puts it into the queue. False: the report has failed. */
bool sources_add(struct sources *s, const char *name);

/* The same for code that lies in no file. */
bool sources_add_text(struct sources *s, const char *shown, const char *code);

/* The same for every source and every ELF file of a directory beneath the place ("" is all of it).
 * What is compiled in a package is noted of the file that imports it, by its index in the report.
 */
#define NO_IMPORTER SIZE_MAX
bool sources_add_tree(struct sources *s, const char *name, size_t importer);

/* Parses what is in the queue, follows what is local, and notes all of it. */
bool sources_parse(struct sources *s, const struct scan_parser *parser);

/* The file of the report that belongs to the first source: notes about how it is started go there.
 */
struct scan_file *sources_first(const struct sources *s);

void sources_free(struct sources *s);

/* Of facts.c: notes what the parser said of one source, a list of facts; local.c adds the rest. */
bool source_facts(struct sources *s, size_t source, const json_t *answer);

/* Of local.c: is there a module of that name beside the sources? Then it is added to the queue.
 * *own: it is there, and no other of that name can be meant. False: the report has failed. */
bool local_follow(struct sources *s, struct scan_file *file, unsigned line, const char *module,
                  bool *own);

/* Of local.c: false, and the report has failed, if something else is mounted at a name of the
 * place, a file or a module, or over all compiled ones. */
bool local_seen(struct sources *s, const char *name);

/* Of local.c: adds what lies beside the sources and comes before a module that somebody else may
 * import: the library, of which the sources see nothing, or whatever was imported from outside. */
bool local_shadows(struct sources *s);

/* Of local.c: is the module, or the package that it is in, asked for by the library? */
bool local_library(const struct sources *s, const char *module);

/* A module beside the sources. */
struct local {
    char *name; /* owned */
    bool own;
};

/* A source of the queue. */
struct source {
    size_t file; /* its index in the report */
    struct buf bytes;
    bool text; /* of the command line: UTF-8, whatever encoding it says */
};

#endif
