/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/verb.h"
#include "filter/builtin.h"
#include "filter/compile.h"

static int fail(const struct error *e)
{
    error_print(e);
    return (int)e->exit;
}

static int list(void)
{
    for (const struct filter_builtin *b = NULL; (b = filter_builtin_next(b)) != NULL;)
        printf("%-14s %4u instructions  %s\n", b->name, filter_native(b)->length, b->json_sha256);
    return EXIT_OK;
}

static int show(const struct filter_builtin *b)
{
    struct error e;

    if (io_write_all(1, b->json, b->json_size))
        return EXIT_OK;
    error_errno(&e, EXIT_DENYBOX, errno, "cannot write to standard output");
    return fail(&e);
}

static int digest(const struct filter_builtin *b)
{
    /* A variant for --allow-exec is made from the document of the profile itself. */
    printf("%s  %.*s.json\n", b->json_sha256 + strlen("sha256:"), (int)strcspn(b->name, "_"),
           b->name);
    for (size_t i = 0; i < 2; i++)
        printf("%s  %s.%s.bpf\n", b->arch[i].bpf_sha256 + strlen("sha256:"), b->name,
               b->arch[i].arch);
    return EXIT_OK;
}

/* The BPF for this machine to standard output, which must not be a terminal. */
static int compile(const char *path)
{
    struct buf bytes = {0};
    struct filter_program program = {0};
    struct error e;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && io_read_all(fd, FILTER_FILE_MAX, &bytes);

    if (!ok)
        filter_unreadable(&e, errno, path);
    io_close(&fd);
    ok = ok && filter_compile(buf_text(&bytes), bytes.length,
                              filter_native(filter_builtin("strict"))->arch, &program, &e);
    if (ok && !io_write_all(1, program.code, program.length * sizeof *program.code))
        ok = error_errno(&e, EXIT_DENYBOX, errno, "cannot write the filter");
    filter_free(&program);
    buf_free(&bytes);
    return ok ? EXIT_OK : fail(&e);
}

static bool refuse(struct error *e, const char *what)
{
    char usage[VERB_USAGE_SIZE];

    error_set(e, EXIT_DENYBOX, "cannot use filter: %s", what);
    return error_hint(e, "denybox filter %s", verb_usage("filter", usage));
}

static bool know(const char *name, struct error *e)
{
    if (filter_builtin(name) != NULL)
        return true;
    error_set(e, EXIT_DENYBOX, "cannot find the profile '%s'", text_show(name));
    return error_hint(e, "denybox filter list names them");
}

bool words_filter(int argc, char **argv, struct error *e)
{
    const char *verb = argc >= 1 ? argv[0] : "";

    if (verb_help_asked(argc, argv) || (argc == 1 && strcmp(verb, "list") == 0))
        return true;
    if (argc == 2 && (strcmp(verb, "show") == 0 || strcmp(verb, "digest") == 0))
        return know(argv[1], e);
    return (argc == 2 && strcmp(verb, "compile") == 0) || refuse(e, "want a verb and its argument");
}

static int show_help(void)
{
    verb_help("filter", "");
    return EXIT_OK;
}

int command_filter(int argc, char **argv)
{
    struct error e;

    if (!words_filter(argc, argv, &e))
        return fail(&e);
    if (verb_help_asked(argc, argv))
        return show_help();
    if (strcmp(argv[0], "list") == 0)
        return list();
    if (strcmp(argv[0], "show") == 0)
        return show(filter_builtin(argv[1]));
    if (strcmp(argv[0], "digest") == 0)
        return digest(filter_builtin(argv[1]));
    if (!isatty(1))
        return compile(argv[1]);
    refuse(&e, "the compiled filter is not for a terminal: redirect it");
    return fail(&e);
}
