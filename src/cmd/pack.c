/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/option.h"
#include "base/patience.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/print.h"
#include "cmd/provide.h"
#include "root/build.h"
#include "root/manifest.h"
#include "root/tarball.h"
#include "tree/stage.h"
#include "json/json.h"

/*
 * pack makes everything in a directory beside where it is to be (tree/stage.h), and gives it its
 * name at the end: whoever looks sees all or nothing. The manifest comes first, so that there is no
 * root without one.
 */

struct options {
    const char *output;
    struct option_list with;
    bool json;
    bool quiet;
    bool help;
    bool version;
};

#define MANY OPTION_MANY

static const struct option_row table[] = {
#define OPTION(...) OPTION_ROW(struct options, __VA_ARGS__),
#include "cmd/pack.def"
#undef OPTION
};

/* Options and the command in any order: pack passes no arguments on. */
static const struct option_set set = {
    .program = "denybox pack",
    .rows = table,
    .n_rows = sizeof table / sizeof table[0],
    .order = OTHERS_AMONG,
};

static bool parse(struct options *o, struct declared *d, int argc, char **argv, struct error *e)
{
    struct option_reader r = {.set = &set, .target = o};
    int n;
    bool ok = option_read(&r, argc, argv, &d->command, &n, e);

    d->with = o->with; /* the plan's from now on */
    if (!ok || !option_exclude(o->quiet, "quiet", o->json, "json", e))
        return false;
    if (o->help || o->version)
        return true;
    if (n > 1) {
        error_set(e, EXIT_DENYBOX, "cannot pack '%s' as well: one command at a time",
                  text_show(d->command[1]));
        return error_hint(e, "arguments are given to run; a further program by --with");
    }
    d->n_command = (size_t)n;
    if (o->output == NULL || n == 0) {
        error_set(e, EXIT_DENYBOX, "cannot pack: no %s given",
                  o->output == NULL ? "output" : "command");
        return error_hint(e, "denybox pack -o DIR COMMAND");
    }
    return true;
}

bool words_pack(int argc, char **argv, struct error *e)
{
    struct options o = {0};
    struct declared d = {0};
    bool ok = parse(&o, &d, argc, argv, e);

    option_list_free(&d.with);
    return ok;
}

static int show_help(void)
{
    command_usage("pack");
    puts("Makes a root for --rootfs of a program of the host, with what it needs to run; beside\n"
         "it a manifest. Runs nothing.\n");
    option_help(&set);
    puts("\nExit status: 0, or as run's. Manual: denybox(1).");
    return EXIT_OK;
}

/* Where everything goes. */
struct place {
    int parent;
    char directory[PATH_MAX]; /* of the parent, as the user says it: "", or ends in '/' */
    char name[NAME_MAX + 1];
    char manifest[NAME_MAX + 1];
    bool tar;
    struct stage stage;
    int root;
};

