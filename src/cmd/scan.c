/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/help.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/parser.h"
#include "cmd/print.h"
#include "elf/file.h"
#include "scan/option.h"
#include "scan/program.h"

/* As verify: 2 and 1 mean nothing to the other commands. */
#define EXIT_REJECTED 1
#define EXIT_USAGE 2

static const struct {
    const char *word;
    int status;
    const char *meaning;
} verdicts[] = {
    [SCAN_PASS] = {"ACCEPTABLE", EXIT_OK, "all was looked at, and all of it is allowed"},
    [SCAN_FAIL] = {"REJECTED", EXIT_REJECTED, "something that the policy does not allow"},
    [SCAN_NOT_RUN] = {"BLOCKED", EXIT_BLOCKED, "something could not be scanned"},
};

/* `path` is a source, or the name of a directory of them. */
static bool scan_sources(struct scan_report *r, const struct parser *parser, const char *path,
                         bool directory)
{
    const char *slash = strrchr(path, '/');
    size_t length = directory ? strlen(path) : slash != NULL ? (size_t)(slash + 1 - path) : 0;
    struct buf shown = {0};
    struct sources s = {.report = r};
    struct scan_parser p = {parser_run, (void *)(uintptr_t)parser};
    bool ok;

    buf_add(&shown, path, length);
    if (directory && path[length - 1] != '/')
        buf_puts(&shown, "/");
    s.shown = buf_text(&shown);
    s.place =
        sys_openat(AT_FDCWD, length != 0 ? s.shown : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    ok =
        s.place >= 0 || scan_failed(r, "cannot open '%s': %s", text_show(s.shown), strerror(errno));
    ok = ok &&
         (directory ? sources_add_tree(&s, "", NO_IMPORTER) : sources_add(&s, path + length)) &&
         sources_parse(&s, &p);
    sources_free(&s);
    io_close(&s.place);
    buf_free(&shown);
    return ok;
}

static bool cannot_read(struct scan_report *r, const char *path)
{
    bool command = errno == ENOENT && text_is_word(path);

    scan_failed(r, "cannot read '%s': %s", text_show(path), strerror(errno));
    return command &&
           scan_hint(r, "for a command, name its file: denybox scan \"$(command -v %s)\"", path);
}

static bool scan_path(struct scan_report *r, const struct parser *parser, const char *path)
{
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    struct stat st;
    size_t before = r->n;
    bool ok = fd >= 0 && sys_fstat(fd, &st) == 0;

    if (!ok)
        cannot_read(r, path);
    else if (S_ISDIR(st.st_mode))
        ok = scan_sources(r, parser, path, true) &&
             (r->n != before ||
              scan_failed(r, "there is nothing to scan in '%s': no ELF file, and no Python source",
                          text_show(path)));
    else if (!S_ISREG(st.st_mode))
        ok = scan_failed(r, "cannot read '%s': neither a file nor a directory", text_show(path));
    else if (elf_file_is(fd))
        ok = scan_program(r, fd, path);
    else if (source_is(fd, path))
        ok = scan_sources(r, parser, path, false);
    else
        ok = scan_failed(r, "cannot scan '%s': neither an ELF file nor a Python source",
                         text_show(path));
    io_close(&fd);
    return ok;
}

/* What is denied; the rest is in --json. */
static void print_file(const struct scan_file *file)
{
    printf("%s  %s  %s\n", file->sha256, scan_kind_name(file->kind), text_show(file->path));
    for (size_t i = 0; i < file->n; i++) {
        const struct scan_finding *f = &file->findings[i];
        char line[24] = "";

        if (f->line != 0)
            snprintf(line, sizeof line, " (line %u)", f->line);
        if (!f->allowed)
            printf("  %-18s %s%s: %s\n", rule_row(f->rule)->id, f->detail, line,
                   rule_row(f->rule)->meaning);
    }
    if (file->n != 0)
        printf("  %zu of %zu things that it names are allowed\n", file->n - file->denied, file->n);
}

static void print_text(const struct scan_report *r, bool quiet)
{
    enum scan_verdict verdict = scan_verdict(r);

    for (size_t i = 0; i < r->n && !quiet; i++)
        print_file(&r->files[i]);
    if (r->failed[0] != '\0')
        printf("not scanned: %s\n", r->failed);
    printf("%s: %s\n", verdicts[verdict].word, verdicts[verdict].meaning);
    if (verdict == SCAN_FAIL && !quiet && isatty(2) && fflush(stdout) == 0)
        fputs(
            "denybox: hint: a policy of your own (--policy FILE) allows more; --show-policy shows "
            "the built-in one\n",
            stderr);
}

static int scan_all(const struct scan_options *o, const struct scan_policy *policy)
{
    const struct parser parser = {.rootfs = o->rootfs, .python = "python3"};
    struct scan_report r = {.policy = policy};
    struct error e;
    int status;
    bool said = true;

    for (int i = 0; i < o->n_paths && r.failed[0] == '\0'; i++)
        scan_path(&r, &parser, o->paths[i]);
    status = verdicts[scan_verdict(&r)].status;
    if (o->json)
        said = print_document(scan_report_json(&r, o->policy != NULL ? o->policy : "default"), true,
                              &e);
    else
        print_text(&r, o->quiet);
    if (r.hint[0] != '\0' && fflush(stdout) == 0)
        fprintf(stderr, "denybox: hint: %s\n", r.hint);
    scan_report_free(&r);
    /* A verdict that nobody could read is none. */
    if (!said || !print_end(&e)) {
        error_before(&e, "cannot write the verdict");
        error_print(&e);
        return EXIT_USAGE;
    }
    return status;
}

static int show_policy(void)
{
    struct error e;

    fputs(scan_policy_builtin(), stdout);
    if (print_end(&e))
        return EXIT_OK;
    error_print(&e);
    return EXIT_USAGE;
}

static int show_help(void)
{
    command_usage("scan");
    puts("What could it load or call? ELF files, Python sources, directories of them.\n");
    scan_options_help();
    puts("\nExit status:");
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        char meaning[128];

        snprintf(meaning, sizeof meaning, "%s: %s", verdicts[i].word, verdicts[i].meaning);
        help_status(verdicts[i].status, meaning);
    }
    help_status(EXIT_USAGE, "bad usage, or no verdict could be written");
    return EXIT_OK;
}

bool words_scan(int argc, char **argv, struct error *e)
{
    struct scan_options o = {0};

    return scan_options(&o, argc, argv, e);
}

int command_scan(int argc, char **argv)
{
    struct scan_options o = {0};
    struct scan_policy policy = {0};
    struct error e;
    int status = EXIT_USAGE;

    if (!scan_options(&o, argc, argv, &e)) {
        error_print(&e);
        return EXIT_USAGE;
    }
    if (o.help)
        return show_help();
    if (o.version) {
        puts("denybox " PACKAGE_VERSION);
        return EXIT_OK;
    }
    if (o.show_policy)
        return show_policy();
    if (scan_policy_load(&policy, o.policy, &e))
        status = scan_all(&o, &policy);
    else
        error_print(&e);
    scan_policy_free(&policy);
    return status;
}