static bool exists(const struct place *p, const char *name)
{
    return faccessat(p->parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Splits where the root is to go into the directory and the names in it. */
static bool take_names(struct place *p, const char *output)
{
    size_t length = strlen(output);
    size_t directory;
    const char *ending;

    while (length > 1 && output[length - 1] == '/')
        length--;
    directory = length;
    while (directory > 0 && output[directory - 1] != '/')
        directory--;
    if (directory >= sizeof p->directory ||
        length - directory + strlen(".manifest") >= sizeof p->manifest)
        return false;
    snprintf(p->directory, sizeof p->directory, "%.*s", (int)directory, output);
    snprintf(p->name, sizeof p->name, "%.*s", (int)(length - directory), output + directory);
    snprintf(p->manifest, sizeof p->manifest, "%.*s.manifest", NAME_MAX - 9, p->name);
    ending = strrchr(p->name, '.');
    p->tar = ending != NULL && ending != p->name && strcmp(ending, ".tar") == 0;
    return p->name[0] != '\0' && strcmp(p->name, ".") != 0 && strcmp(p->name, "..") != 0;
}

/* Else it would become a directory of that name. */
static bool is_packed_archive(const char *name)
{
    static const char *const endings[] = {".tgz", ".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2"};

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t length = strlen(endings[i]);

        if (strlen(name) > length && strcmp(name + strlen(name) - length, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool open_place(struct place *p, const char *output, struct error *e)
{
    *p = (struct place){.parent = -1, .stage = {.fd = -1}, .root = -1};
    if (!take_names(p, output))
        return error_set(e, EXIT_DENYBOX, "cannot pack into '%s': want a name that is not there",
                         text_show(output));
    if (is_packed_archive(p->name)) {
        error_set(e, EXIT_DENYBOX, "cannot pack into '%s': an archive's name ends in .tar",
                  text_show(output));
        return error_hint(e, "make a .tar, and compress it afterwards");
    }
    p->parent = sys_openat(AT_FDCWD, p->directory[0] != '\0' ? p->directory : ".",
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (p->parent < 0) {
        bool absent = errno == ENOENT;

        error_errno(e, EXIT_DENYBOX, errno, "cannot pack into '%s'", text_show(output));
        return absent ? error_hint(e, "mkdir -p %s", text_show(p->directory)) : false;
    }
    if (!exists(p, p->name) && !exists(p, p->manifest))
        return true;
    error_set(e, EXIT_DENYBOX, "cannot pack into '%s': %s exists", text_show(output),
              exists(p, p->name) ? "it" : "its manifest");
    return error_hint(e, "nothing is ever overwritten; choose another name or move it away");
}

static bool cannot_write(const struct place *p, const char *name, struct error *e)
{
    return error_errno(e, EXIT_DENYBOX, errno, "cannot write '%s%s'", text_show(p->directory),
                       text_show(name));
}

static bool make_staging(struct place *p, struct error *e)
{
    stage_sweep(p->parent, STAGE_BESIDE);
    if (!stage_make(p->parent, STAGE_BESIDE, &p->stage) ||
        sys_mkdirat(p->stage.fd, "root", 0755) < 0 || fchmodat(p->stage.fd, "root", 0755, 0) < 0)
        return cannot_write(p, p->name, e);
    p->root = sys_openat(p->stage.fd, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    return p->root >= 0 || cannot_write(p, p->name, e);
}

static bool write_tar(const struct place *p, struct error *e)
{
    int fd = sys_openat(p->stage.fd, "tar", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok = fd >= 0 ? root_tarball(p->root, fd, e) : cannot_write(p, p->name, e);

    io_close(&fd);
    return ok;
}

static bool write_manifest(const struct place *p, const struct buf *manifest, struct error *e)
{
    int fd = sys_openat(p->stage.fd, "manifest", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && io_write_all(fd, manifest->data, manifest->length);

    if (!ok)
        cannot_write(p, p->manifest, e);
    io_close(&fd);
    return ok;
}

static bool give_names(const struct place *p, struct error *e)
{
    if (syncfs(p->stage.fd) < 0)
        return cannot_write(p, p->name, e);
    if (sys_renameat2(p->stage.fd, "manifest", p->parent, p->manifest, RENAME_NOREPLACE) < 0)
        return cannot_write(p, p->manifest, e);
    if (sys_renameat2(p->stage.fd, p->tar ? "tar" : "root", p->parent, p->name, RENAME_NOREPLACE) ==
        0)
        return true;
    cannot_write(p, p->name, e);
    unlinkat(p->parent, p->manifest, 0);
    return false;
}

static bool make(struct place *p, const struct contents *c, bool quiet,
                 char digest[DIGEST_TEXT_SIZE], struct error *e)
{
    struct buf manifest = {0};
    bool ok;

    patience_begin(quiet ? NULL : "packing");
    ok = make_staging(p, e) && root_build(c, p->root, e) &&
         manifest_write(c, p->root, digest, &manifest, e) && write_manifest(p, &manifest, e) &&
         (!p->tar || write_tar(p, e)) && give_names(p, e);
    patience_end();
    if (!ok && error_is_full(e)) { /* what was written has another path, in the root */
        errno = e->number;
        cannot_write(p, p->name, e);
        error_hint(e, "nothing is left of it");
    }
    buf_free(&manifest);
    return ok;
}

static void close_place(struct place *p)
{
    io_close(&p->root);
    stage_drop(&p->stage);
    io_close(&p->parent);
}

static void say_lines(const struct place *p, const struct contents *c, size_t n, const char *digest)
{
    printf("%s  %s%s\n", digest, text_show(p->directory), text_show(p->name));
    printf("%zu files, %llu bytes; %s%s lists them\n", n, (unsigned long long)c->bytes,
           text_show(p->directory), text_show(p->manifest));
}

static bool say(const struct options *o, const struct place *p, const struct contents *c,
                const char *digest, struct error *e)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += !c->items[i].dropped && !c->items[i].directory;
    if (o->json)
        return print_document(json_pack("{s:s, s:I, s:I}", "digest", digest, "files", (json_int_t)n,
                                        "bytes", (json_int_t)c->bytes),
                              true, e);
    if (o->quiet)
        puts(digest);
    else
        say_lines(p, c, n, digest);
    return fflush(stdout) == 0 ||
           error_errno(e, EXIT_DENYBOX, errno, "cannot write to standard output");
}

static bool carry_out(struct plan *plan, const struct options *o, struct error *e)
{
    char digest[DIGEST_TEXT_SIZE];
    static struct place place; /* with a path: too large for the stack */
    struct contents contents = {0};
    bool ok = open_place(&place, o->output, e) && provide_contents(plan, &contents, e) &&
              make(&place, &contents, o->quiet, digest, e) && say(o, &place, &contents, digest, e);

    contents_free(&contents);
    close_place(&place);
    return ok;
}

int command_pack(int argc, char **argv)
{
    static struct plan plan;
    struct options o = {0};
    struct error e;
    int status = EXIT_OK;

    if (!plan_init(&plan, COMMAND_PLAN, &e) || !parse(&o, &plan.declared, argc, argv, &e) ||
        (!o.help && !o.version && !carry_out(&plan, &o, &e))) {
        error_print(&e);
        status = (int)e.exit;
    } else if (o.help) {
        status = show_help();
    } else if (o.version) {
        puts("denybox " PACKAGE_VERSION);
    }
    plan_free(&plan);
    return status;
}
